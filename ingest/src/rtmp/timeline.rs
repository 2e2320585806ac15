//! Milliseconds of 32 bits, from clocks of all kinds, made into one timeline that never wraps.

use media::Kind;

/// A track may pause this long (a still screen, a muted microphone) without that being a new timeline.
const MAX_GAP_MS: i64 = 10_000;
/// A track may step back this far and is held in place until it catches up; further is a new timeline.
const MAX_STEP_BACK_MS: i64 = 1_000;
/// Sound and picture of one moment arrive this close to each other; it tells a track that followed the other's jump from one
/// that has not yet.
const MAX_SKEW_MS: i64 = 1_000;
/// After one track jumped, the other's frames from before are dropped; if this many come, it will not follow, and is moved
/// to where the first one is. About five seconds of either kind.
const MAX_STRAGGLERS: u32 = 250;

/// Where a frame stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    At(i64),
    /// First frame of a new timeline.
    Jump(i64),
    /// A frame of the timeline left behind.
    Drop,
}

/// Unwraps 32-bit milliseconds (they wrap after 49.7 days) and notices jumps.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    video: Lane,
    audio: Lane,
    epoch: u32,
    stragglers: u32,
}

#[derive(Debug, Default, Clone, Copy)]
struct Lane {
    last: Option<i64>,
    /// Added because the track's own clock has nothing to do with the other's.
    shift: i64,
    epoch: u32,
}

impl Timeline {
    pub(super) fn place(&mut self, kind: Kind, timestamp: u32) -> Place {
        let (mut lane, other) = match kind {
            Kind::Video => (self.video, self.audio),
            Kind::Audio => (self.audio, self.video),
        };
        let place = self.decide(&mut lane, other, timestamp);
        match kind {
            Kind::Video => self.video = lane,
            Kind::Audio => self.audio = lane,
        }
        place
    }

    fn decide(&mut self, lane: &mut Lane, other: Lane, timestamp: u32) -> Place {
        let near = |at: i64, bound: i64| other.last.is_some_and(|other| (at - other).abs() <= bound);
        let Some(last) = lane.last else {
            let mut at = unwrap(other.last.map(|last| last - other.shift), timestamp).max(0);
            if let Some(other) = other.last
                && !near(at, MAX_GAP_MS)
            {
                lane.shift = other - at;
                at = other;
            }
            lane.last = Some(at);
            lane.epoch = self.epoch;
            return Place::At(at);
        };
        let at = (unwrap(Some(last - lane.shift), timestamp) + lane.shift).max(0);
        let continues = (-MAX_STEP_BACK_MS..=MAX_GAP_MS).contains(&(at - last));
        let behind = lane.epoch != self.epoch;
        lane.last = Some(at);
        if behind && near(at, MAX_SKEW_MS) || !behind && (continues || (at > last && near(at, MAX_GAP_MS))) {
            lane.epoch = self.epoch;
            return Place::At(at);
        }
        if behind && continues {
            self.stragglers += 1;
            if self.stragglers <= MAX_STRAGGLERS {
                return Place::Drop;
            }
            let there = other.last.unwrap_or(at);
            lane.shift += there - at;
            lane.last = Some(there);
            lane.epoch = self.epoch;
            return Place::At(there);
        }
        self.epoch = self.epoch.wrapping_add(1);
        self.stragglers = 0;
        lane.epoch = self.epoch;
        Place::Jump(at)
    }
}

/// The value nearest to `reference` that ends in these 32 bits.
fn unwrap(reference: Option<i64>, timestamp: u32) -> i64 {
    let Some(reference) = reference else {
        return i64::from(timestamp);
    };
    let wrap = i64::from(u32::MAX) + 1;
    let ahead = (i64::from(timestamp) - reference).rem_euclid(wrap);
    reference + if ahead < wrap / 2 { ahead } else { ahead - wrap }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Place::{At, Drop, Jump};

    #[test]
    fn unwraps_past_49_days_again_and_again() {
        let mut line = Timeline::default();
        let mut expected = i64::from(u32::MAX) - 5_000;
        for _ in 0..3_000_000 {
            let timestamp = u32::try_from(expected.rem_euclid(1 << 32)).unwrap();
            assert_eq!(line.place(Kind::Video, timestamp), At(expected));
            assert_eq!(line.place(Kind::Audio, timestamp), At(expected));
            expected += 9_000;
        }
        assert!(expected > 6 << 32);
    }

    #[test]
    fn both_tracks_jump_once() {
        let mut line = Timeline::default();
        assert_eq!(line.place(Kind::Video, 1_000), At(1_000));
        assert_eq!(line.place(Kind::Audio, 1_010), At(1_010));
        assert_eq!(line.place(Kind::Video, 5_000_000), Jump(5_000_000));
        assert_eq!(line.place(Kind::Audio, 1_031), Drop);
        assert_eq!(line.place(Kind::Video, 5_000_033), At(5_000_033));
        assert_eq!(line.place(Kind::Audio, 5_000_020), At(5_000_020));
        // and back
        assert_eq!(line.place(Kind::Audio, 0), Jump(0));
        assert_eq!(line.place(Kind::Video, 20), At(20));
    }

    #[test]
    fn a_pause_of_one_track_is_no_jump() {
        let mut line = Timeline::default();
        assert_eq!(line.place(Kind::Video, 0), At(0));
        for at in (0..60_000).step_by(20) {
            assert_eq!(line.place(Kind::Audio, at), At(i64::from(at)));
        }
        assert_eq!(line.place(Kind::Video, 60_000), At(60_000));
        assert_eq!(
            line.place(Kind::Video, 59_900),
            At(59_900),
            "a small step back is no jump either"
        );
    }

    #[test]
    fn a_track_that_never_follows_is_moved() {
        let mut line = Timeline::default();
        line.place(Kind::Video, 0);
        line.place(Kind::Audio, 0);
        assert_eq!(line.place(Kind::Video, 100_000), Jump(100_000));
        for at in 1..=MAX_STRAGGLERS {
            assert_eq!(line.place(Kind::Audio, at), Drop);
        }
        assert_eq!(line.place(Kind::Audio, 300), At(100_000));
        assert_eq!(line.place(Kind::Audio, 320), At(100_020));
    }

    #[test]
    fn a_second_track_with_a_clock_of_its_own_starts_where_the_first_is() {
        let mut line = Timeline::default();
        assert_eq!(line.place(Kind::Video, 3_600_000), At(3_600_000));
        assert_eq!(line.place(Kind::Audio, 0), At(3_600_000));
        assert_eq!(line.place(Kind::Audio, 23), At(3_600_023));
    }
}
