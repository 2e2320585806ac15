//! A bit reader over untrusted bytes: every read may fail, nothing panics.

use std::borrow::Cow;

use crate::codec::Error;

/// Reads most significant bit first.
#[derive(Debug)]
pub struct Bits<'a> {
    data: &'a [u8],
    at_bit: usize,
}

impl<'a> Bits<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, at_bit: 0 }
    }

    pub fn bit(&mut self) -> Result<bool, Error> {
        let byte = self.data.get(self.at_bit / 8).ok_or(Error::Truncated)?;
        let bit = (byte >> (7 - self.at_bit % 8)) & 1 == 1;
        self.at_bit += 1;
        Ok(bit)
    }

    /// Up to 32 bits as one number.
    pub fn bits(&mut self, count: u32) -> Result<u32, Error> {
        let mut value = 0;
        for _ in 0..count.min(32) {
            value = (value << 1) | u32::from(self.bit()?);
        }
        Ok(value)
    }

    /// Up to 8 bits as one number.
    pub fn small(&mut self, count: u32) -> Result<u8, Error> {
        u8::try_from(self.bits(count.min(8))?).map_err(|_| Error::Invalid("more than 8 bits"))
    }

    pub fn skip(&mut self, count: usize) -> Result<(), Error> {
        self.at_bit = self.at_bit.checked_add(count).ok_or(Error::Truncated)?;
        if self.at_bit > self.data.len().saturating_mul(8) {
            Err(Error::Truncated)
        } else {
            Ok(())
        }
    }

    /// Bits not read yet.
    pub fn left(&self) -> usize {
        self.data.len().saturating_mul(8).saturating_sub(self.at_bit)
    }

    /// Unsigned Exp-Golomb (H.264 9.1, H.265 9.2).
    pub fn ue(&mut self) -> Result<u32, Error> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return Err(Error::Invalid("Exp-Golomb code longer than 32 bits"));
            }
        }
        Ok((1 << zeros) - 1 + self.bits(zeros)?)
    }

    /// Signed Exp-Golomb (H.264 9.1.1).
    pub fn se(&mut self) -> Result<i32, Error> {
        let code = i64::from(self.ue()?);
        let magnitude = (code + 1) / 2;
        i32::try_from(if code % 2 == 1 { magnitude } else { -magnitude })
            .map_err(|_| Error::Invalid("Exp-Golomb code out of range"))
    }
}

/// A NAL unit without its emulation prevention bytes (H.264 7.4.1, H.265 7.4.2): `00 00 03` stands for `00 00`.
pub fn unescape(nal: &[u8]) -> Cow<'_, [u8]> {
    if !nal.windows(3).any(|w| w == [0, 0, 3]) {
        return Cow::Borrowed(nal);
    }
    let mut rbsp = Vec::with_capacity(nal.len());
    let mut zeros = 0;
    for &byte in nal {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        rbsp.push(byte);
    }
    Cow::Owned(rbsp)
}

/// Takes bytes off the front of a record.
#[derive(Debug)]
pub struct Bytewise<'a>(pub &'a [u8]);

impl<'a> Bytewise<'a> {
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (head, tail) = self.0.split_at_checked(count).ok_or(Error::Truncated)?;
        self.0 = tail;
        Ok(head)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.take(N)?.try_into().map_err(|_| Error::Truncated)
    }

    pub fn u8(&mut self) -> Result<u8, Error> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_golomb_as_in_the_table_of_h264_9_1() {
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        assert_eq!(
            [bits.ue(), bits.ue(), bits.ue(), bits.ue(), bits.ue()],
            [0, 1, 2, 3, 4].map(Ok)
        );
        assert!(Bits::new(&[0; 16]).ue().is_err());
        let mut bits = Bits::new(&[0b0100_1100, 0b1000_0101, 0]);
        assert_eq!(
            [bits.se(), bits.se(), bits.se(), bits.se()],
            [1, -1, 2, -2].map(Ok)
        );
        assert_eq!(bits.left(), 8);
        assert!(bits.skip(9).is_err());
    }

    #[test]
    fn emulation_prevention_goes_away() {
        assert_eq!(&*unescape(&[1, 0, 0, 3, 1, 0, 0, 3]), [1, 0, 0, 1, 0, 0]);
        assert_eq!(&*unescape(&[0, 0, 0, 3]), [0, 0, 0]);
        assert!(matches!(unescape(&[0, 3, 0]), Cow::Borrowed(_)));
    }
}
