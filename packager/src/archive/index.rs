//! The index of a recording: a media playlist of byte ranges that grows by whole segments.
//!
//! ```text
//! #EXTM3U
//! #EXT-X-VERSION:7
//! #EXT-X-TARGETDURATION:4
//! #EXT-X-PLAYLIST-TYPE:EVENT                                  VOD when it is finished
//! #EXT-X-TRIBUTARY-TRACKS:CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720
//! #EXT-X-MAP:URI="….mp4",BYTERANGE="1290@0"
//! #EXT-X-PROGRAM-DATE-TIME:2026-11-22T18:00:00.000Z
//! #EXT-X-TRIBUTARY-SHA256:…                                   of the range below
//! #EXTINF:2.0,
//! #EXT-X-BYTERANGE:625000@1290
//! ….mp4
//! ```

use std::fmt::Write;

use media::{Kind, Track};

use crate::playlist::{Clock, Seconds};
use crate::{Entry, Sha256};

const TYPE: &str = "#EXT-X-PLAYLIST-TYPE:";
const GROWING: &str = "EVENT";
/// As long as [`GROWING`], so that it can be written over it; blank lines are ignored (RFC 8216bis 4.1).
const FINISHED: &str = "VOD\n\n";
const TRACKS: &str = "#EXT-X-TRIBUTARY-TRACKS:";
const SHA256: &str = "#EXT-X-TRIBUTARY-SHA256:";
pub(super) const ENDLIST: &str = "#EXT-X-ENDLIST\n";

/// What an initialization section declares, as a multivariant playlist needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracks {
    /// RFC 6381 strings, comma-separated.
    pub codecs: String,
    pub resolution: Option<(u32, u32)>,
}

impl Tracks {
    pub fn of(tracks: &[Track]) -> Self {
        let codecs: Vec<_> = tracks.iter().map(|track| track.codec.rfc6381()).collect();
        let video = tracks.iter().find(|track| track.kind() == Kind::Video);
        Self {
            codecs: codecs.join(","),
            resolution: video.and_then(|track| track.codec.resolution()),
        }
    }

    fn parse(attributes: &str) -> Option<Self> {
        let rest = attributes.strip_prefix("CODECS=\"")?;
        let (codecs, rest) = rest.split_once('"')?;
        let resolution = rest.strip_prefix(",RESOLUTION=").and_then(|text| {
            let (width, height) = text.split_once('x')?;
            Some((width.parse().ok()?, height.parse().ok()?))
        });
        Some(Self {
            codecs: codecs.to_owned(),
            resolution,
        })
    }
}

/// One segment of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub duration_us: i64,
    pub offset: u64,
    pub len: u64,
    pub sha256: Sha256,
    /// Where its lines end in the index.
    text_end: usize,
}

/// A parsed index: everything up to the first line that is not whole or makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    pub rows: Vec<Row>,
    pub tracks: Option<Tracks>,
    /// Has EXT-X-ENDLIST.
    pub ended: bool,
    /// Where the word after EXT-X-PLAYLIST-TYPE is.
    type_at: Option<usize>,
}

pub(super) fn header(target_duration_s: u32) -> String {
    format!("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target_duration_s}\n{TYPE}{GROWING}\n")
}

pub(super) fn map(tracks: &Tracks, uri: &str, offset: u64, len: u64) -> String {
    let mut out = format!("{TRACKS}CODECS=\"{}\"", tracks.codecs);
    // Writing to a string does not fail.
    if let Some((width, height)) = tracks.resolution {
        let _ = write!(out, ",RESOLUTION={width}x{height}");
    }
    let _ = write!(out, "\n#EXT-X-MAP:URI=\"{uri}\",BYTERANGE=\"{len}@{offset}\"\n");
    out
}

pub(super) fn row(entry: &Entry, uri: &str, offset: u64) -> String {
    format!(
        "#EXT-X-PROGRAM-DATE-TIME:{}\n{SHA256}{}\n#EXTINF:{},\n#EXT-X-BYTERANGE:{}@{offset}\n{uri}\n",
        Clock(entry.program_date_time),
        entry.sha256,
        Seconds(entry.duration_us),
        entry.bytes,
    )
}

impl Index {
    /// Reads an index as far as it is whole. `uri` is the name of its MP4.
    pub fn parse(text: &str, uri: &str) -> Self {
        let mut index = Self::default();
        let (mut at, mut declared, mut duration_us, mut range, mut sha256) = (0, None, None, None, None);
        for whole in text.split_inclusive('\n') {
            let start = at;
            at += whole.len();
            let Some(line) = whole.strip_suffix('\n') else {
                break;
            };
            if let Some(attributes) = line.strip_prefix(TRACKS) {
                declared = Tracks::parse(attributes);
            } else if line.starts_with(TYPE) {
                index.type_at = Some(start + TYPE.len());
            } else if let Some(digest) = line.strip_prefix(SHA256) {
                sha256 = Sha256::from_hex(digest);
            } else if let Some(seconds) = line.strip_prefix("#EXTINF:") {
                duration_us = seconds.strip_suffix(',').and_then(micros);
            } else if let Some(bytes) = line.strip_prefix("#EXT-X-BYTERANGE:") {
                range = bytes
                    .split_once('@')
                    .and_then(|(len, offset)| Some((len.parse().ok()?, offset.parse().ok()?)));
            } else if line.starts_with("#EXT-X-ENDLIST") {
                index.ended = true;
                break;
            } else if !line.starts_with('#') && !line.is_empty() {
                let (Some(duration_us), Some((len, offset)), Some(sha256), true) =
                    (duration_us.take(), range.take(), sha256.take(), line == uri)
                else {
                    break;
                };
                // Lines after the last whole segment do not count.
                index.tracks = declared.take().or(index.tracks);
                index.rows.push(Row {
                    duration_us,
                    offset,
                    len,
                    sha256,
                    text_end: at,
                });
            }
        }
        index
    }

    pub fn duration_us(&self) -> i64 {
        self.rows
            .iter()
            .map(|row| row.duration_us)
            .fold(0, i64::saturating_add)
    }

    /// Where the lines of the last segment end.
    pub(super) fn text_end(&self) -> usize {
        self.rows.last().map_or(0, |row| row.text_end)
    }

    /// Where its bytes end in the MP4.
    pub(super) fn data_end(&self) -> u64 {
        self.rows
            .last()
            .map_or(0, |row| row.offset.saturating_add(row.len))
    }

    /// What to write over the file, and where, to make it a finished one: the type and the end.
    pub(super) fn finish_type(&self) -> Option<(u64, &'static str)> {
        Some((u64::try_from(self.type_at?).ok()?, FINISHED))
    }
}

/// Where [`FINISHED`] goes in an index that begins with `header`.
pub(super) fn finish_type(header: &str) -> (u64, &'static str) {
    let at = header.find(TYPE).map_or(0, |at| at + TYPE.len());
    (u64::try_from(at).unwrap_or(0), FINISHED)
}

/// Decimal seconds, exactly as [`Seconds`] writes them.
fn micros(seconds: &str) -> Option<i64> {
    let (whole, fraction) = seconds.split_once('.')?;
    if fraction.len() > 6 {
        return None;
    }
    let scale = 10_i64.checked_pow(6 - u32::try_from(fraction.len()).ok()?)?;
    let fraction: u32 = fraction.parse().ok()?;
    let whole: u32 = whole.parse().ok()?;
    Some(i64::from(whole) * 1_000_000 + i64::from(fraction) * scale)
}
