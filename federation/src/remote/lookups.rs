//! Keeps what others can make us ask for within bounds: the same thing once at a time, in vain not again and again, and all
//! together so many at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// Requests that wait for an unknown signer to be fetched. Each holds a body of up to 500 kB meanwhile.
const MAX_UNKNOWN_SIGNERS: usize = 64;
/// Things that are refreshed while nobody waits for them.
const MAX_REFRESHES: usize = 8;
/// Addresses remembered; forgetting them all costs one more request each.
const MAX_REMEMBERED: usize = 10_000;
/// What failed is not asked for again for so long.
const FAILURE_PAUSE: Duration = Duration::from_secs(60);
/// What others can make us ask for again and again: a key, by signatures that do not fit.
const REFRESH_PAUSE: Duration = Duration::from_secs(5 * 60);

#[derive(Debug)]
pub(crate) struct Lookups {
    unknown_signers: Arc<Semaphore>,
    refreshes: Arc<Semaphore>,
    under_way: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    asked: Mutex<HashMap<String, Instant>>,
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            unknown_signers: Arc::new(Semaphore::new(MAX_UNKNOWN_SIGNERS)),
            refreshes: Arc::new(Semaphore::new(MAX_REFRESHES)),
            under_way: Mutex::default(),
            asked: Mutex::default(),
        }
    }
}

impl Lookups {
    /// A place for a request of somebody unknown; `None` when there are too many.
    pub(crate) fn unknown_signer(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.unknown_signers).try_acquire_owned().ok()
    }

    /// A place to refresh something on the side; `None` when enough is being refreshed.
    pub(crate) fn refresh(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.refreshes).try_acquire_owned().ok()
    }

    /// Whoever asks for the same thing meanwhile waits, and finds it in the database then.
    pub(crate) async fn alone(&self, url: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            if under_way.len() >= MAX_REMEMBERED {
                under_way.retain(|_, turn| Arc::strong_count(turn) > 1);
            }
            Arc::clone(under_way.entry(url.to_owned()).or_default())
        };
        turn.lock_owned().await
    }

    /// Whether this was asked for a moment ago, in vain as it seems; if not, it is now.
    pub(crate) fn asked_lately(&self, url: &str, now: Instant) -> bool {
        self.is_recent(url, FAILURE_PAUSE, now)
    }

    /// Whether this was fetched again some minutes ago; if not, it is now.
    pub(crate) fn refreshed_lately(&self, what: &str, now: Instant) -> bool {
        self.is_recent(what, REFRESH_PAUSE, now)
    }

    fn is_recent(&self, what: &str, pause: Duration, now: Instant) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let since = |at: &Instant| now.saturating_duration_since(*at);
        if asked.get(what).is_some_and(|at| since(at) < pause) {
            return true;
        }
        if asked.len() >= MAX_REMEMBERED {
            asked.retain(|_, at| since(at) < REFRESH_PAUSE);
            if asked.len() >= MAX_REMEMBERED {
                asked.clear();
            }
        }
        asked.insert(what.to_owned(), now);
        false
    }

    /// It went well: it may be asked for again at once.
    pub(crate) fn succeeded(&self, what: &str) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.remove(what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_in_vain_is_left_alone_for_a_moment() {
        let lookups = Lookups::default();
        let start = Instant::now();
        let asked = |what, after| lookups.asked_lately(what, start + after);
        assert!(!asked("a", Duration::ZERO));
        assert!(asked("a", FAILURE_PAUSE / 2));
        assert!(!asked("b", Duration::ZERO));
        assert!(!asked("a", FAILURE_PAUSE));
        lookups.succeeded("a");
        assert!(!asked("a", FAILURE_PAUSE));
    }

    #[test]
    fn others_cannot_fill_the_memory() {
        let lookups = Lookups::default();
        let now = Instant::now();
        for index in 0..3 * MAX_REMEMBERED {
            lookups.refreshed_lately(&index.to_string(), now);
        }
        assert!(lookups.asked.lock().unwrap().len() <= MAX_REMEMBERED);
    }

    #[tokio::test]
    async fn the_same_thing_is_fetched_once_at_a_time() {
        let lookups = Lookups::default();
        let first = lookups.alone("a").await;
        let _other = lookups.alone("b").await;
        let mut second = std::pin::pin!(lookups.alone("a"));
        assert!(
            std::future::poll_fn(|context| std::task::Poll::Ready(second.as_mut().poll(context)))
                .await
                .is_pending()
        );
        drop(first);
        second.await;
    }
}
