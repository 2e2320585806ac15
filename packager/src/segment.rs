//! The units of delivery: initialization sections, parts and segments. All immutable, all shared by reference count.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use media::Track;

use crate::Sha256;
use crate::hash::Deferred;

/// An initialization section (`ftyp` and `moov`): what `EXT-X-MAP` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init {
    /// Counts the different initialization sections of the session from 0.
    pub id: u32,
    pub data: Bytes,
    pub sha256: Sha256,
    /// The tracks it describes: those that really carry frames.
    pub tracks: Arc<[Track]>,
}

/// A partial segment: one `moof` and one `mdat`.
#[derive(Debug, Clone)]
pub struct Part {
    pub data: Bytes,
    pub(crate) digest: Deferred,
    pub duration_us: i64,
    /// Begins with an IDR (or holds only sound), so a decoder can start here.
    pub independent: bool,
    /// How many pictures it holds.
    pub pictures: u32,
}

impl Part {
    /// Only low-latency playlists name it, so that a live nobody watches hashes no byte twice: [`Entry::sha256`] is of
    /// the same bytes.
    pub fn sha256(&self) -> Sha256 {
        self.digest.of(&self.data)
    }
}

/// What is known of a closed segment without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Media sequence number; the first of a session is 1 (hls.js does not block on a playlist that ends at 0).
    pub msn: u64,
    /// Wall-clock time of its start.
    pub program_date_time: Timestamp,
    pub duration_us: i64,
    pub bytes: u64,
    pub sha256: Sha256,
    /// Begins with an IDR (or holds only sound). False when the publisher sent no IDR for so long that the segment had
    /// to be cut without one: players cannot join there, and the streamer should shorten the keyframe interval.
    pub independent: bool,
    /// Does not continue the segment before it.
    pub discontinuity: bool,
    /// How many discontinuities the session had up to and with this segment.
    pub discontinuities: u64,
    /// The [`Init`] it needs.
    pub init: u32,
}

/// A closed segment with its bytes: exactly the concatenation of its parts.
#[derive(Debug, Clone)]
pub struct Segment {
    pub entry: Entry,
    pub parts: Arc<[Part]>,
}
