//! Opus (RFC 6716, RFC 7845; "Encapsulation of Opus in ISO Base Media File Format" 4.3.2).

use bytes::{BufMut, Bytes, BytesMut};

use super::Error;
use crate::bits::Bytewise;

/// Opus always decodes at this rate, whatever went in (RFC 7845 4).
pub const SAMPLE_RATE: u32 = 48_000;
/// RFC 6716 3.2.5: a packet lasts 120 ms at most.
const MAX_PACKET_SAMPLES: u32 = SAMPLE_RATE / 1_000 * 120;

/// What an OpusHead says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The `dOps` payload.
    pub record: Bytes,
    pub channels: u8,
    /// Samples at 48 kHz to drop at the start.
    pub pre_skip: u16,
}

impl Config {
    /// From an OpusHead (RFC 7845 5.1), with or without its `OpusHead` magic.
    pub fn parse(head: &[u8]) -> Result<Self, Error> {
        let mut rest = Bytewise(head.strip_prefix(b"OpusHead").unwrap_or(head));
        let [version, channels] = rest.array()?;
        // RFC 7845 5.1: the upper four bits are the major version, which is 0.
        if version & 0xf0 != 0 {
            return Err(Error::Unsupported("an OpusHead version above 15"));
        }
        let pre_skip = u16::from_le_bytes(rest.array()?);
        let input_rate = u32::from_le_bytes(rest.array()?);
        let gain = i16::from_le_bytes(rest.array()?);
        let family = rest.u8()?;
        if channels == 0 || (family == 0 && channels > 2) {
            return Err(Error::Invalid("OpusHead with an impossible channel count"));
        }
        // The same fields in big endian, and version 0.
        let mut record = BytesMut::with_capacity(11);
        record.put_u8(0);
        record.put_u8(channels);
        record.put_u16(pre_skip);
        record.put_u32(input_rate);
        record.put_i16(gain);
        record.put_u8(family);
        if family != 0 {
            record.put_slice(rest.take(2 + usize::from(channels))?);
        }
        Ok(Self {
            record: record.freeze(),
            channels,
            pre_skip,
        })
    }

    /// For a stream whose encoder sends no OpusHead (RFC 7845 5.1, channel mapping family 0).
    pub fn stereo() -> Self {
        let record = [0, 2, 0, 0, 0, 0, 0xbb, 0x80, 0, 0, 0];
        Self {
            record: Bytes::copy_from_slice(&record),
            channels: 2,
            pre_skip: 0,
        }
    }
}

/// Samples at 48 kHz in one packet (RFC 6716 3.1, 3.2).
pub fn packet_samples(packet: &[u8]) -> Result<u32, Error> {
    let &toc = packet.first().ok_or(Error::Truncated)?;
    let configuration = toc >> 3;
    let per_frame = match configuration {
        // SILK: 10, 20, 40, 60 ms
        0..=11 => [480, 960, 1_920, 2_880],
        // hybrid: 10, 20 ms
        12..=15 => [480, 960, 480, 960],
        // CELT: 2.5, 5, 10, 20 ms
        _ => [120, 240, 480, 960],
    };
    let per_frame = per_frame
        .get(usize::from(configuration & 3))
        .copied()
        .unwrap_or(960);
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(packet.get(1).ok_or(Error::Truncated)? & 0x3f),
    };
    match frames * per_frame {
        0 => Err(Error::Invalid("an Opus packet without frames")),
        samples if samples > MAX_PACKET_SAMPLES => Err(Error::Invalid("an Opus packet above 120 ms")),
        samples => Ok(samples),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::unhex;

    #[test]
    fn turns_an_opus_head_into_a_dops() {
        // What libopus and ffmpeg write: the head into Ogg, the box into MP4.
        let config = Config::parse(&unhex("4f707573486561640102380180bb0000000000")).unwrap();
        assert_eq!(config.record, unhex("000201380000bb80000000"));
        assert_eq!((config.channels, config.pre_skip), (2, 312));
        let surround = Config::parse(&unhex("0106380180bb0000000001 0402000401020305")).unwrap();
        assert_eq!(surround.record, unhex("000601380000bb8000000104 02000401020305"));
        assert_eq!(Config::stereo().channels, 2);
    }

    #[test]
    fn hostile_heads_are_refused() {
        assert!(Config::parse(b"OpusHead").is_err());
        assert!(Config::parse(&unhex("0106380180bb0000000001 0402")).is_err());
        assert!(Config::parse(&unhex("0103380180bb0000000000")).is_err());
        assert!(Config::parse(&unhex("1102380180bb0000000000")).is_err());
    }

    #[test]
    fn packets_know_how_long_they_last() {
        assert_eq!(packet_samples(&[0xfc]), Ok(960));
        assert_eq!(packet_samples(&[0x78]), Ok(960));
        assert_eq!(packet_samples(&[0x18]), Ok(2_880));
        assert_eq!(packet_samples(&[0xe1]), Ok(240));
        assert_eq!(packet_samples(&[0xff, 3]), Ok(2_880));
        assert!(packet_samples(&[0xff, 63]).is_err());
        assert!(packet_samples(&[0xff, 0]).is_err());
        assert!(packet_samples(&[0xff]).is_err());
        assert!(packet_samples(&[]).is_err());
    }
}
