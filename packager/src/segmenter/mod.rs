//! Cuts a stream of frames into parts and segments on one session timeline. Sans-IO: time is an argument.
//!
//! A *run* is a stretch of frames whose timestamps continue each other. A session is one run after the other; each
//! new run begins a segment with a discontinuity. Within a run the decoding times of the reference track (pictures if
//! there are any, else sound) say where parts and segments end; see [`run`] for the rules.

mod lane;
mod press;
mod run;

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use media::{Event, Frame, Kind, Track};

use crate::{Entry, Error, Init, Part};
use press::Press;
use run::{Admission, Run};

pub use press::{MAX_INITS, MAX_SEGMENT_BYTES};
pub use run::{MAX_PART_BYTES, MAX_PART_SAMPLES};

/// How long sound waits for the first IDR of a declared video track before the session goes on the air without
/// pictures. RTMP encoders send the IDR first; five seconds cover a relay that joined in the middle of a group.
pub const VIDEO_WAIT_US: i64 = 5_000_000;

/// The constants of a session. They never change between two reloads of a playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// PART-TARGET: no part is longer.
    pub part_us: i64,
    /// The first IDR after this much closes a segment.
    pub segment_us: i64,
}

impl Config {
    /// EXT-X-TARGETDURATION: twice the wanted segment length, in whole seconds, so that an encoder with keyframes up
    /// to twice as far apart still gets segments that begin with an IDR.
    pub fn target_duration_s(&self) -> u32 {
        let micros = self.segment_us.saturating_mul(2);
        u32::try_from(micros.div_euclid(1_000_000) + i64::from(micros.rem_euclid(1_000_000) > 0))
            .unwrap_or(1)
            .max(1)
    }

    /// The longest a segment may get: EXTINF, rounded to the nearest second, must not exceed EXT-X-TARGETDURATION
    /// (RFC 8216bis 4.4.3.1).
    fn longest_segment_us(&self) -> i64 {
        i64::from(self.target_duration_s()) * 1_000_000 + 499_000
    }
}

/// What the segmenter has made, in order.
#[derive(Debug, Clone)]
pub enum Output {
    /// An initialization section not seen before in this session.
    Init(Arc<Init>),
    /// A segment begins; its first part follows.
    Open(Opening),
    /// The next part of the open segment.
    Part(Part),
    /// The open segment is complete.
    Close(Entry),
}

/// What is known of a segment when it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    pub msn: u64,
    pub program_date_time: Timestamp,
    pub discontinuity: bool,
    /// How many discontinuities the session had up to and with this segment.
    pub discontinuities: u64,
    pub init: u32,
}

/// The state machine: push events, then poll outputs until there are none.
#[derive(Debug)]
pub struct Segmenter {
    config: Config,
    /// At most one track of each kind: the first the publisher declared.
    declared: Vec<Track>,
    run: Option<Run>,
    /// Where the session timeline has got to.
    edge_us: i64,
    /// Source time of the first sound heard while waiting for an IDR.
    waiting_since_us: Option<i64>,
    /// The declared video track sends nothing a decoder could start with: go on with sound alone until it does.
    video_missing: bool,
    press: Press,
}

impl Segmenter {
    pub fn new(config: Config) -> Self {
        Self {
            config,
            declared: Vec::new(),
            run: None,
            edge_us: 0,
            waiting_since_us: None,
            video_missing: false,
            press: Press::new(config),
        }
    }

    /// Takes the next event; `now` is the wall clock that EXT-X-PROGRAM-DATE-TIME is taken from.
    pub fn push(&mut self, event: &Event, now: Timestamp) -> Result<(), Error> {
        match event {
            Event::Tracks(tracks) => self.tracks(tracks),
            Event::Discontinuity => self.interrupt(),
            Event::Frame(frame) => self.frame(frame, now),
        }
    }

    /// Closes what is open. Frames pushed afterwards begin a new run.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.interrupt()
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.press.out.pop_front()
    }

    /// Everything made so far.
    pub fn drain(&mut self) -> VecDeque<Output> {
        std::mem::take(&mut self.press.out)
    }

    fn tracks(&mut self, tracks: &[Track]) -> Result<(), Error> {
        let first = |kind| tracks.iter().find(|track| track.kind() == kind).cloned();
        let declared: Vec<_> = first(Kind::Video).into_iter().chain(first(Kind::Audio)).collect();
        if declared != self.declared {
            self.interrupt()?;
            self.declared = declared;
        }
        Ok(())
    }

    /// Ends the run, if there is one; the next one begins with a discontinuity.
    fn interrupt(&mut self) -> Result<(), Error> {
        self.waiting_since_us = None;
        self.video_missing = false;
        if let Some(mut run) = self.run.take() {
            run.flush(&mut self.press)?;
            // Whole milliseconds, so that the next run starts on a tick of nearly every timescale.
            self.edge_us = run.edge_us().div_euclid(1_000).saturating_add(1) * 1_000;
            self.press.mark_discontinuity();
        }
        Ok(())
    }

    fn frame(&mut self, frame: &Frame, now: Timestamp) -> Result<(), Error> {
        if frame.data.len() > MAX_PART_BYTES {
            return Err(Error::FrameTooLarge(frame.data.len()));
        }
        let Some(kind) = self
            .declared
            .iter()
            .find(|track| track.id == frame.track)
            .map(Track::kind)
        else {
            return Ok(());
        };
        match self.run.as_mut().map(|run| run.admit(kind, frame)) {
            Some(Admission::Refused) => return Ok(()),
            Some(Admission::Restart) => {
                self.interrupt()?;
                // Sound restarts a run only when the pictures are gone.
                self.video_missing = kind == Kind::Audio;
            }
            Some(Admission::Granted) | None => {}
        }
        if self.run.is_none() {
            self.run = self.begin(kind, frame, now);
        }
        match &mut self.run {
            Some(run) => run.take(kind, frame, &mut self.press),
            None => Ok(()),
        }
    }

    /// Starts a run at `frame` if it can be the first: an IDR, or sound where there are no pictures.
    fn begin(&mut self, kind: Kind, frame: &Frame, now: Timestamp) -> Option<Run> {
        let has_video = self.declared.iter().any(|track| track.kind() == Kind::Video);
        let track = self.declared.iter().find(|track| track.kind() == kind)?;
        match kind {
            Kind::Video if !frame.keyframe => return None,
            Kind::Video => self.video_missing = false,
            Kind::Audio if has_video && !self.video_missing => {
                let at_us = track.timescale.to_micros(frame.dts);
                let since_us = *self.waiting_since_us.get_or_insert(at_us);
                if at_us.saturating_sub(since_us) < VIDEO_WAIT_US {
                    return None;
                }
                self.video_missing = true;
            }
            Kind::Audio => {}
        }
        self.waiting_since_us = None;
        let tracks = self
            .declared
            .iter()
            .filter(|t| kind == Kind::Video || t.kind() == Kind::Audio);
        Some(Run::new(
            self.config,
            tracks,
            (frame.dts, track.timescale),
            self.edge_us,
            now,
        ))
    }
}
