//! One sample, and the events that carry it.

use std::sync::Arc;

use bytes::Bytes;

use crate::{Track, TrackId};

/// One sample (a coded picture, or one packet of sound). A clone is a reference count.
///
/// `data` is in the form ISO BMFF stores: length-prefixed NAL units for AVC and HEVC, OBUs with sizes and without
/// temporal delimiters for AV1, raw frames for AAC and Opus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub track: TrackId,
    /// Decoding time in ticks of the track; never decreases within a track between two discontinuities.
    pub dts: i64,
    /// Presentation time minus decoding time, in ticks of the track.
    pub cts: i32,
    /// A decoder can start here: an IDR (or its like); every packet of sound.
    pub keyframe: bool,
    pub data: Bytes,
}

/// What a publisher says, in order.
#[derive(Debug, Clone)]
pub enum Event {
    /// The tracks that follow. First event of every publisher, and again whenever a track or its configuration changes.
    Tracks(Arc<[Track]>),
    Frame(Frame),
    /// Timestamps do not continue those before: the source jumped, or another publisher took over.
    Discontinuity,
}
