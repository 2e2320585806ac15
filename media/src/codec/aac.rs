//! AAC (ISO/IEC 14496-3 1.6.2.1 AudioSpecificConfig).

use bytes::Bytes;

use super::Error;
use crate::bits::Bits;

/// `samplingFrequencyIndex` (table 1.18); 15 escapes to 24 explicit bits.
const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];
const ESCAPE: u32 = 15;
/// The widest range a player is asked to follow.
const RATE_BOUNDS: std::ops::RangeInclusive<u32> = 7_000..=192_000;
const AAC_LC: u8 = 2;
const SBR: u8 = 5;
const PS: u8 = 29;
/// More than any AudioSpecificConfig we carry: `esds` gives its descriptor one byte of length.
const MAX_RECORD_BYTES: usize = 96;

/// An AudioSpecificConfig and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The AudioSpecificConfig.
    pub record: Bytes,
    /// 2 for AAC-LC; 5 or 29 where spectral band replication or parametric stereo is signalled.
    pub object_type: u8,
    /// Of the core codec: what `frame_samples` counts. A decoder with spectral band replication puts out twice as many.
    pub sample_rate: u32,
    /// As coded; 0 where the stream itself tells (a program config element).
    pub channels: u8,
    /// Samples per frame of the core codec: 1024, or 960; 512 or 480 for low delay.
    pub frame_samples: u32,
}

impl Config {
    pub fn parse(record: Bytes) -> Result<Self, Error> {
        if record.len() > MAX_RECORD_BYTES {
            return Err(Error::Unsupported("an AudioSpecificConfig of more than 96 bytes"));
        }
        let mut bits = Bits::new(&record);
        let mut object_type = read_object_type(&mut bits)?;
        let sample_rate = read_rate(&mut bits)?;
        let channels = match bits.small(4)? {
            7 => 8,
            11 => 7,
            12 | 14 => 8,
            13 => 24,
            known @ 0..=6 => known,
            _ => return Err(Error::Invalid("reserved channel configuration")),
        };
        let mut core_type = object_type;
        if object_type == SBR || object_type == PS {
            read_rate(&mut bits)?; // extensionSamplingFrequency
            core_type = read_object_type(&mut bits)?;
        }
        let frame_samples = match core_type {
            1..=4 | 6 | 7 | 17 | 19..=22 => {
                let short = bits.bit()?; // GASpecificConfig, frameLengthFlag
                if short { 960 } else { 1_024 }
            }
            23 | 39 => {
                let short = bits.bit()?;
                if short { 480 } else { 512 }
            }
            42 => return Err(Error::Unsupported("xHE-AAC")),
            _ => return Err(Error::Unsupported("an MPEG-4 audio object type other than AAC")),
        };
        if object_type == AAC_LC {
            object_type = backward_compatible_extension(&mut bits, channels).unwrap_or(object_type);
        }
        Ok(Self {
            record,
            object_type,
            sample_rate,
            channels,
            frame_samples,
        })
    }

    /// RFC 6381 3.3: `mp4a.40.` and the audio object type.
    pub fn rfc6381(&self) -> String {
        format!("mp4a.40.{}", self.object_type)
    }
}

/// GetAudioObjectType, table 1.16.
fn read_object_type(bits: &mut Bits<'_>) -> Result<u8, Error> {
    match bits.small(5)? {
        31 => Ok(32 + bits.small(6)?),
        0 => Err(Error::Invalid("audio object type 0")),
        known => Ok(known),
    }
}

fn read_rate(bits: &mut Bits<'_>) -> Result<u32, Error> {
    let index = bits.bits(4)?;
    let rate = if index == ESCAPE {
        bits.bits(24)?
    } else {
        let known = usize::try_from(index).ok().and_then(|index| RATES.get(index));
        *known.ok_or(Error::Invalid("reserved sampling frequency"))?
    };
    if RATE_BOUNDS.contains(&rate) {
        Ok(rate)
    } else {
        Err(Error::Unsupported("a sampling frequency outside 7 to 192 kHz"))
    }
}

/// Spectral band replication announced after the core's configuration, so that old decoders do not see it (1.6.6.2). `None`
/// where there is none, or where a program config element stands in between.
fn backward_compatible_extension(bits: &mut Bits<'_>, channels: u8) -> Option<u8> {
    if channels == 0 {
        return None;
    }
    if bits.bit().ok()? {
        bits.skip(14).ok()?; // coreCoderDelay
    }
    bits.skip(1).ok()?; // extensionFlag
    if bits.bits(11).ok()? != 0x2b7 || read_object_type(bits).ok()? != SBR || !bits.bit().ok()? {
        return None;
    }
    read_rate(bits).ok()?;
    let parametric_stereo = bits.bits(11) == Ok(0x548) && bits.bit() == Ok(true);
    Some(if parametric_stereo { PS } else { SBR })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::unhex;

    fn facts(hex: &str) -> (u8, u32, u8, u32) {
        let config = Config::parse(unhex(hex)).unwrap();
        (
            config.object_type,
            config.sample_rate,
            config.channels,
            config.frame_samples,
        )
    }

    #[test]
    fn reads_what_encoders_write() {
        // ffmpeg's own encoder ends with an explicit "no spectral band replication".
        assert_eq!(facts("121056e500"), (2, 44_100, 2, 1_024));
        assert_eq!(facts("119056e500"), (2, 48_000, 2, 1_024));
        assert_eq!(facts("11b056e500"), (2, 48_000, 6, 1_024));
        assert_eq!(facts("101056e500"), (2, 96_000, 2, 1_024));
        assert_eq!(facts("1190"), (2, 48_000, 2, 1_024));
        assert_eq!(facts("1194"), (2, 48_000, 2, 960));
        assert_eq!(Config::parse(unhex("1190")).unwrap().rfc6381(), "mp4a.40.2");
    }

    #[test]
    fn spectral_band_replication_in_both_signallings() {
        // Explicit: object type 5, 24 kHz core, 48 kHz out, then LC.
        assert_eq!(facts("2b118800"), (5, 24_000, 2, 1_024));
        // Backward compatible: LC at 22.05 kHz, then 0x2b7, 5, present, 44.1 kHz.
        assert_eq!(facts("139056e5a0"), (5, 22_050, 2, 1_024));
        // Parametric stereo after it: 0x548 and a one.
        assert_eq!(facts("138856e5a54880"), (29, 22_050, 1, 1_024));
        assert_eq!(Config::parse(unhex("2b118800")).unwrap().rfc6381(), "mp4a.40.5");
    }

    #[test]
    fn the_rate_may_be_spelled_out() {
        // 00010 1111 (24 bits: 48000) 0010 000
        assert_eq!(facts("1780 5dc010"), (2, 48_000, 2, 1_024));
    }

    #[test]
    fn hostile_bytes_are_refused() {
        for hex in ["", "11", "0000", "16f0", "178000000000", "f9468040"] {
            assert!(Config::parse(unhex(hex)).is_err(), "{hex}");
        }
        assert!(Config::parse(vec![0x11; 97].into()).is_err());
    }
}
