//! One elementary stream and how to decode it.

use crate::{Codec, Timescale};

/// Names a track within one publisher; stable for as long as the publisher lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackId(pub u32);

/// Whether a track carries pictures or sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Video,
    Audio,
}

/// One elementary stream with its decoder configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    pub id: TrackId,
    pub codec: Codec,
    /// Ticks per second of this track's timestamps.
    pub timescale: Timescale,
}

impl Track {
    pub fn kind(&self) -> Kind {
        self.codec.kind()
    }
}
