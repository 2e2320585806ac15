//! The writing end: events in, windows out.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use media::Event;
use tokio::sync::watch;

use super::history::History;
use super::shelf::Shelf;
use super::window::{OpenSegment, Window};
use super::{Settings, UNSHELVED_WINDOW};
use crate::playlist::frame_rate_millihertz;
use crate::segmenter::Output;
use crate::{Entry, Error, Init, Part, Segment, Segmenter};

/// Segments kept in memory beyond the listed ones when there is no archive: a segment must stay available for a while
/// after it leaves the playlist (RFC 8216bis 6.2.2).
const GRACE_SEGMENTS: usize = 2;
/// Closed segments kept in memory for an archive that does not keep up with its disk: a minute's worth. Then they are
/// given up, and the recording gets a gap.
const MAX_UNSTORED: usize = 30;

/// What a pushed event completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// How many parts; usually one.
    pub parts: u32,
    /// The last segment that was closed, if any.
    pub segment: Option<Entry>,
}

/// Publishes one rendition. Dropping it ends the live for every reader.
#[derive(Debug)]
pub struct Writer {
    settings: Arc<Settings>,
    shelf: Arc<Shelf>,
    tx: watch::Sender<Arc<Window>>,
    segmenter: Segmenter,
    history: History,
    first_msn: u64,
    memory: Arc<VecDeque<Arc<Segment>>>,
    open: Option<OpenSegment>,
    next_msn: u64,
    inits: Arc<Vec<Arc<Init>>>,
    all_independent: bool,
    peak_bps: u64,
    frame_rate_millihertz: Option<u32>,
    ended: bool,
}

impl Writer {
    pub(super) fn new(settings: Arc<Settings>, shelf: Arc<Shelf>, tx: watch::Sender<Arc<Window>>) -> Self {
        Self {
            segmenter: Segmenter::new(settings.segmenter()),
            settings,
            shelf,
            tx,
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
        }
    }

    /// Takes the next event of the publisher. Readers wake, once, when it completed a part.
    ///
    /// A segment whose last part it completed is listed with the first event after the archive has stored it, a few
    /// milliseconds later; at the latest with the next part, which must not wait for a slow disk.
    pub fn push(&mut self, event: &Event, now: Timestamp) -> Result<Option<Closed>, Error> {
        self.segmenter.push(event, now)?;
        let closed = self.collect();
        if closed.is_some() {
            self.publish();
        } else if self.is_listing_due() {
            self.list();
            // Nobody waits for this: there is no new part.
            let window = self.window();
            self.tx.send_if_modified(|current| {
                *current = window;
                false
            });
        }
        Ok(closed)
    }

    /// Closed segments that the archive has still to store; 0 when there is none.
    pub fn unstored(&self) -> usize {
        if !self.shelf.recording() {
            return 0;
        }
        self.memory
            .iter()
            .rev()
            .take_while(|segment| !self.shelf.has(segment.entry.msn))
            .count()
    }

    /// Closes what is open: everything that came can be stored. Events pushed afterwards begin with a discontinuity.
    pub fn close(&mut self) {
        if let Err(error) = self.segmenter.finish() {
            tracing::warn!(%error, "the last part of a live is lost");
        }
        if self.collect().is_some() {
            self.publish();
        }
    }

    /// Closes what is open, lists it and ends the live: playlists get EXT-X-ENDLIST.
    pub fn finish(&mut self) {
        if self.ended {
            return;
        }
        self.close();
        self.list();
        self.ended = true;
        self.publish();
    }

    fn collect(&mut self) -> Option<Closed> {
        let mut closed: Option<Closed> = None;
        while let Some(output) = self.segmenter.poll() {
            match output {
                Output::Init(init) => Arc::make_mut(&mut self.inits).push(init),
                Output::Open(opening) => {
                    self.list();
                    self.next_msn = opening.msn + 1;
                    self.open = Some(OpenSegment {
                        opening,
                        parts: Vec::new(),
                        complete: false,
                    });
                }
                Output::Part(part) => {
                    self.add_part(part);
                    closed
                        .get_or_insert(Closed {
                            parts: 0,
                            segment: None,
                        })
                        .parts += 1;
                }
                Output::Close(entry) => {
                    self.close_segment(entry.clone());
                    closed
                        .get_or_insert(Closed {
                            parts: 0,
                            segment: None,
                        })
                        .segment = Some(entry);
                }
            }
        }
        closed
    }

    fn add_part(&mut self, part: Part) {
        if let Some(open) = &mut self.open {
            if open.parts.is_empty() {
                self.all_independent &= part.independent;
            }
            // A first guess, until the first segment is closed.
            if self.peak_bps == 0 {
                self.peak_bps = bits_per_second(part.data.len(), part.duration_us);
                self.frame_rate_millihertz =
                    frame_rate_millihertz(u64::from(part.pictures), part.duration_us);
            }
            open.parts.push(part);
        }
    }

    /// The segment is whole. It goes into memory, where the archive finds it, and is listed when that has it.
    fn close_segment(&mut self, entry: Entry) {
        let Some(open) = &mut self.open else { return };
        open.complete = true;
        let bytes = usize::try_from(entry.bytes).unwrap_or(usize::MAX);
        // Less than half a second says nothing about a rate.
        if entry.duration_us >= 500_000 {
            let bps = bits_per_second(bytes, entry.duration_us);
            // The first part, with its IDR, was a guess.
            self.peak_bps = if entry.msn == 1 {
                bps
            } else {
                self.peak_bps.max(bps)
            };
        }
        Arc::make_mut(&mut self.memory).push_back(Arc::new(Segment {
            entry,
            parts: open.parts.as_slice().into(),
        }));
        if self.is_listing_due() {
            self.list();
        }
    }

    /// A segment is complete, and nothing speaks against listing it.
    fn is_listing_due(&self) -> bool {
        self.open.as_ref().is_some_and(|open| {
            open.complete && (self.shelf.has(open.opening.msn) || !self.shelf.recording())
        })
    }

    /// Lists the complete segment, if there is one.
    fn list(&mut self) {
        if self.open.take_if(|open| open.complete).is_some()
            && let Some(segment) = self.memory.back()
        {
            self.history.push(segment.entry.clone());
            self.evict();
        }
    }

    /// Lets go of segments the archive has, and decides how far back playlists reach.
    fn evict(&mut self) {
        let recording = self.shelf.recording();
        let unshelved = self.settings.window.max(UNSHELVED_WINDOW);
        let memory = Arc::make_mut(&mut self.memory);
        while let Some(oldest) = memory.front() {
            let stored = self.shelf.has(oldest.entry.msn);
            let keep = match (stored, recording) {
                (true, _) => self.settings.window,
                (false, true) => self.settings.window + MAX_UNSTORED,
                (false, false) => unshelved + GRACE_SEGMENTS,
            };
            if memory.len() <= keep {
                break;
            }
            memory.pop_front();
        }
        let Some(last) = self.history.last() else { return };
        // A playlist has no holes: the listed segments before memory are those stored without interruption.
        let memory_first = memory.front().map_or(last.msn + 1, |segment| segment.entry.msn);
        let before_memory_stored = memory_first > 1 && self.shelf.has(memory_first - 1);
        let mut first = self.first_msn;
        if memory_first > 1 && !before_memory_stored {
            let listed = u64::try_from(unshelved).unwrap_or(u64::MAX);
            first = first.max(memory_first).max((last.msn + 1).saturating_sub(listed));
        }
        if let Some(dvr) = self.settings.dvr {
            first = first.max(self.dvr_start(i64::try_from(dvr.as_micros()).unwrap_or(i64::MAX)));
        }
        self.first_msn = first;
        self.history.forget_before(first);
    }

    /// The first segment of the newest ones that together reach back `dvr_us`, but never fewer than a player needs.
    fn dvr_start(&self, dvr_us: i64) -> u64 {
        let Some(last) = self.history.last() else { return 1 };
        let keep = u64::try_from(UNSHELVED_WINDOW).unwrap_or(u64::MAX);
        let edge = last.program_date_time.as_microsecond() + last.duration_us;
        // The playlist moves on by a segment or two each time, so this walks a few steps.
        self.history
            .from(self.first_msn)
            .find(|entry| edge - entry.program_date_time.as_microsecond() <= dvr_us)
            .map_or(last.msn, |entry| entry.msn)
            .min((last.msn + 1).saturating_sub(keep).max(1))
    }

    /// One new window, one wake.
    fn publish(&self) {
        self.tx.send_replace(self.window());
    }

    fn window(&self) -> Arc<Window> {
        Arc::new(Window {
            history: self.history.clone(),
            first_msn: self.first_msn,
            memory: self.memory.clone(),
            open: self.open.clone(),
            next_msn: self.next_msn,
            inits: self.inits.clone(),
            all_independent: self.all_independent,
            peak_bps: self.peak_bps,
            frame_rate_millihertz: self.frame_rate_millihertz,
            ended: self.ended,
            ..Window::empty(self.settings.clone(), self.shelf.clone())
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.finish();
    }
}

fn bits_per_second(bytes: usize, duration_us: i64) -> u64 {
    let bits = u128::try_from(bytes).unwrap_or(0) * 8 * 1_000_000;
    u64::try_from(bits / u128::try_from(duration_us.max(1)).unwrap_or(1)).unwrap_or(u64::MAX)
}
