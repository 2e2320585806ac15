//! An immutable snapshot of a live: what there is to list, to wait for and to fetch.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::history::History;
use super::shelf::Shelf;
use super::{Settings, name::Name};
use crate::playlist::{Query, Rendered, Report, media};
use crate::segmenter::Opening;
use crate::{Init, Part, Segment};

/// Where the bytes of a segment or part are.
#[derive(Debug, Clone)]
pub enum Source {
    /// In memory; the body is the concatenation.
    Memory(Arc<[Part]>),
    /// One part in memory.
    Part(Bytes),
    /// In the archive's file, which may have no name any more: read it with `FileExt::read_at`.
    File { file: Arc<File>, offset: u64 },
}

/// The bytes of a segment or part.
#[derive(Debug, Clone)]
pub struct Body {
    pub source: Source,
    pub len: u64,
}

/// The newest part of a live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    pub msn: u64,
    /// `None` when the newest thing is a closed segment.
    pub part: Option<u32>,
}

/// A reload for something so far ahead that answering it makes no sense: 400 (RFC 8216bis 6.2.5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("media sequence number {asked} is more than two ahead of {edge}")]
pub struct TooFarAhead {
    pub asked: u64,
    pub edge: u64,
}

/// A part that begins with an IDR: with its initialization section, all it takes to decode one picture.
#[derive(Debug, Clone)]
pub struct Opener {
    pub init: Arc<Init>,
    pub part: Bytes,
    /// Media sequence number of its segment, and its place in it.
    pub at: (u64, u32),
}

/// The segment being made.
#[derive(Debug, Clone)]
pub struct OpenSegment {
    pub opening: Opening,
    pub parts: Vec<Part>,
    /// Closed, and already in memory, but listed only once the archive has it: whoever sees it listed can rely on the
    /// recording.
    pub complete: bool,
}

/// What the live is at one moment. Playlists are rendered when the first reader asks, at most once.
#[derive(Debug)]
pub struct Window {
    pub(crate) settings: Arc<Settings>,
    pub(super) shelf: Arc<Shelf>,
    pub(crate) history: History,
    /// Media sequence number of the first listed segment.
    pub(crate) first_msn: u64,
    /// The newest closed segments, with their bytes. The last may be one that is not listed yet.
    pub(crate) memory: Arc<VecDeque<Arc<Segment>>>,
    pub(crate) open: Option<OpenSegment>,
    /// Number of the segment that comes next when none is open.
    pub(crate) next_msn: u64,
    pub(crate) inits: Arc<Vec<Arc<Init>>>,
    /// Every segment of the session so far begins with an IDR.
    pub(crate) all_independent: bool,
    /// The most bits a second any segment has had.
    pub(crate) peak_bps: u64,
    /// Of the first segment, or its first part: constant enough for a multivariant playlist.
    pub(crate) frame_rate_millihertz: Option<u32>,
    pub(crate) ended: bool,
    pub(super) classic: OnceLock<Rendered>,
    pub(super) low_latency: OnceLock<Rendered>,
    pub(super) delta: OnceLock<Rendered>,
    pub(super) hashes: OnceLock<Rendered>,
}

impl Window {
    pub(super) fn empty(settings: Arc<Settings>, shelf: Arc<Shelf>) -> Self {
        Self {
            settings,
            shelf,
            history: History::default(),
            first_msn: 1,
            memory: Arc::default(),
            open: None,
            next_msn: 1,
            inits: Arc::default(),
            all_independent: true,
            peak_bps: 0,
            frame_rate_millihertz: None,
            ended: false,
            classic: OnceLock::new(),
            low_latency: OnceLock::new(),
            delta: OnceLock::new(),
            hashes: OnceLock::new(),
        }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// EXT-X-TARGETDURATION in seconds; blocked requests wait for three of them at most (RFC 8216bis 6.2.5.2).
    pub fn target_duration_s(&self) -> u32 {
        self.settings.segmenter().target_duration_s()
    }

    /// The publisher is gone for good: playlists have EXT-X-ENDLIST.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Nothing to play yet: answer with 404, or wait for `has(1, Some(0))`.
    pub fn is_empty(&self) -> bool {
        self.open.is_none() && self.history.last().is_none()
    }

    /// The classic media playlist.
    pub fn classic(&self) -> &Rendered {
        self.classic.get_or_init(|| Rendered::new(media::classic(self)))
    }

    /// The low-latency media playlist; with `skip`, as a delta update if there is something to skip. `reports` are of
    /// the moment the first reader asks.
    pub fn low_latency(&self, skip: bool, reports: &[Report]) -> &Rendered {
        let skipped = if skip { media::skippable(self) } else { 0 };
        let rendered = if skipped > 0 {
            &self.delta
        } else {
            &self.low_latency
        };
        rendered.get_or_init(|| Rendered::new(media::low_latency(self, skipped, reports)))
    }

    /// `segments-sha256.json` of this rendition alone; see [`crate::playlist::hashes`] for several.
    pub fn hashes(&self) -> &Rendered {
        self.hashes
            .get_or_init(|| Rendered::new(crate::playlist::hashes(&[self])))
    }

    /// Whether a playlist of this window answers a blocking reload (RFC 8216bis 6.2.5.2).
    ///
    /// A part beyond the end of a closed segment is the first of the next. Without a part the first part of the
    /// segment will do: Safari asks so for the next part, and stalls if it has to wait for the whole segment.
    pub fn has(&self, msn: u64, part: Option<u32>) -> bool {
        let part = part.unwrap_or(0);
        let (open_msn, open_parts) = self.open_edge();
        if msn >= open_msn {
            return msn == open_msn && part < open_parts;
        }
        let last_closed = self
            .memory
            .back()
            .filter(|segment| segment.entry.msn == msn && msn + 1 == open_msn);
        let beyond =
            last_closed.is_some_and(|segment| u32::try_from(segment.parts.len()).is_ok_and(|n| part >= n));
        !beyond || open_parts > 0
    }

    /// Number of the open (or next) segment, and how many parts it has.
    fn open_edge(&self) -> (u64, u32) {
        match &self.open {
            Some(open) if !open.complete => (
                open.opening.msn,
                u32::try_from(open.parts.len()).unwrap_or(u32::MAX),
            ),
            _ => (self.next_msn, 0),
        }
    }

    /// The next part to come: what EXT-X-PRELOAD-HINT names.
    pub fn next_part(&self) -> (u64, u32) {
        self.open_edge()
    }

    /// Whether the part exists or is the very next.
    pub(super) fn may_come(&self, msn: u64, part: u32) -> bool {
        let (open_msn, open_parts) = self.open_edge();
        msn < open_msn || (msn == open_msn && part <= open_parts && !(self.ended && part == open_parts))
    }

    /// The newest part, or `None` before the first.
    pub fn edge(&self) -> Option<Edge> {
        let (msn, parts) = self.open_edge();
        match parts.checked_sub(1) {
            Some(part) => Some(Edge {
                msn,
                part: Some(part),
            }),
            None => {
                let last = self.memory.back()?;
                let part = u32::try_from(last.parts.len()).unwrap_or(0).checked_sub(1);
                Some(Edge {
                    msn: last.entry.msn,
                    part,
                })
            }
        }
    }

    /// Refuses what is not worth waiting for: more than two segments ahead (RFC 8216bis 6.2.5.2).
    pub fn admit(&self, query: &Query) -> Result<(), TooFarAhead> {
        let (edge, _) = self.open_edge();
        match query.msn {
            Some(asked) if asked > edge.saturating_add(2) => Err(TooFarAhead { asked, edge }),
            _ => Ok(()),
        }
    }

    pub fn init(&self, id: u32) -> Option<&Arc<Init>> {
        self.inits.get(usize::try_from(id).ok()?)
    }

    /// The bytes of a closed segment, from memory or from the archive.
    pub fn segment(&self, msn: u64) -> Option<Body> {
        if let Some(segment) = self.remembered(msn) {
            return Some(Body {
                source: Source::Memory(segment.parts.clone()),
                len: segment.entry.bytes,
            });
        }
        self.history.get(msn)?;
        let (file, offset, len) = self.shelf.find(msn)?;
        Some(Body {
            source: Source::File { file, offset },
            len,
        })
    }

    /// The bytes of a part of the open segment or of one in memory.
    pub fn part(&self, msn: u64, index: u32) -> Option<Body> {
        let parts = match &self.open {
            Some(open) if open.opening.msn == msn => open.parts.as_slice(),
            _ => &self.remembered(msn)?.parts,
        };
        let part = parts.get(usize::try_from(index).ok()?)?;
        Some(Body {
            source: Source::Part(part.data.clone()),
            len: u64::try_from(part.data.len()).unwrap_or(u64::MAX),
        })
    }

    fn remembered(&self, msn: u64) -> Option<&Arc<Segment>> {
        let first = self.memory.front()?.entry.msn;
        self.memory.get(usize::try_from(msn.checked_sub(first)?).ok()?)
    }

    /// The newest part in memory that begins with an IDR; `None` before the first and for sound alone.
    pub fn newest_opener(&self) -> Option<Opener> {
        let open = self
            .open
            .iter()
            .map(|open| (open.opening.init, open.opening.msn, open.parts.as_slice()));
        let closed = self
            .memory
            .iter()
            .rev()
            .map(|segment| (segment.entry.init, segment.entry.msn, &*segment.parts));
        open.chain(closed).find_map(|(init, msn, parts)| {
            let begins = |part: &Part| part.independent && part.pictures > 0;
            let at = parts.iter().rposition(begins)?;
            Some(Opener {
                init: self.init(init)?.clone(),
                part: parts.get(at)?.data.clone(),
                at: (msn, u32::try_from(at).ok()?),
            })
        })
    }

    /// Closed segments still in memory, oldest first: what a recorder or relay walks.
    pub fn recent(&self) -> impl DoubleEndedIterator<Item = &Arc<Segment>> {
        self.memory.iter()
    }

    /// The closed segments listed by playlists, oldest first.
    pub fn listed(&self) -> impl Iterator<Item = &crate::Entry> {
        self.history.from(self.first_msn)
    }

    /// The first segment somebody may still be reading: one that has left the playlist stays available for as long as the
    /// playlist was (RFC 8216bis 6.2.2).
    pub(crate) fn kept_from(&self) -> u64 {
        self.history.last().map_or(1, |last| {
            let listed = (last.msn + 1).saturating_sub(self.first_msn);
            self.first_msn.saturating_sub(listed)
        })
    }

    pub(crate) fn init_uri(&self, id: u32) -> Name {
        Name::Init {
            session: self.settings.session,
            rendition: self.settings.rendition,
            id,
        }
    }

    pub(crate) fn segment_uri(&self, msn: u64) -> Name {
        Name::Segment {
            session: self.settings.session,
            rendition: self.settings.rendition,
            msn,
        }
    }

    pub(crate) fn part_uri(&self, msn: u64, part: u32) -> Name {
        Name::Part {
            session: self.settings.session,
            rendition: self.settings.rendition,
            msn,
            part,
        }
    }
}
