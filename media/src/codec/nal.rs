//! What AVC and HEVC samples share: NAL units, each behind its length (ISO/IEC 14496-15 4.3.3.1).

use super::Error;

/// More NAL units than a picture of any level has slices and messages; keeps the work on a hostile sample small.
const MAX_NAL_UNITS: usize = 4_096;

/// What one walk over a sample tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// A decoder can start here.
    pub keyframe: bool,
    /// Some encoders send NAL units of length zero, which some players stumble over.
    pub has_empty_units: bool,
    /// Anything left to decode at all.
    pub has_units: bool,
}

/// The `lengthSizeMinusOne` byte of both records.
pub(super) fn length_size(byte: u8) -> Result<u8, Error> {
    match (byte & 3) + 1 {
        3 => Err(Error::Invalid("NAL unit lengths of 3 bytes")),
        size => Ok(size),
    }
}

/// The NAL units of a sample, without their lengths; an error if the lengths do not add up.
pub fn units(sample: &[u8], length_size: u8) -> impl Iterator<Item = Result<&[u8], Error>> {
    let size = usize::from(length_size);
    let mut rest = sample;
    let mut count = 0;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        count += 1;
        let unit = rest.split_at_checked(size).and_then(|(length, body)| {
            let length = length
                .iter()
                .fold(0, |length, &byte| (length << 8) | usize::from(byte));
            body.split_at_checked(length)
        });
        match unit {
            Some((unit, tail)) if count <= MAX_NAL_UNITS => {
                rest = tail;
                Some(Ok(unit))
            }
            Some(_) => {
                rest = &[];
                Some(Err(Error::Invalid("too many NAL units in one frame")))
            }
            None => {
                rest = &[];
                Some(Err(Error::Truncated))
            }
        }
    })
}

/// `starts` looks at a NAL unit's first byte and knows the types a decoder can start at.
pub(super) fn inspect(sample: &[u8], length_size: u8, starts: fn(u8) -> bool) -> Result<Sample, Error> {
    let mut seen = Sample {
        keyframe: false,
        has_empty_units: false,
        has_units: false,
    };
    for unit in units(sample, length_size) {
        match unit?.first() {
            Some(&header) => {
                seen.has_units = true;
                seen.keyframe |= starts(header);
            }
            None => seen.has_empty_units = true,
        }
    }
    Ok(seen)
}

/// The sample without its empty NAL units.
pub fn without_empty_units(sample: &[u8], length_size: u8) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(sample.len());
    let size = usize::from(length_size);
    for unit in units(sample, length_size) {
        let unit = unit?;
        if !unit.is_empty() {
            let length = unit.len().to_be_bytes();
            out.extend_from_slice(length.get(length.len().saturating_sub(size)..).unwrap_or(&[]));
            out.extend_from_slice(unit);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_and_cleans() {
        let sample = [0, 0, 0, 2, 0x65, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0x41];
        let seen = inspect(&sample, 4, |header| header & 0x1f == 5).unwrap();
        assert_eq!(
            seen,
            Sample {
                keyframe: true,
                has_empty_units: true,
                has_units: true
            }
        );
        assert_eq!(
            without_empty_units(&sample, 4).unwrap(),
            [0, 0, 0, 2, 0x65, 1, 0, 0, 0, 1, 0x41]
        );
        assert!(inspect(&sample[..14], 4, |_| false).is_err());
        // Annex B start codes are not lengths.
        assert!(inspect(&[0, 0, 0, 1, 0x65, 0x88, 0x84, 0], 4, |_| false).is_err());
    }

    #[test]
    fn counts_have_a_bound() {
        assert!(inspect(&vec![0; 4 * MAX_NAL_UNITS], 4, |_| false).is_ok());
        assert!(inspect(&vec![0; 4 * MAX_NAL_UNITS + 4], 4, |_| false).is_err());
    }
}
