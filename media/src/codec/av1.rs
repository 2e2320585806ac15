//! AV1 (AV1 bitstream specification; AV1-ISOBMFF 2.3).

use bytes::Bytes;

use super::Error;
use crate::bits::{Bits, Bytewise};

/// More OBUs than a temporal unit holds; keeps the work on a hostile sample small.
const MAX_OBUS: usize = 1_024;
/// LEB128 numbers are at most 8 bytes long (AV1 4.10.5).
const MAX_LEB128_BYTES: u32 = 8;
const OBU_SEQUENCE_HEADER: u8 = 1;
const OBU_TEMPORAL_DELIMITER: u8 = 2;
const OBU_FRAME_HEADER: u8 = 3;
const OBU_FRAME: u8 = 6;

/// An AV1CodecConfigurationRecord and what its sequence header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The `av1C` payload.
    pub record: Bytes,
    /// `max_frame_width_minus_1 + 1`, and its height.
    pub width: u32,
    pub height: u32,
}

impl Config {
    pub fn parse(record: Bytes) -> Result<Self, Error> {
        let mut rest = Bytewise(&record);
        let [marker_version, _, _, _] = rest.array()?;
        if marker_version != 0x81 {
            return Err(Error::Invalid("av1C marker and version are not 0x81"));
        }
        let (width, height) = configured_size(rest.0)?;
        Ok(Self {
            width,
            height,
            record,
        })
    }

    /// AV1-ISOBMFF 5: `av01.P.LLT.DD`; what follows has defaults.
    pub fn rfc6381(&self) -> String {
        let [_, profile_level, flags, ..] = *self.record else {
            return "av01".to_owned();
        };
        let tier = if flags & 0x80 != 0 { 'H' } else { 'M' };
        let depth = match (flags & 0x40 != 0, flags & 0x20 != 0) {
            (false, _) => 8,
            (true, false) => 10,
            (true, true) => 12,
        };
        format!(
            "av01.{}.{:02}{tier}.{depth:02}",
            profile_level >> 5,
            profile_level & 0x1f
        )
    }
}

/// The picture size in the first sequence header among the record's OBUs.
fn configured_size(config_obus: &[u8]) -> Result<(u32, u32), Error> {
    for obu in obus(config_obus) {
        let obu = obu?;
        if obu.kind == OBU_SEQUENCE_HEADER {
            return sequence_size(obu.payload);
        }
    }
    Err(Error::Invalid("av1C without a sequence header"))
}

/// Whether a decoder can start at this sample: a sequence header and a shown key frame (AV1-ISOBMFF 2.4).
pub fn is_keyframe(sample: &[u8]) -> Result<bool, Error> {
    let mut configured = false;
    for obu in obus(sample) {
        let obu = obu?;
        match (obu.kind, obu.payload.first()) {
            (OBU_SEQUENCE_HEADER, _) => configured = true,
            // show_existing_frame 0, frame_type KEY_FRAME 00, show_frame 1 (AV1 5.9.2).
            (OBU_FRAME_HEADER | OBU_FRAME, Some(first)) => return Ok(configured && first >> 4 == 0b0001),
            _ => {}
        }
    }
    Ok(false)
}

/// How many bytes of temporal delimiters stand before the sample; AV1-ISOBMFF 2.4 wants none.
pub fn temporal_delimiter_len(sample: &[u8]) -> usize {
    let mut len = 0;
    for obu in obus(sample) {
        match obu {
            Ok(obu) if obu.kind == OBU_TEMPORAL_DELIMITER => len += obu.len,
            _ => break,
        }
    }
    len
}

struct Obu<'a> {
    kind: u8,
    payload: &'a [u8],
    /// With its header.
    len: usize,
}

/// The OBUs of a sample in the low overhead format (AV1 5.3); only the last may go without its size.
fn obus(data: &[u8]) -> impl Iterator<Item = Result<Obu<'_>, Error>> {
    let mut rest = Bytewise(data);
    let mut count = 0;
    std::iter::from_fn(move || {
        if rest.0.is_empty() {
            return None;
        }
        count += 1;
        let obu = if count > MAX_OBUS {
            Err(Error::Invalid("too many OBUs in one frame"))
        } else {
            next_obu(&mut rest)
        };
        if obu.is_err() {
            rest.0 = &[];
        }
        Some(obu)
    })
}

fn next_obu<'a>(rest: &mut Bytewise<'a>) -> Result<Obu<'a>, Error> {
    let before = rest.0.len();
    let header = rest.u8()?;
    if header & 0x80 != 0 {
        return Err(Error::Invalid("OBU forbidden bit"));
    }
    if header & 0x04 != 0 {
        rest.u8()?; // obu_extension_header
    }
    let size = if header & 0x02 != 0 {
        leb128(rest)?
    } else {
        rest.0.len()
    };
    let payload = rest.take(size)?;
    Ok(Obu {
        kind: (header >> 3) & 0x0f,
        payload,
        len: before - rest.0.len(),
    })
}

fn leb128(rest: &mut Bytewise<'_>) -> Result<usize, Error> {
    let mut value = 0_u64;
    for i in 0..MAX_LEB128_BYTES {
        let byte = rest.u8()?;
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return usize::try_from(value).map_err(|_| Error::Truncated);
        }
    }
    Err(Error::Invalid("LEB128 longer than 8 bytes"))
}

/// AV1 5.5.1 as far as the frame size.
fn sequence_size(payload: &[u8]) -> Result<(u32, u32), Error> {
    let mut bits = Bits::new(payload);
    bits.skip(3 + 1)?; // seq_profile, still_picture
    if bits.bit()? {
        bits.skip(5)?; // reduced_still_picture_header: seq_level_idx
    } else {
        let mut decoder_model = None;
        if bits.bit()? {
            bits.skip(32 + 32)?; // num_units_in_display_tick, time_scale
            if bits.bit()? {
                uvlc(&mut bits)?; // num_ticks_per_picture_minus_1
            }
            if bits.bit()? {
                let delay_length = usize::from(bits.small(5)?) + 1;
                bits.skip(32 + 5 + 5)?;
                decoder_model = Some(delay_length);
            }
        }
        let initial_display_delay = bits.bit()?;
        for _ in 0..=bits.bits(5)? {
            bits.skip(12)?; // operating_point_idc
            if bits.bits(5)? > 7 {
                bits.skip(1)?; // seq_tier
            }
            if let Some(delay_length) = decoder_model
                && bits.bit()?
            {
                bits.skip(2 * delay_length + 1)?;
            }
            if initial_display_delay && bits.bit()? {
                bits.skip(4)?;
            }
        }
    }
    let width_bits = bits.bits(4)? + 1;
    let height_bits = bits.bits(4)? + 1;
    let width = u64::from(bits.bits(width_bits)?) + 1;
    let height = u64::from(bits.bits(height_bits)?) + 1;
    super::picture_size(Some(width), Some(height))
}

/// AV1 4.10.3.
fn uvlc(bits: &mut Bits<'_>) -> Result<(), Error> {
    let mut zeros = 0;
    while !bits.bit()? {
        zeros += 1;
    }
    if zeros < 32 { bits.skip(zeros) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::unhex;

    #[test]
    fn reads_what_libaom_writes() {
        let eight = Config::parse(unhex("81050c000a0b0000002d4cffb3ccaf9004")).unwrap();
        assert_eq!(
            (eight.width, eight.height, eight.rfc6381().as_str()),
            (1280, 720, "av01.0.05M.08")
        );
        let ten = Config::parse(unhex("81014c000a0b0000000cc5036936be5010")).unwrap();
        assert_eq!(
            (ten.width, ten.height, ten.rfc6381().as_str()),
            (642, 362, "av01.0.01M.10")
        );
    }

    #[test]
    fn keyframes_and_delimiters() {
        let sequence = unhex("0a0b0000002d4cffb3ccaf9004");
        let key = [&sequence[..], &[0x32, 2, 0x10, 0]].concat();
        let inter = [0x32, 2, 0x30, 0];
        assert_eq!(is_keyframe(&key), Ok(true));
        assert_eq!(is_keyframe(&inter), Ok(false));
        // A key frame without its sequence header is no place to start.
        assert_eq!(is_keyframe(&key[13..]), Ok(false));
        assert!(is_keyframe(&[0x32, 9, 0x10]).is_err());
        assert_eq!(temporal_delimiter_len(&[&[0x12, 0], &key[..]].concat()), 2);
        assert_eq!(temporal_delimiter_len(&key), 0);
    }

    #[test]
    fn hostile_records_are_refused() {
        let good = unhex("81050c000a0b0000002d4cffb3ccaf9004");
        for len in 0..good.len() - 1 {
            assert!(Config::parse(good.slice(..len)).is_err(), "{len}");
        }
        assert!(Config::parse(unhex("81050c000affffffffffffffffff")).is_err());
    }
}
