//! The grid that pictures of a constant rate stand on.
//!
//! RTMP tells milliseconds, so thirty pictures a second come 33, 33 and 34 ms apart. Left so, fifteen of them last 500 or
//! 501 ms, and every other part of half a second closes a picture early. Where the encoder names its rate and keeps to it,
//! times are put back on the grid they were rounded from; where it does not keep to it, they stay as they are.

/// Times are rounded to milliseconds, and so was the origin of the grid.
const TOLERANCE_90K: i64 = 2 * 90;
/// A picture off the grid weighs as much as this many on it: more than one in five, and there is no grid.
const MISS: u32 = 4;
const MAX_MISSES: u32 = 40;
/// Nobody streams more pictures per second.
const MAX_RATE: u32 = 300;

#[derive(Debug, Clone)]
pub(super) struct Cadence {
    /// The distance of two pictures is `step_90k / rate` ticks.
    step_90k: i64,
    rate: i64,
    origin: Option<i64>,
    misses: u32,
}

impl Cadence {
    /// Of a whole rate, or of one of those that television slowed down by 1001/1000.
    pub(super) fn of(frame_rate: f64) -> Option<Self> {
        (1..=MAX_RATE).find_map(|whole| {
            let rate = f64::from(whole);
            let step_90k = if (frame_rate - rate).abs() < 0.01 {
                90_000
            } else if (frame_rate * 1.001 - rate).abs() < 0.01 {
                90_090
            } else {
                return None;
            };
            Some(Self {
                step_90k,
                rate: i64::from(whole),
                origin: None,
                misses: 0,
            })
        })
    }

    /// Decoding time and composition offset on the grid, if they were rounded from it.
    pub(super) fn snap(&mut self, said: i64, cts: i64) -> (i64, i64) {
        if self.misses > MAX_MISSES {
            return (said, cts);
        }
        let origin = *self.origin.get_or_insert(said);
        let dts = origin.saturating_add(self.nearest(said.saturating_sub(origin)));
        if (dts - said).abs() > TOLERANCE_90K {
            self.misses += MISS;
            self.origin = Some(said);
            return (said, cts);
        }
        self.misses = self.misses.saturating_sub(1);
        let on_grid = self.nearest(cts);
        (
            dts,
            if (on_grid - cts).abs() > TOLERANCE_90K {
                cts
            } else {
                on_grid
            },
        )
    }

    /// The multiple of the distance of two pictures that is nearest.
    fn nearest(&self, ticks: i64) -> i64 {
        let (step, rate) = (i128::from(self.step_90k), i128::from(self.rate));
        let count = (i128::from(ticks) * rate * 2 + step).div_euclid(step * 2);
        i64::try_from((count * step).div_euclid(rate)).unwrap_or(ticks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_times_go_back_to_their_grid_for_days() {
        for (rate, step_90k, per_second) in [
            (30.0, 90_000, 30),
            (29.97, 90_090, 30),
            (59.94, 90_090, 60),
            (25.0, 90_000, 25),
        ] {
            let mut cadence = Cadence::of(rate).unwrap();
            for n in 0..5_000_000_i64 {
                let exact = n * step_90k / per_second;
                let rounded_down = exact / 90 * 90;
                assert_eq!(cadence.snap(rounded_down, 0).0, exact, "{rate} {n}");
            }
        }
    }

    #[test]
    fn dropped_pictures_leave_a_hole_and_b_frames_stay_on_the_grid() {
        let mut cadence = Cadence::of(30.0).unwrap();
        assert_eq!(cadence.snap(0, 67 * 90), (0, 6_000));
        assert_eq!(cadence.snap(33 * 90, 0), (3_000, 0));
        assert_eq!(cadence.snap(333 * 90, 100 * 90), (30_000, 9_000));
    }

    #[test]
    fn a_rate_that_is_not_kept_is_not_believed() {
        let mut cadence = Cadence::of(30.0).unwrap();
        let mut touched = 0;
        for n in 0..1_000 {
            let said = n * 47 * 90;
            touched += u32::from(cadence.snap(said, 0).0 != said);
        }
        assert!(touched < 20, "{touched}");
        assert!(
            Cadence::of(0.0).is_none() && Cadence::of(f64::NAN).is_none() && Cadence::of(12.345).is_none()
        );
    }

    #[test]
    fn a_slow_drift_is_followed() {
        let mut cadence = Cadence::of(30.0).unwrap();
        for n in 0..100_000_i64 {
            // Three parts in ten thousand too slow.
            let said = n * 3_001 / 90 * 90;
            let (dts, _) = cadence.snap(said, 0);
            assert!((dts - said).abs() <= TOLERANCE_90K);
        }
        assert!(cadence.misses <= MAX_MISSES);
    }
}
