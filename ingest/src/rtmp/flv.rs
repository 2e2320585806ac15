//! The bodies of audio and video messages: FLV tags (Adobe FLV 10.1, E.4) and their successors (Enhanced RTMP v2).
//!
//! Of a multitrack message, track 0 is taken and the others are skipped: the specification calls it the default track, and
//! an encoder that sends several was told at connect that we do not take part.

use bytes::Bytes;

use super::malformed::Malformed;

/// Enough to skip what an encoder really stacks; keeps the work on a hostile tag small.
const MAX_MODIFIERS: u32 = 16;
/// A TimestampNanoOffset refines milliseconds, so it is less than one.
const MAX_NANOS: u32 = 999_999;

/// The codecs that have a place here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodecId {
    Avc,
    Hevc,
    Av1,
    Vp9,
    Aac,
    Opus,
}

/// One tag that means something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub codec: CodecId,
    /// To be added to the message's milliseconds.
    pub nanos: u32,
    pub body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A decoder configuration, perhaps the one already known.
    Configuration(Bytes),
    Frame {
        cts_ms: i32,
        data: Bytes,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// With what to do about it.
    #[error("{0}")]
    Unsupported(String),
}

const SHORT: Malformed = Malformed("an FLV tag ends too early");

/// Takes bytes off the front of a message without copying them.
struct Rest(Bytes);

impl Rest {
    fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let array = *self.0.first_chunk::<N>().ok_or(SHORT)?;
        bytes::Buf::advance(&mut self.0, N);
        Ok(array)
    }

    fn u24(&mut self) -> Result<u32, Malformed> {
        self.array().map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    /// SI24.
    fn i24(&mut self) -> Result<i32, Malformed> {
        self.array()
            .map(|[a, b, c]| i32::from_be_bytes([a, b, c, 0]) >> 8)
    }

    fn take(&mut self, len: usize) -> Result<Bytes, Malformed> {
        if len <= self.0.len() {
            Ok(self.0.split_to(len))
        } else {
            Err(SHORT)
        }
    }
}

/// `None` for what has no meaning here: ends of sequences, commands, metadata, other tracks, empty tags.
pub fn video(payload: Bytes) -> Result<Option<Tag>, Error> {
    let mut rest = Rest(payload);
    let Ok(first) = rest.u8() else {
        return Ok(None);
    };
    if first & 0x80 != 0 {
        return enhanced_video(first, rest);
    }
    // VIDEODATA, E.4.3.1: FrameType, CodecID.
    const COMMAND_FRAME: u8 = 5;
    if first >> 4 == COMMAND_FRAME {
        return Ok(None);
    }
    let codec = match first & 0x0f {
        7 => CodecId::Avc,
        // Never standardised, but what encoders of the years before Enhanced RTMP send.
        12 => CodecId::Hevc,
        2 => return Err(unsupported("video", "Sorenson H.263", "H.264")),
        3 | 6 => return Err(unsupported("video", "Screen Video", "H.264")),
        4 | 5 => return Err(unsupported("video", "VP6", "H.264")),
        other => return Err(unsupported("video", &format!("number {other}"), "H.264")),
    };
    if rest.0.is_empty() {
        return Ok(None);
    }
    // AVCVIDEOPACKET: AVCPacketType, CompositionTime.
    let (packet_type, cts_ms) = (rest.u8()?, rest.i24()?);
    Ok(match packet_type {
        0 => configuration(codec, rest.0),
        1 => frame(codec, 0, cts_ms, rest.0),
        _ => None,
    })
}

pub fn audio(payload: Bytes) -> Result<Option<Tag>, Error> {
    let mut rest = Rest(payload);
    let Ok(first) = rest.u8() else {
        return Ok(None);
    };
    // AUDIODATA, E.4.2.1: SoundFormat.
    match first >> 4 {
        9 => return enhanced_audio(first, rest),
        10 => {}
        2 | 14 => return Err(unsupported("audio", "MP3", "AAC")),
        11 => return Err(unsupported("audio", "Speex", "AAC")),
        7 | 8 => return Err(unsupported("audio", "G.711", "AAC")),
        0 | 1 | 3 => return Err(unsupported("audio", "PCM", "AAC")),
        4..=6 => return Err(unsupported("audio", "Nellymoser", "AAC")),
        other => return Err(unsupported("audio", &format!("number {other}"), "AAC")),
    }
    if rest.0.is_empty() {
        return Ok(None);
    }
    // AACAUDIODATA: AACPacketType.
    Ok(match rest.u8()? {
        0 => configuration(CodecId::Aac, rest.0),
        1 => frame(CodecId::Aac, 0, 0, rest.0),
        _ => None,
    })
}

/// VideoPacketType and AudioPacketType agree on these.
mod packet {
    pub(super) const SEQUENCE_START: u8 = 0;
    pub(super) const CODED_FRAMES: u8 = 1;
    pub(super) const CODED_FRAMES_X: u8 = 3;
    pub(super) const METADATA: u8 = 4;
    pub(super) const AUDIO_MULTITRACK: u8 = 5;
    pub(super) const VIDEO_MULTITRACK: u8 = 6;
    pub(super) const MOD_EX: u8 = 7;
}

/// ExVideoTagHeader and ExVideoTagBody.
fn enhanced_video(first: u8, mut rest: Rest) -> Result<Option<Tag>, Error> {
    const COMMAND_FRAME: u8 = 5;
    let frame_type = (first >> 4) & 0x07;
    let (mut packet_type, nanos) = modifiers(first & 0x0f, &mut rest)?;
    if packet_type != packet::METADATA && frame_type == COMMAND_FRAME {
        return Ok(None);
    }
    let four_cc = if packet_type == packet::VIDEO_MULTITRACK {
        let Some((inner, four_cc)) = first_track(&mut rest)? else {
            return Ok(None);
        };
        packet_type = inner;
        four_cc
    } else {
        rest.array()?
    };
    let codec = match &four_cc {
        b"avc1" => CodecId::Avc,
        b"hvc1" => CodecId::Hevc,
        b"av01" => CodecId::Av1,
        b"vp09" => CodecId::Vp9,
        _ => {
            return Err(unsupported(
                "video",
                &printable(four_cc),
                "H.264, HEVC, AV1 or VP9",
            ));
        }
    };
    Ok(match packet_type {
        packet::SEQUENCE_START => configuration(codec, rest.0),
        packet::CODED_FRAMES => {
            let cts_ms = if matches!(codec, CodecId::Avc | CodecId::Hevc) {
                rest.i24()?
            } else {
                0
            };
            frame(codec, nanos, cts_ms, rest.0)
        }
        packet::CODED_FRAMES_X => frame(codec, nanos, 0, rest.0),
        // Metadata (colour), SequenceEnd, MPEG2TSSequenceStart (superseded for AV1).
        _ => None,
    })
}

/// ExAudioTagHeader and ExAudioTagBody.
fn enhanced_audio(first: u8, mut rest: Rest) -> Result<Option<Tag>, Error> {
    let (mut packet_type, nanos) = modifiers(first & 0x0f, &mut rest)?;
    let four_cc = if packet_type == packet::AUDIO_MULTITRACK {
        let Some((inner, four_cc)) = first_track(&mut rest)? else {
            return Ok(None);
        };
        packet_type = inner;
        four_cc
    } else {
        rest.array()?
    };
    let codec = match &four_cc {
        b"mp4a" => CodecId::Aac,
        b"Opus" => CodecId::Opus,
        _ => return Err(unsupported("audio", &printable(four_cc), "AAC or Opus")),
    };
    Ok(match packet_type {
        packet::SEQUENCE_START => configuration(codec, rest.0),
        packet::CODED_FRAMES => frame(codec, nanos, 0, rest.0),
        // SequenceEnd; MultichannelConfig repeats what the configuration says.
        _ => None,
    })
}

/// Skips ModEx packets, whatever they modify; of those known, only the nanoseconds matter. The packet type that remains.
fn modifiers(mut packet_type: u8, rest: &mut Rest) -> Result<(u8, u32), Malformed> {
    const TIMESTAMP_OFFSET_NANO: u8 = 0;
    let mut nanos = 0;
    for _ in 0..MAX_MODIFIERS {
        if packet_type != packet::MOD_EX {
            return Ok((packet_type, nanos));
        }
        // "modExDataSize = UI8 + 1; if (modExDataSize == 256) modExDataSize = UI16 + 1"
        let size = match rest.u8()? {
            u8::MAX => usize::from(rest.array().map(u16::from_be_bytes)?) + 1,
            size => usize::from(size) + 1,
        };
        let data = rest.take(size)?;
        let kind_and_next = rest.u8()?;
        if kind_and_next >> 4 == TIMESTAMP_OFFSET_NANO {
            nanos = Rest(data).u24()?.min(MAX_NANOS);
        }
        packet_type = kind_and_next & 0x0f;
    }
    Err(Malformed("too many ModEx packets"))
}

/// Narrows a multitrack message to track 0: its packet type and FourCC.
fn first_track(rest: &mut Rest) -> Result<Option<(u8, [u8; 4])>, Malformed> {
    const ONE_TRACK: u8 = 0;
    const MANY_TRACKS: u8 = 1;
    const MANY_TRACKS_MANY_CODECS: u8 = 2;
    let byte = rest.u8()?;
    let (multitrack_type, packet_type) = (byte >> 4, byte & 0x0f);
    let mut four_cc = match multitrack_type {
        ONE_TRACK | MANY_TRACKS => rest.array()?,
        MANY_TRACKS_MANY_CODECS => [0; 4],
        _ => return Err(Malformed("unknown multitrack type")),
    };
    while !rest.0.is_empty() {
        if multitrack_type == MANY_TRACKS_MANY_CODECS {
            four_cc = rest.array()?;
        }
        let track = rest.u8()?;
        if multitrack_type != ONE_TRACK {
            let size = usize::try_from(rest.u24()?).map_err(|_| SHORT)?;
            let body = rest.take(size)?;
            if track == 0 {
                rest.0 = body;
                return Ok(Some((packet_type, four_cc)));
            }
        } else {
            return Ok((track == 0).then_some((packet_type, four_cc)));
        }
    }
    Ok(None)
}

/// Empty configurations come from encoders that keep theirs in the stream; they say nothing.
fn configuration(codec: CodecId, record: Bytes) -> Option<Tag> {
    (!record.is_empty()).then_some(Tag {
        codec,
        nanos: 0,
        body: Body::Configuration(record),
    })
}

fn frame(codec: CodecId, nanos: u32, cts_ms: i32, data: Bytes) -> Option<Tag> {
    (!data.is_empty()).then_some(Tag {
        codec,
        nanos,
        body: Body::Frame { cts_ms, data },
    })
}

fn unsupported(kind: &str, name: &str, instead: &str) -> Error {
    Error::Unsupported(format!(
        "{kind} codec {name} is not supported: choose {instead} in the encoder's settings"
    ))
}

fn printable(four_cc: [u8; 4]) -> String {
    four_cc
        .iter()
        .map(|&byte| {
            if byte.is_ascii_graphic() {
                char::from(byte)
            } else {
                '?'
            }
        })
        .collect()
}

/// The tags of an aggregate message (RTMP 1.0 section 7.1.6): type, size, time, stream, body, and the length once more. Times
/// count from the message's own.
pub fn aggregate(
    timestamp: u32,
    payload: Bytes,
) -> impl Iterator<Item = Result<(u8, u32, Bytes), Malformed>> {
    let mut rest = Rest(payload);
    let mut first = None;
    std::iter::from_fn(move || {
        if rest.0.is_empty() {
            return None;
        }
        let tag = (|| {
            let kind = rest.u8()?;
            let size = usize::try_from(rest.u24()?).map_err(|_| SHORT)?;
            let [b, c, d, a] = rest.array()?;
            rest.u24()?; // stream id
            let time = u32::from_be_bytes([a, b, c, d]);
            let offset = time.wrapping_sub(*first.get_or_insert(time));
            let body = rest.take(size)?;
            if rest.0.len() >= 4 {
                rest.take(4)?; // back pointer; some forget the last
            } else {
                rest.0.clear();
            }
            Ok((kind, timestamp.wrapping_add(offset), body))
        })();
        if tag.is_err() {
            rest.0.clear();
        }
        Some(tag)
    })
}

#[cfg(test)]
mod tests;
