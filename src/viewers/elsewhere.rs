//! Who watches a video on other servers: told by each of them for its viewers, or by the video's server for all.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Viewers of one video elsewhere that are told one by one. Beyond it newcomers are not counted.
const MAX_VIEWERS: usize = 100_000;
/// Whatever a server says: after this long it has to say it again (PeerTube: 2 minutes).
const LONGEST_PRESENCE: Duration = Duration::from_secs(5 * 60);
/// PeerTube says how many watch in all every two minutes.
const TOTAL_LIFETIME: Duration = Duration::from_secs(5 * 60);

#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    /// By the id of the viewer: until when.
    watching: HashMap<String, Instant>,
    /// Everywhere, and when that was said.
    total: Option<(u64, Instant)>,
}

impl Elsewhere {
    pub(super) fn watches(&mut self, viewer: String, left: Duration, now: Instant) {
        if self.watching.len() >= MAX_VIEWERS && !self.watching.contains_key(&viewer) {
            return;
        }
        self.watching.insert(viewer, now + left.min(LONGEST_PRESENCE));
    }

    pub(super) fn set_total(&mut self, total: u64, now: Instant) {
        self.total = Some((total, now));
    }

    /// How many watch everywhere, with those who watch here.
    pub(super) fn count(&self, here: u64, now: Instant) -> u64 {
        let told = self
            .total
            .filter(|(_, at)| now.saturating_duration_since(*at) < TOTAL_LIFETIME)
            .map_or(0, |(total, _)| total);
        let watching = self.watching.values().filter(|until| **until > now).count();
        let watching = u64::try_from(watching).unwrap_or(u64::MAX);
        // The total of the video's server counts those who watch here as well, a little later.
        told.max(here.saturating_add(watching))
    }

    /// Forgets those who left; whether nobody is remembered.
    pub(super) fn sweep(&mut self, now: Instant) -> bool {
        self.watching.retain(|_, until| *until > now);
        let is_old = |(_, at): &(u64, Instant)| now.saturating_duration_since(*at) >= TOTAL_LIFETIME;
        if self.total.as_ref().is_some_and(is_old) {
            self.total = None;
        }
        self.watching.is_empty() && self.total.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewers_elsewhere_are_counted_once() {
        let (mut elsewhere, now) = (Elsewhere::default(), Instant::now());
        let minute = Duration::from_secs(60);
        elsewhere.watches("a".into(), minute, now);
        elsewhere.watches("a".into(), minute, now);
        elsewhere.watches("b".into(), Duration::from_secs(86_400), now);
        assert_eq!(elsewhere.count(1, now), 3);
        assert_eq!(elsewhere.count(1, now + 2 * minute), 2);
        assert_eq!(
            elsewhere.count(0, now + LONGEST_PRESENCE),
            0,
            "nobody is believed for a day"
        );
        elsewhere.set_total(40, now);
        assert_eq!(elsewhere.count(1, now), 40);
        assert!(!elsewhere.sweep(now));
        assert!(elsewhere.sweep(now + TOTAL_LIFETIME));
    }
}
