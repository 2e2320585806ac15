//! Brings activities to the inboxes of other servers.
//!
//! What is to be delivered is in the database, in order; a server that has a queue gets a worker ([`worker`]) while there is
//! something it can do, and none while it is left alone after a failure. So a thousand servers take a thousand rows, not a
//! thousand tasks, a restart goes on where it was, and one server's trouble is its own.

mod parcel;
mod prune;
mod verdict;
mod worker;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use db::Instance;
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use self::parcel::Parcels;
pub use self::verdict::Policy;
use self::worker::{Rest, Shared, later, work};
use crate::{Error, Federation};

/// Deliveries by `result`: `ok`; `failed`, to be tried again; `dropped`.
pub const DELIVERIES: &str = "tributary_deliveries_total";

/// Servers looked up at a time.
const MAX_DUE: i64 = 2_048;
/// How long to leave the database alone that did not answer.
const DATABASE_PAUSE: Duration = Duration::from_secs(5);
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);

/// Delivers until it is told to stop; the posts that are under way then are finished, or left for the next start if they take long.
pub async fn run(federation: Federation, stop: CancellationToken) {
    run_with(federation, Policy::default(), stop).await;
}

/// With other patience.
pub async fn run_with(federation: Federation, policy: Policy, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(policy.parallel));
    let shared = Arc::new(Shared {
        federation,
        policy,
        parcels: Parcels::default(),
        places,
        stop,
    });
    Dispatcher {
        shared,
        workers: JoinSet::new(),
        busy: HashMap::new(),
        rings: 0,
        due: VecDeque::new(),
        more: false,
        look_at: Some(Instant::now()),
    }
    .run()
    .await;
}

/// Who works for whom.
struct Dispatcher {
    shared: Arc<Shared>,
    workers: JoinSet<Result<Rest, Error>>,
    /// By task: its server, and how often it had rung when it began.
    busy: HashMap<Id, (i64, u64)>,
    rings: u64,
    /// Servers that wait for a worker.
    due: VecDeque<i64>,
    /// Whether there are more than were looked up.
    more: bool,
    /// When to look for servers again; `None` if only a bell brings more.
    look_at: Option<Instant>,
}

impl Dispatcher {
    async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let mut prune = interval(PRUNE_EVERY);
        prune.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let max_workers = shared.policy.parallel + shared.policy.max_slow;
            let hiring = !self.due.is_empty() && self.workers.len() < max_workers;
            let look_at = self.look_at;
            tokio::select! {
                biased;
                () = shared.stop.cancelled() => break,
                Some(ended) = self.workers.join_next_with_id() => self.ended(ended),
                () = shared.federation.deliveries.notified() => {
                    self.rings += 1;
                    self.look_at = Some(Instant::now());
                }
                () = sleep_until(look_at.unwrap_or_else(Instant::now)), if look_at.is_some() => self.look().await,
                Ok(place) = Arc::clone(&shared.places).acquire_owned(), if hiring => self.hire(place),
                _ = prune.tick() => prune::prune(&shared.federation).await,
            }
        }
        while self.workers.join_next().await.is_some() {}
    }

    /// Finds servers that something waits for.
    async fn look(&mut self) {
        let (db, now) = (&self.shared.federation.db, Timestamp::now());
        let found = async {
            let due = Instance::due(db, now, MAX_DUE).await?;
            Ok::<_, db::Error>((due, Instance::next_retry(db, now).await?))
        };
        match found.await {
            Ok((due, next_retry)) => {
                self.more = due.len() >= usize::try_from(MAX_DUE).unwrap_or(usize::MAX);
                let taken: HashSet<i64> = self.busy.values().map(|(instance, _)| *instance).collect();
                self.due = due
                    .into_iter()
                    .filter(|instance| !taken.contains(instance))
                    .collect();
                self.look_at = next_retry.map(|at| instant(at, now));
            }
            Err(error) => {
                tracing::error!(%error, "cannot look for deliveries");
                self.look_at = Some(Instant::now() + DATABASE_PAUSE);
            }
        }
    }

    fn hire(&mut self, place: OwnedSemaphorePermit) {
        if let Some(instance_id) = self.due.pop_front() {
            let task = self
                .workers
                .spawn(work(Arc::clone(&self.shared), instance_id, place));
            self.busy.insert(task.id(), (instance_id, self.rings));
        }
        if self.due.is_empty() && self.more {
            self.look_no_later_than(Instant::now());
        }
    }

    fn ended(&mut self, ended: Result<(Id, Result<Rest, Error>), tokio::task::JoinError>) {
        let (id, rest) = match ended {
            Ok((id, Ok(rest))) => (id, rest),
            Ok((id, Err(error))) => {
                tracing::error!(%error, "delivery");
                (id, Rest::Until(later(Timestamp::now(), DATABASE_PAUSE)))
            }
            Err(panicked) => {
                tracing::error!(%panicked, "delivery");
                (
                    panicked.id(),
                    Rest::Until(later(Timestamp::now(), DATABASE_PAUSE)),
                )
            }
        };
        let Some((instance_id, began_at)) = self.busy.remove(&id) else {
            return;
        };
        match rest {
            Rest::More => self.due.push_back(instance_id),
            Rest::Until(at) => self.look_no_later_than(instant(at, Timestamp::now())),
            // It rang after this one may have looked for the last time, and it was passed over as it had a worker.
            Rest::Drained if began_at < self.rings => self.look_no_later_than(Instant::now()),
            Rest::Drained | Rest::Stopped => {}
        }
    }

    fn look_no_later_than(&mut self, at: Instant) {
        self.look_at = Some(self.look_at.map_or(at, |look_at| look_at.min(at)));
    }
}

fn instant(at: Timestamp, now: Timestamp) -> Instant {
    // The clock of the database counts milliseconds: one more, so that the time has come then.
    let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
    Instant::now() + wait + Duration::from_millis(1)
}
