//! The names of a live's files below `/static/streaming-playlists/hls/{UUID}/`.
//!
//! Media names hold the session number: a permanent live uses one address for years, and what a name stood for never
//! changes, so caches may keep it for ever.

use std::fmt;

/// One file of a live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// `master.m3u8`: the classic multivariant playlist.
    Master,
    /// `ll.m3u8`: the low-latency multivariant playlist.
    LowLatencyMaster,
    /// `{rendition}.m3u8`: the classic media playlist.
    Classic { rendition: u32 },
    /// `{rendition}-ll.m3u8`: the low-latency media playlist.
    LowLatency { rendition: u32 },
    /// `segments-sha256.json`.
    Hashes,
    /// `{session}-{rendition}-init{id}.mp4`.
    Init { session: u64, rendition: u32, id: u32 },
    /// `{session}-{rendition}-{msn}.m4s`.
    Segment { session: u64, rendition: u32, msn: u64 },
    /// `{session}-{rendition}-{msn}.{part}.m4s`.
    Part {
        session: u64,
        rendition: u32,
        msn: u64,
        part: u32,
    },
}

impl Name {
    /// The one way to write a name is the one way to read it: no leading zeros, signs or other spellings, so a cache
    /// holds each thing once.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "master.m3u8" => return Some(Self::Master),
            "ll.m3u8" => return Some(Self::LowLatencyMaster),
            "segments-sha256.json" => return Some(Self::Hashes),
            _ => {}
        }
        if let Some(stem) = name.strip_suffix(".m3u8") {
            return match stem.strip_suffix("-ll") {
                Some(rendition) => Some(Self::LowLatency {
                    rendition: number(rendition)?,
                }),
                None => Some(Self::Classic {
                    rendition: number(stem)?,
                }),
            };
        }
        let (session, rest) = name.split_once('-')?;
        let (rendition, rest) = rest.split_once('-')?;
        let (session, rendition) = (number(session)?, number(rendition)?);
        if let Some(id) = rest.strip_prefix("init").and_then(|id| id.strip_suffix(".mp4")) {
            return Some(Self::Init {
                session,
                rendition,
                id: number(id)?,
            });
        }
        let stem = rest.strip_suffix(".m4s")?;
        Some(match stem.split_once('.') {
            Some((msn, part)) => Self::Part {
                session,
                rendition,
                msn: number(msn)?,
                part: number(part)?,
            },
            None => Self::Segment {
                session,
                rendition,
                msn: number(stem)?,
            },
        })
    }
}

/// A decimal number as `Display` writes it.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let canonical = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Master => f.write_str("master.m3u8"),
            Self::LowLatencyMaster => f.write_str("ll.m3u8"),
            Self::Classic { rendition } => write!(f, "{rendition}.m3u8"),
            Self::LowLatency { rendition } => write!(f, "{rendition}-ll.m3u8"),
            Self::Hashes => f.write_str("segments-sha256.json"),
            Self::Init {
                session,
                rendition,
                id,
            } => write!(f, "{session}-{rendition}-init{id}.mp4"),
            Self::Segment {
                session,
                rendition,
                msn,
            } => write!(f, "{session}-{rendition}-{msn}.m4s"),
            Self::Part {
                session,
                rendition,
                msn,
                part,
            } => write!(f, "{session}-{rendition}-{msn}.{part}.m4s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        let (session, rendition) = (u64::MAX, 3);
        for name in [
            Name::Master,
            Name::LowLatencyMaster,
            Name::Classic { rendition },
            Name::LowLatency { rendition },
            Name::Hashes,
            Name::Init {
                session,
                rendition,
                id: 2,
            },
            Name::Segment {
                session,
                rendition,
                msn: 7,
            },
            Name::Part {
                session,
                rendition,
                msn: 7,
                part: 0,
            },
        ] {
            assert_eq!(Name::parse(&name.to_string()), Some(name), "{name}");
        }
    }

    #[test]
    fn other_spellings_are_no_names() {
        for text in [
            "",
            "-",
            ".m4s",
            "1-0-.m4s",
            "1-0-7..m4s",
            "1-0-07.m4s",
            "+1-0-7.m4s",
            "1-0-7.0.0.m4s",
            "1-0-7.m4s ",
            "00.m3u8",
            "-1.m3u8",
            "1-0-init.mp4",
            "1-0-init01.mp4",
            "99999999999999999999-0-1.m4s",
            "../0.m3u8",
            "1-0-٣.m4s",
            "-ll.m3u8",
        ] {
            assert_eq!(Name::parse(text), None, "{text}");
        }
    }
}
