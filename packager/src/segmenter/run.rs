//! A run: frames whose timestamps continue each other, and the rules that cut them into parts.
//!
//! 1. A part ends where a frame of the reference track begins, never later than PART-TARGET: a frame that would cross
//!    closes the part before it. The cut happens when the *next* frame arrives, so the duration of every sample is
//!    exact when it is written, and it is known for certain which part comes next: a preload hint never lies.
//! 2. An IDR after `segment_us` closes the segment. An IDR inside a segment closes its part if that part is long
//!    enough (85 % of PART-TARGET) to be allowed to be shorter than the others: joiners find an INDEPENDENT part
//!    then, and no part breaks the lower bound of RFC 8216bis 4.4.4.9.
//! 3. A segment that has no room for another part closes without an IDR. The next IDR then closes its segment at once,
//!    whatever its length: players find a place to join as soon as there is one.
//! 4. While pictures stall, sound moves the clock: parts then end at exactly PART-TARGET.
//! 5. A picture longer than PART-TARGET spans several parts; those after the first have no samples, but they exist, so
//!    the sum of parts is still the segment.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use media::{Frame, Kind, Timescale, Track};

use super::Config;
use super::lane::Lane;
use super::press::Press;
use crate::Error;
use crate::cmaf::fragment::{self, Sample};

/// A part that reaches this size ends early. 1 s at 100 Mbit/s are 12.5 MB.
pub const MAX_PART_BYTES: usize = 16 << 20;
/// A part that reaches this many samples ends early; 1 s of 240 fps with 2.5 ms sound packets has 640.
pub const MAX_PART_SAMPLES: usize = 4_096;

/// A timestamp this far ahead of the clock is no continuation.
const MAX_AHEAD_US: i64 = 10_000_000;
/// A timestamp this far behind the last of its track is no continuation; less is clamped.
const MAX_BEHIND_US: i64 = 1_000_000;
/// Frames out of bounds on the reference track before the run is given up. One may be a bit error; and a few frames of
/// the old clock may follow when both tracks jump.
const MAX_STRIKES: u32 = 3;
/// How long the first part waits for a declared track that has not sent anything.
const ABSENT_WAIT_US: i64 = 1_000_000;
/// A track silent for so long is taken out: players wait for every track the initialization section declares.
const LOST_US: i64 = 10_000_000;
/// How far sound may lead the pictures before they count as stalled, on top of the lead it has had anyway.
const STALL_GRACE_US: i64 = 200_000;
/// The lead of sound that is believed.
const MAX_LAG_US: i64 = 2_000_000;
/// An IDR so little before `segment_us` closes the segment: encoders' clocks of 1 ms round either way.
const SEGMENT_SLACK_US: i64 = 50_000;

/// What to do with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    Granted,
    Refused,
    /// The run is over; the frame may begin the next one.
    Restart,
}

#[derive(Debug)]
pub(super) struct Run {
    config: Config,
    video: Option<Lane>,
    audio: Option<Lane>,
    start_us: i64,
    /// Wall clock at `start_us`.
    started: Timestamp,
    /// Where the open part begins.
    part_us: i64,
    /// The latest decoding time of any track.
    clock_us: i64,
    /// How far pictures have lately been behind sound.
    lag_us: i64,
    /// The tracks of the run are known.
    settled: bool,
    strikes: u32,
    queued_bytes: usize,
    /// When sound that is no part of this run was last heard.
    foreign_sound_us: Option<i64>,
    /// No more frames will come: nothing waits for one.
    ending: bool,
}

impl Run {
    pub(super) fn new<'a>(
        config: Config,
        tracks: impl Iterator<Item = &'a Track>,
        base: (i64, Timescale),
        start_us: i64,
        started: Timestamp,
    ) -> Self {
        let (mut video, mut audio) = (None, None);
        for track in tracks {
            let lane = Some(Lane::new(track, base, start_us));
            match track.kind() {
                Kind::Video => video = lane,
                Kind::Audio => audio = lane,
            }
        }
        Self {
            config,
            video,
            audio,
            start_us,
            started,
            part_us: start_us,
            clock_us: start_us,
            lag_us: 0,
            settled: false,
            strikes: 0,
            queued_bytes: 0,
            foreign_sound_us: None,
            ending: false,
        }
    }

    /// Where the session timeline has got to.
    pub(super) fn edge_us(&self) -> i64 {
        self.part_us
    }

    fn reference(&self) -> Option<&Lane> {
        self.video.as_ref().or(self.audio.as_ref())
    }

    fn lane_mut(&mut self, kind: Kind) -> Option<&mut Lane> {
        match kind {
            Kind::Video => self.video.as_mut(),
            Kind::Audio => self.audio.as_mut(),
        }
    }

    /// Judges a frame by its timestamp and by the tracks the run has.
    pub(super) fn admit(&mut self, kind: Kind, frame: &Frame) -> Admission {
        let (clock_us, start_us) = (self.clock_us, self.start_us);
        let Some(lane) = self.lane_mut(kind) else {
            return self.admit_foreign(kind, frame);
        };
        let at_us = lane.source_us(frame.dts);
        let behind_us = lane.last_us().saturating_sub(at_us);
        if at_us.saturating_sub(clock_us) > MAX_AHEAD_US || behind_us > MAX_BEHIND_US {
            if self.reference().is_some_and(|lane| lane.kind() == kind) {
                self.strikes += 1;
                if self.strikes >= MAX_STRIKES {
                    return Admission::Restart;
                }
            }
            return Admission::Refused;
        }
        // Sound from before the first picture: both tracks start together.
        if kind == Kind::Audio && at_us < start_us {
            return Admission::Refused;
        }
        if self.reference().is_some_and(|lane| lane.kind() == kind) {
            self.strikes = 0;
        }
        let silent = |lane: &Option<Lane>| {
            lane.as_ref()
                .is_some_and(|lane| at_us.saturating_sub(lane.last_us()) > LOST_US)
        };
        match kind {
            Kind::Audio if silent(&self.video) => Admission::Restart,
            Kind::Video if frame.keyframe && silent(&self.audio) => Admission::Restart,
            Kind::Video if frame.keyframe && self.sound_is_back() => Admission::Restart,
            Kind::Video | Kind::Audio => Admission::Granted,
        }
    }

    /// A frame of a track that was left out of the run because it had sent nothing.
    fn admit_foreign(&mut self, kind: Kind, frame: &Frame) -> Admission {
        match kind {
            Kind::Video if frame.keyframe => Admission::Restart,
            Kind::Video => Admission::Refused,
            Kind::Audio => {
                self.foreign_sound_us = Some(self.clock_us);
                Admission::Refused
            }
        }
    }

    fn sound_is_back(&self) -> bool {
        self.foreign_sound_us
            .is_some_and(|at_us| self.clock_us.saturating_sub(at_us) < ABSENT_WAIT_US)
    }

    /// Cuts what `frame` shows to be complete, then queues it.
    pub(super) fn take(&mut self, kind: Kind, frame: &Frame, press: &mut Press) -> Result<(), Error> {
        let clock_us = self.clock_us;
        let Some(lane) = self.lane_mut(kind) else {
            return Ok(());
        };
        let place = lane.place(frame);
        self.clock_us = clock_us.max(place.at_us);
        if self.settle(press)? {
            let reference = self.reference().is_some_and(|lane| lane.kind() == kind);
            if reference {
                let lag_us = clock_us.saturating_sub(place.at_us).clamp(0, MAX_LAG_US);
                self.lag_us = lag_us.max(self.lag_us - self.lag_us / 16);
                self.cut_before(place.at_us, frame.keyframe, press);
            } else {
                self.cut_stalled(place.at_us, press);
            }
        }
        let crowded = self.queued_bytes.saturating_add(frame.data.len()) > MAX_PART_BYTES
            || self.queued_samples() >= MAX_PART_SAMPLES;
        if crowded {
            self.settle_now(press)?;
            self.cut(place.at_us.max(self.part_us + 1), press);
            self.close_if_full(press);
        }
        if let Some(lane) = self.lane_mut(kind) {
            lane.push(frame, place);
            self.queued_bytes = self.queued_bytes.saturating_add(frame.data.len());
        }
        Ok(())
    }

    fn queued_samples(&self) -> usize {
        self.video
            .iter()
            .chain(&self.audio)
            .map(|lane| lane.queue.len())
            .sum()
    }

    /// True when it is known which tracks the run has: all declared ones sent a frame, or had their time.
    fn settle(&mut self, press: &mut Press) -> Result<bool, Error> {
        if self.settled {
            return Ok(true);
        }
        let complete = self.video.iter().chain(&self.audio).all(Lane::seen);
        if complete || self.clock_us - self.start_us > ABSENT_WAIT_US {
            self.settle_now(press)?;
        }
        Ok(self.settled)
    }

    fn settle_now(&mut self, press: &mut Press) -> Result<(), Error> {
        if !self.settled {
            self.video = self.video.take().filter(Lane::seen);
            self.audio = self.audio.take().filter(Lane::seen);
            let tracks: Arc<[Track]> = self
                .video
                .iter()
                .chain(&self.audio)
                .map(|lane| lane.track.clone())
                .collect();
            if !tracks.is_empty() {
                press.load(tracks)?;
                self.settled = true;
            }
        }
        Ok(())
    }

    /// Rules 1 to 3 and 5: a frame of the reference track begins at `at_us`.
    fn cut_before(&mut self, at_us: i64, keyframe: bool, press: &mut Press) {
        let target_us = self.config.part_us;
        while at_us - self.part_us > target_us {
            self.cut_within_target(press);
        }
        let age_us = press.open_us() + at_us - self.part_us;
        if self.video.is_none() {
            if self.would_cross(at_us) {
                self.cut(at_us, press);
                // Sound can be cut anywhere: at the part that ends nearest to the wanted length.
                if age_us + target_us / 2 >= self.config.segment_us {
                    press.close();
                }
            }
        } else if keyframe && age_us > 0 && self.idr_ends_segment(age_us, press) {
            self.cut(at_us, press);
            press.close();
        } else if self.would_cross(at_us) || (keyframe && (at_us - self.part_us) * 100 >= target_us * 85) {
            self.cut(at_us, press);
        }
        self.close_if_full(press);
    }

    /// Whether a frame that begins at `at_us` would cross PART-TARGET however short it is. If it then turns out to,
    /// the next frame ends the part before it.
    fn would_cross(&self, at_us: i64) -> bool {
        let least_us = self.reference().map_or(0, Lane::least_step_us);
        at_us + least_us - self.part_us > self.config.part_us
    }

    fn idr_ends_segment(&self, age_us: i64, press: &Press) -> bool {
        let independent = press.independent().unwrap_or_else(|| {
            let first = self.video.as_ref().and_then(|lane| lane.queue.front());
            first.is_none_or(|queued| queued.sample.keyframe)
        });
        age_us >= self.config.segment_us - SEGMENT_SLACK_US || !independent
    }

    /// Rule 4: sound has come to `at_us`.
    fn cut_stalled(&mut self, at_us: i64, press: &mut Press) {
        loop {
            let end_us = self.part_us + self.config.part_us;
            let Some(video) = &self.video else { return };
            // The next picture is not due before the part ends, or it is overdue.
            let foreseen = video.step_us() > 0 && video.last_us() + video.step_us() > end_us;
            let stalled = at_us - end_us > STALL_GRACE_US + self.lag_us;
            if at_us < end_us || !(foreseen || stalled) {
                return;
            }
            self.cut(end_us, press);
            self.close_if_full(press);
        }
    }

    /// Ends the open part at the last frame that keeps it within PART-TARGET, or at PART-TARGET if there is none.
    fn cut_within_target(&mut self, press: &mut Press) {
        let end_us = self.part_us + self.config.part_us;
        let boundary_us = self
            .reference()
            .and_then(|lane| lane.boundary(self.part_us, end_us));
        self.cut(boundary_us.unwrap_or(end_us), press);
        self.close_if_full(press);
    }

    fn close_if_full(&self, press: &mut Press) {
        if press.is_full() {
            press.close();
        }
    }

    /// Ends the open part at `end_us`. Frames that came too late for the part they belong to are in this one.
    fn cut(&mut self, end_us: i64, press: &mut Press) {
        let duration_us = end_us - self.part_us;
        if duration_us <= 0 {
            return;
        }
        let ending = self.ending;
        let base = |lane: &Option<Lane>| lane.as_ref().map(Lane::next_dts);
        let (video_base, audio_base) = (base(&self.video), base(&self.audio));
        let pictures = self
            .video
            .as_mut()
            .map(|lane| take_pictures(lane, end_us, ending))
            .unwrap_or_default();
        let sound = self
            .audio
            .as_mut()
            .map(|lane| lane.take_until(end_us))
            .unwrap_or_default();
        self.queued_bytes = self
            .video
            .iter()
            .chain(&self.audio)
            .flat_map(|lane| &lane.queue)
            .map(|queued| queued.sample.data.len())
            .sum();

        let run = |kind, base: Option<i64>, samples| {
            Some(fragment::Run {
                kind,
                base_dts: base?,
                samples,
            })
        };
        let video = run(Kind::Video, video_base, pictures.as_slice());
        let audio = run(Kind::Audio, audio_base, sound.as_slice());
        let filled: Vec<_> = [video, audio]
            .into_iter()
            .flatten()
            .filter(|run| !run.samples.is_empty())
            .collect();
        let independent = match video {
            Some(video) => video.samples.first().is_some_and(|sample| sample.keyframe),
            None => true,
        };
        let since_start = SignedDuration::from_micros(self.part_us - self.start_us);
        let at = self.started.checked_add(since_start).unwrap_or(self.started);
        if filled.is_empty() {
            // Rule 5: the part exists and says where its track stands.
            let empty: Vec<_> = video.or(audio).into_iter().collect();
            press.part(&empty, at, duration_us, false);
        } else {
            press.part(&filled, at, duration_us, independent);
        }
        self.part_us = end_us;
    }

    /// Ends the run: everything queued becomes parts, and the segment closes.
    pub(super) fn flush(&mut self, press: &mut Press) -> Result<(), Error> {
        self.settle_now(press)?;
        self.ending = true;
        if self.queued_samples() > 0 {
            let target_us = self.config.part_us;
            // The duration of the last frame is a guess; a part is the most it gets.
            let end = |lane: &Lane| lane.last_us() + lane.step_us().clamp(1, target_us);
            let end_us = self
                .video
                .iter()
                .chain(&self.audio)
                .map(end)
                .max()
                .unwrap_or(self.part_us);
            while end_us - self.part_us > target_us {
                self.cut_within_target(press);
            }
            self.cut(end_us.max(self.part_us + 1), press);
        }
        press.close();
        Ok(())
    }
}

/// Takes the pictures of a part that ends at `end_us`, and settles the duration of the last one.
///
/// Players add durations up: a wrong one shifts what follows or leaves a hole, and Media Source Extensions drop
/// pictures until the next IDR when one comes later than twice the duration of the one before (coded frame
/// processing, step 6). So a picture whose successor is overdue waits for its true duration in a later part. Only an
/// IDR cannot wait, because its part has to begin with it: it is given twice what has passed.
fn take_pictures(lane: &mut Lane, end_us: i64, ending: bool) -> Vec<Sample> {
    let mut pictures = lane.take_until(end_us);
    let waited_us = end_us - lane.last_us();
    let overdue = !ending && lane.queue.is_empty() && waited_us * 2 > lane.step_us() * 3;
    if overdue && let Some(last) = pictures.pop_if(|last| !last.keyframe) {
        lane.put_back(last);
    } else if overdue && let Some(last) = pictures.last_mut() {
        let ticks = lane.ticks(waited_us.saturating_mul(2));
        last.duration = last.duration.max(u32::try_from(ticks).unwrap_or(u32::MAX));
    }
    pictures
}
