//! Units of time. A timestamp is a count of ticks; the track says how many ticks make a second.

use std::num::NonZeroU32;

/// Ticks per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timescale(NonZeroU32);

impl Timescale {
    pub const MILLIS: Self = Self(NonZeroU32::new(1_000).unwrap());
    /// The clock of MPEG-TS and RTP video.
    pub const HZ_90K: Self = Self(NonZeroU32::new(90_000).unwrap());

    /// `None` for zero.
    pub const fn new(ticks_per_second: u32) -> Option<Self> {
        match NonZeroU32::new(ticks_per_second) {
            Some(n) => Some(Self(n)),
            None => None,
        }
    }

    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// Ticks of this scale to microseconds, rounded down.
    pub fn to_micros(self, ticks: i64) -> i64 {
        rescale(ticks, self.get(), 1_000_000)
    }
}

/// `ticks * to / from` without overflow for any sensible input, rounded towards negative infinity.
pub fn rescale(ticks: i64, from: u32, to: u32) -> i64 {
    let wide = i128::from(ticks) * i128::from(to);
    i64::try_from(wide.div_euclid(i128::from(from.max(1)))).unwrap_or(if ticks < 0 {
        i64::MIN
    } else {
        i64::MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rescales_without_overflow_and_rounds_down() {
        assert_eq!(rescale(1, 3, 1), 0);
        assert_eq!(rescale(-1, 3, 1), -1);
        assert_eq!(rescale(48_000, 48_000, 90_000), 90_000);
        assert_eq!(rescale(i64::MAX / 2, 1_000, 1_000_000), i64::MAX);
    }
}
