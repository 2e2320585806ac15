//! From milliseconds to ticks of a track.
//!
//! Video gets 90 kHz, the clock of MPEG-TS and RTP, so that a picture's time looks the same whatever protocol brought it,
//! and so that the nanoseconds of Enhanced RTMP have somewhere to go. Sound gets its sample rate.

use media::rescale;

use super::cadence::Cadence;

pub(super) const VIDEO_HZ: u32 = 90_000;
const NANOS_PER_SECOND: u32 = 1_000_000_000;
const TICKS_PER_MS: i64 = 90;
/// Milliseconds are too coarse for sound (a packet of AAC lasts 21.33), so samples are counted, as long as the count agrees with
/// the encoder's clock this well. Lips and voice may be this far apart (EBU R37: 40 ms early, 60 ms late).
const MAX_DEVIATION_MS: i64 = 40;

/// Decoding times of pictures: strictly increasing, while presentation times stay what they were.
#[derive(Debug, Default)]
pub(super) struct PictureClock {
    last: Option<i64>,
    cadence: Option<Cadence>,
}

impl PictureClock {
    /// For an encoder that says how many pictures a second it sends.
    pub(super) fn new(frame_rate: Option<f64>) -> Self {
        Self {
            last: None,
            cadence: frame_rate.and_then(Cadence::of),
        }
    }

    /// `(dts, cts)` in ticks.
    pub(super) fn place(&mut self, at_ms: i64, nanos: u32, cts_ms: i32) -> (i64, i32) {
        let mut said = at_ms * TICKS_PER_MS + rescale(i64::from(nanos), NANOS_PER_SECOND, VIDEO_HZ);
        let mut cts = i64::from(cts_ms) * TICKS_PER_MS;
        // Nanoseconds need no guessing.
        if let Some(cadence) = self.cadence.as_mut().filter(|_| nanos == 0) {
            (said, cts) = cadence.snap(said, cts);
        }
        let shown = said + cts;
        let dts = self.last.map_or(said, |last| said.max(last + 1));
        self.last = Some(dts);
        (dts, i32::try_from(shown - dts).unwrap_or(0))
    }
}

/// Times of packets of sound: samples counted, resynchronised with the encoder's clock when the two drift apart.
#[derive(Debug)]
pub(super) struct SampleClock {
    rate: u32,
    last: Option<Packet>,
}

#[derive(Debug, Clone, Copy)]
struct Packet {
    dts: i64,
    samples: i64,
}

impl SampleClock {
    pub(super) fn new(rate: u32) -> Self {
        Self { rate, last: None }
    }

    /// For another configuration of the same track: it goes on where this one was.
    pub(super) fn continued_at(&self, rate: u32) -> Self {
        let ticks = |ticks| rescale(ticks, self.rate, rate);
        let last = self.last.map(|last| Packet {
            dts: ticks(last.dts),
            samples: ticks(last.samples),
        });
        Self { rate, last }
    }

    pub(super) fn place(&mut self, at_ms: i64, nanos: u32, samples: u32) -> i64 {
        let nanos = at_ms.saturating_mul(1_000_000).saturating_add(i64::from(nanos));
        let said = rescale(nanos, NANOS_PER_SECOND, self.rate);
        let bound = rescale(MAX_DEVIATION_MS, 1_000, self.rate);
        let dts = match self.last {
            None => said,
            Some(last) => {
                let counted = last.dts + last.samples;
                if (said - counted).abs() <= bound {
                    counted
                } else {
                    // Too few samples leave a gap. Too many are squeezed, each packet by half at most, and never go back.
                    said.max(last.dts + last.samples / 2)
                }
            }
        };
        self.last = Some(Packet {
            dts,
            samples: i64::from(samples),
        });
        dts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_never_go_back_and_are_shown_when_they_should() {
        let mut clock = PictureClock::default();
        assert_eq!(clock.place(1_000, 0, 66), (90_000, 5_940));
        assert_eq!(clock.place(1_000, 0, 66), (90_001, 5_939));
        assert_eq!(clock.place(990, 0, 100), (90_002, 8_098));
        assert_eq!(clock.place(1_033, 333_333, 0), (93_000 - 1, 0));
    }

    #[test]
    fn sound_has_no_jitter_of_milliseconds() {
        let mut clock = SampleClock::new(44_100);
        for packet in 0..1_000_000_i64 {
            let at_ms = packet * 1_024 * 1_000 / 44_100;
            assert_eq!(clock.place(at_ms, 0, 1_024), packet * 1_024);
        }
    }

    #[test]
    fn packets_of_different_lengths_never_go_back() {
        let mut clock = SampleClock::new(48_000);
        let mut last = -1;
        for packet in 0..100 {
            let dts = clock.place(0, 0, if packet % 2 == 0 { 120 } else { 5_760 });
            assert!(dts > last);
            last = dts;
        }
    }

    #[test]
    fn sound_follows_a_clock_that_runs_away() {
        let mut clock = SampleClock::new(48_000);
        assert_eq!(clock.place(0, 0, 1_024), 0);
        assert_eq!(clock.place(500, 0, 1_024), 24_000, "a gap stays a gap");
        let mut last = 24_000;
        for _ in 0..20 {
            let dts = clock.place(500, 0, 1_024);
            assert!(dts >= last + 512);
            last = dts;
        }
    }
}
