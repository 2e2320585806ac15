//! One track within a run: places frames on the session timeline and queues them for the open part.

use std::collections::VecDeque;

use media::codec::opus;
use media::{Codec, Frame, Kind, Timescale, Track, rescale};

use crate::cmaf::fragment::Sample;
use crate::cmaf::init;

const MICROS: u32 = 1_000_000;
/// An Opus packet that makes no sense counts as the usual 20 ms.
const OPUS_FRAME: u32 = 960;

/// A queued frame and where it begins on the session timeline.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) at_us: i64,
    pub(super) sample: Sample,
}

/// Where a frame belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    dts: i64,
    pub(super) at_us: i64,
}

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) track: Track,
    pub(super) queue: VecDeque<Queued>,
    /// Ticks of the file track.
    scale: Timescale,
    /// Source ticks where the run begins.
    base: i64,
    start_us: i64,
    /// `start_us` in ticks of the file track.
    start_dts: i64,
    last: Option<Place>,
    /// Duration of the last frame: exact for sound, the distance of the last two frames for pictures.
    step: i64,
}

impl Lane {
    /// A lane of a run that begins at `base` (source time and its scale) and at `start_us` of the session.
    pub(super) fn new(track: &Track, base: (i64, Timescale), start_us: i64) -> Self {
        let scale = init::timescale(track);
        Self {
            track: track.clone(),
            queue: VecDeque::new(),
            scale,
            base: rescale(base.0, base.1.get(), track.timescale.get()),
            start_us,
            start_dts: rescale(start_us, MICROS, scale.get()),
            last: None,
            step: 0,
        }
    }

    pub(super) fn kind(&self) -> Kind {
        self.track.kind()
    }

    pub(super) fn seen(&self) -> bool {
        self.last.is_some()
    }

    /// Session time of the last frame, or of the start of the run.
    pub(super) fn last_us(&self) -> i64 {
        self.last.map_or(self.start_us, |last| last.at_us)
    }

    /// Duration of the last frame as far as it is known.
    pub(super) fn step_us(&self) -> i64 {
        self.to_us(self.step)
    }

    /// The shortest the next frame may be: clocks of 1 ms make frames of 33.3 ms 33 or 34 ms long.
    pub(super) fn least_step_us(&self) -> i64 {
        let tick_us = i64::from(MICROS.div_ceil(self.track.timescale.get()));
        self.step_us().saturating_sub(tick_us).max(0)
    }

    fn to_us(&self, ticks: i64) -> i64 {
        rescale(ticks, self.scale.get(), MICROS)
    }

    fn at_us(&self, dts: i64) -> i64 {
        self.start_us
            .saturating_add(self.to_us(dts.saturating_sub(self.start_dts)))
    }

    /// Session time of a source timestamp, before any smoothing or clamping.
    pub(super) fn source_us(&self, dts: i64) -> i64 {
        let since = rescale(dts.saturating_sub(self.base), self.track.timescale.get(), MICROS);
        self.start_us.saturating_add(since)
    }

    /// Finds the place of the next frame, and by that the duration of the one before it.
    ///
    /// Decoding times grow by at least a tick, whatever the source says. Sound follows its own sample count as long
    /// as the source agrees within a frame and a half: protocols with a clock of 1 ms would otherwise leave gaps and
    /// overlaps between packets.
    pub(super) fn place(&mut self, frame: &Frame) -> Place {
        let source = rescale(
            frame.dts.saturating_sub(self.base),
            self.track.timescale.get(),
            self.scale.get(),
        );
        let mut dts = self.start_dts.saturating_add(source).max(0);
        if let Some(last) = self.last {
            if self.kind() == Kind::Audio {
                let expected = last.dts.saturating_add(self.step);
                if dts.abs_diff(expected) <= self.step.unsigned_abs().saturating_mul(3) / 2 {
                    dts = expected;
                }
            }
            dts = dts.max(last.dts.saturating_add(1));
            let distance = dts - last.dts;
            if self.kind() == Kind::Video {
                self.step = distance;
            }
            if let Some(back) = self.queue.back_mut() {
                back.sample.duration = u32::try_from(distance).unwrap_or(u32::MAX);
            }
        }
        Place {
            dts,
            at_us: self.at_us(dts),
        }
    }

    pub(super) fn push(&mut self, frame: &Frame, place: Place) {
        self.last = Some(place);
        match &self.track.codec {
            Codec::Aac(aac) => self.step = i64::from(aac.frame_samples),
            Codec::Opus(_) => self.step = i64::from(opus::packet_samples(&frame.data).unwrap_or(OPUS_FRAME)),
            Codec::H264(_) | Codec::H265(_) | Codec::Av1(_) | Codec::Vp9(_) => {}
        }
        let cts = match self.kind() {
            Kind::Video => frame.cts,
            Kind::Audio => 0,
        };
        self.queue.push_back(Queued {
            at_us: place.at_us,
            sample: Sample {
                dts: place.dts,
                duration: u32::try_from(self.step).unwrap_or(0),
                cts,
                keyframe: frame.keyframe,
                data: frame.data.clone(),
            },
        });
    }

    /// Removes the frames that begin before `until_us`.
    pub(super) fn take_until(&mut self, until_us: i64) -> Vec<Sample> {
        let count = self.queue.partition_point(|queued| queued.at_us < until_us);
        self.queue.drain(..count).map(|queued| queued.sample).collect()
    }

    /// The last frame a part may end before: the latest that begins within `(after_us, until_us]`.
    pub(super) fn boundary(&self, after_us: i64, until_us: i64) -> Option<i64> {
        let at = self.queue.partition_point(|queued| queued.at_us <= until_us);
        let queued = self.queue.get(at.checked_sub(1)?)?;
        (queued.at_us > after_us).then_some(queued.at_us)
    }

    /// Puts a sample taken too early back to the front.
    pub(super) fn put_back(&mut self, sample: Sample) {
        let at_us = self.at_us(sample.dts);
        self.queue.push_front(Queued { at_us, sample });
    }

    /// Where the track stands: the decoding time a fragment without samples says.
    pub(super) fn next_dts(&self) -> i64 {
        match (self.queue.front(), self.last) {
            (Some(front), _) => front.sample.dts,
            (None, Some(last)) => last.dts.saturating_add(self.step),
            (None, None) => self.start_dts,
        }
    }

    pub(super) fn ticks(&self, micros: i64) -> i64 {
        rescale(micros, MICROS, self.scale.get())
    }
}
