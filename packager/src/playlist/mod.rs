//! Playlists (RFC 8216bis): text made of a window, rendered at most once per state.

mod hashes;
pub(crate) mod media;
mod multivariant;
mod query;
mod rendered;
mod text;

pub use hashes::hashes;
pub(crate) use multivariant::frame_rate_millihertz;
pub use multivariant::{Variant, multivariant};
pub use query::{Query, QueryError};
pub use rendered::Rendered;
pub(crate) use text::{Clock, Seconds};

use crate::live::Window;

/// Target durations that delta updates leave in: CAN-SKIP-UNTIL (RFC 8216bis 4.4.3.8 demands at least six).
pub(crate) const SKIP_TARGETS: i64 = 6;
/// Target durations from the end within which closed segments keep their parts (RFC 8216bis 6.2.2 allows to remove
/// those that are older).
pub(crate) const PART_TARGETS: i64 = 3;
/// PART-HOLD-BACK in parts (RFC 8216bis 4.4.3.8 demands at least two and recommends three).
pub(crate) const HOLD_BACK_PARTS: u32 = 3;

/// Newest segments whose digests are listed. A playlist of hours is fetched again every few seconds, and digests do not
/// compress: they would be most of it. Ten minutes are far more than any player's window of segments to share;
/// whoever rewinds further gets those segments from the server.
pub(crate) const HASHED_SEGMENTS: u64 = 300;

/// Where another rendition of the same live stands (EXT-X-RENDITION-REPORT).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// URI of its low-latency playlist, relative to the reporting one.
    pub uri: String,
    pub last_msn: u64,
    pub last_part: Option<u32>,
}

impl Report {
    /// The report of a window; `None` while it has no part.
    pub fn of(window: &Window) -> Option<Self> {
        let edge = window.edge()?;
        let rendition = window.settings().rendition;
        Some(Self {
            uri: crate::live::name::Name::LowLatency { rendition }.to_string(),
            last_msn: edge.msn,
            last_part: edge.part,
        })
    }
}
