//! How much is asked of one server at a time: a crawl does not look like an attack, and one slow server does not take every
//! place there is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Hosts that nobody asks right now are forgotten when there are more than this.
const MAX_IDLE_HOSTS: usize = 1_024;

#[derive(Debug)]
pub(super) struct Budget {
    per_host: usize,
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// A place, and the host's counter: it lives as long as somebody holds or awaits one.
#[derive(Debug)]
pub(super) struct Place {
    _permit: Option<OwnedSemaphorePermit>,
    _host: Arc<Semaphore>,
}

impl Budget {
    pub(super) fn new(per_host: usize) -> Self {
        Self {
            per_host,
            hosts: Mutex::default(),
        }
    }

    /// Waits for a place; it is given back by dropping it.
    pub(super) async fn enter(&self, host: &str) -> Place {
        let places = self.of(host);
        // Never closed, so there always is a permit.
        let permit = Arc::clone(&places).acquire_owned().await.ok();
        Place {
            _permit: permit,
            _host: places,
        }
    }

    fn of(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = hosts.get(host).and_then(Weak::upgrade) {
            return places;
        }
        if hosts.len() >= MAX_IDLE_HOSTS {
            hosts.retain(|_, places| places.strong_count() > 0);
        }
        let places = Arc::new(Semaphore::new(self.per_host));
        hosts.insert(host.to_owned(), Arc::downgrade(&places));
        places
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_host_has_so_many_places_and_others_their_own() {
        let budget = Budget::new(2);
        let first = budget.enter("a").await;
        let _second = budget.enter("a").await;
        let third = tokio::time::timeout(Duration::from_secs(1), budget.enter("a")).await;
        assert!(third.is_err());
        let _other = budget.enter("b").await;
        drop(first);
        let _third = budget.enter("a").await;
    }

    #[tokio::test]
    async fn hosts_nobody_asks_are_forgotten() {
        let budget = Budget::new(1);
        for host in 0..3 * MAX_IDLE_HOSTS {
            drop(budget.enter(&host.to_string()).await);
        }
        assert!(budget.hosts.lock().unwrap().len() <= MAX_IDLE_HOSTS);
    }
}
