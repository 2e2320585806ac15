//! Decoder configurations: what a codec needs before its first frame, parsed once at the border.
//!
//! Each `Config` keeps the bytes of its ISO BMFF configuration record (`record`), because that is what a sample entry
//! stores, together with the few facts the rest of the program asks for.

pub mod aac;
pub mod av1;
pub mod h264;
pub mod h265;
pub mod nal;
pub mod opus;
pub mod vp9;

use crate::Kind;

/// Why a decoder configuration was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the configuration ends too early")]
    Truncated,
    #[error("invalid configuration: {0}")]
    Invalid(&'static str),
    #[error("unsupported: {0}")]
    Unsupported(&'static str),
}

/// No encoder makes a picture wider or higher, and 16 bits are what a sample entry has (ISO/IEC 14496-12 12.1.3).
const MAX_PICTURE_SIDE: u64 = 16_384;

/// Checks a computed size: `None` stands for a negative one.
fn picture_size(width: Option<u64>, height: Option<u64>) -> Result<(u32, u32), Error> {
    let side = |side: Option<u64>| {
        side.filter(|side| (1..=MAX_PICTURE_SIDE).contains(side))
            .and_then(|side| u32::try_from(side).ok())
    };
    side(width)
        .zip(side(height))
        .ok_or(Error::Invalid("impossible picture size"))
}

/// A codec with its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Codec {
    H264(h264::Config),
    H265(h265::Config),
    Av1(av1::Config),
    Vp9(vp9::Config),
    Aac(aac::Config),
    Opus(opus::Config),
}

impl Codec {
    pub fn kind(&self) -> Kind {
        match self {
            Self::H264(_) | Self::H265(_) | Self::Av1(_) | Self::Vp9(_) => Kind::Video,
            Self::Aac(_) | Self::Opus(_) => Kind::Audio,
        }
    }

    /// The `CODECS` attribute's form (RFC 6381, RFC 8216bis 4.4.6.2), e.g. `avc1.64001f`.
    pub fn rfc6381(&self) -> String {
        match self {
            Self::H264(c) => c.rfc6381(),
            Self::H265(c) => c.rfc6381(),
            Self::Av1(c) => c.rfc6381(),
            Self::Vp9(c) => c.rfc6381(),
            Self::Aac(c) => c.rfc6381(),
            Self::Opus(_) => "opus".to_owned(),
        }
    }

    /// The name people know it by, e.g. `H.264`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::H264(_) => "H.264",
            Self::H265(_) => "H.265",
            Self::Av1(_) => "AV1",
            Self::Vp9(_) => "VP9",
            Self::Aac(_) => "AAC",
            Self::Opus(_) => "Opus",
        }
    }

    /// Width and height in pixels, for video.
    pub fn resolution(&self) -> Option<(u32, u32)> {
        match self {
            Self::H264(c) => Some((c.width, c.height)),
            Self::H265(c) => Some((c.width, c.height)),
            Self::Av1(c) => Some((c.width, c.height)),
            Self::Vp9(c) => Some((c.width, c.height)),
            Self::Aac(_) | Self::Opus(_) => None,
        }
    }
}

/// Fixtures in tests are hex, spaces allowed.
#[cfg(test)]
fn unhex(hex: &str) -> bytes::Bytes {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}
