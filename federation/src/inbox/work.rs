//! Works off what came in: the activities of one actor in their order, those of many actors at the same time. One that fails steps
//! aside until it is tried again: a server that does not answer must not hold back what has nothing to do with it.

use std::time::Duration;

use db::{Actor, InboxActivity};
use jiff::{SignedDuration, Timestamp};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::protocol::{self, Activity};
use crate::{Error, Federation, activity};

/// Actors at the same time. Most of their time is spent waiting for other servers.
const MAX_ACTORS: usize = 16;
/// Of one server, so that a slow one leaves room for others.
const MAX_ACTORS_OF_SERVER: usize = 4;
/// Activities of an actor before it is another one's turn.
const MAX_IN_A_ROW: i64 = 20;
/// The longest anything may take; a video brings its channel, its pictures' addresses and its comments.
const MAX_TIME: Duration = Duration::from_secs(120);
/// What went wrong is tried again after a minute, four, sixteen: for most of a day.
const FIRST_RETRY: SignedDuration = SignedDuration::from_mins(1);
const MAX_ATTEMPTS: i64 = 7;
/// What came is remembered this long, done or not: nobody can have it done twice by sending it again.
const MEMORY: SignedDuration = SignedDuration::from_hours(4 * 24);
/// Rows forgotten in one transaction.
const MAX_FORGOTTEN: i64 = 1_000;
const FORGET_EVERY: Duration = Duration::from_secs(60);
/// When the database does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until `stop`; what is under way then is done again after the next start.
pub async fn run(federation: Federation, stop: CancellationToken) {
    let mut worker = Worker {
        federation,
        busy: Vec::new(),
        tasks: JoinSet::new(),
    };
    let mut forget = tokio::time::interval(FORGET_EVERY);
    forget.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let wait = match worker.start_tasks().await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::warn!(%error, "cannot look for activities to work off");
                PAUSE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = worker.federation.arrivals.notified() => {}
            Some(ended) = worker.tasks.join_next_with_id() => worker.ended(ended),
            () = tokio::time::sleep(wait) => {}
            _ = forget.tick() => worker.forget().await,
        }
    }
}

struct Busy {
    task: tokio::task::Id,
    actor_id: i64,
    instance_id: i64,
}

struct Worker {
    federation: Federation,
    busy: Vec<Busy>,
    tasks: JoinSet<()>,
}

impl Worker {
    /// A task for each actor with something due, as far as there is room; how long until there may be more.
    async fn start_tasks(&mut self) -> Result<Duration, db::Error> {
        let now = Timestamp::now();
        while self.busy.len() < MAX_ACTORS {
            let actors: Vec<i64> = self.busy.iter().map(|busy| busy.actor_id).collect();
            let instances = self.busy_instances();
            let next = InboxActivity::next_actor(&self.federation.db, &actors, &instances, now).await?;
            let Some((actor_id, instance_id)) = next else {
                break;
            };
            let federation = self.federation.clone();
            let task = self.tasks.spawn(async move {
                if let Err(error) = work_off(&federation, actor_id).await {
                    tracing::warn!(actor_id, %error, "cannot work off activities");
                    tokio::time::sleep(PAUSE).await;
                }
            });
            self.busy.push(Busy {
                task: task.id(),
                actor_id,
                instance_id,
            });
        }
        // With tasks under way, their end is when to look again; else the next retry is.
        let next = InboxActivity::next_time(&self.federation.db).await?;
        let wait = next.map(|time| Duration::try_from(time.duration_since(now)).unwrap_or(PAUSE));
        Ok(wait.unwrap_or(FORGET_EVERY).max(PAUSE))
    }

    fn busy_instances(&self) -> Vec<i64> {
        let of = |id: i64| self.busy.iter().filter(|busy| busy.instance_id == id).count();
        let mut instances: Vec<i64> = self.busy.iter().map(|busy| busy.instance_id).collect();
        instances.retain(|id| of(*id) >= MAX_ACTORS_OF_SERVER);
        instances.dedup();
        instances
    }

    fn ended(&mut self, ended: Result<(tokio::task::Id, ()), JoinError>) {
        let id = match &ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        self.busy.retain(|busy| busy.task != id);
    }

    async fn forget(&self) {
        let forget = async {
            let mut tx = self.federation.db.begin().await?;
            InboxActivity::forget(&mut tx, Timestamp::now() - MEMORY, MAX_FORGOTTEN).await?;
            tx.commit().await
        };
        if let Err(error) = forget.await {
            tracing::warn!(%error, "cannot forget old activities");
        }
    }
}

async fn work_off(federation: &Federation, actor_id: i64) -> Result<(), db::Error> {
    let due = InboxActivity::due(&federation.db, actor_id, MAX_IN_A_ROW, Timestamp::now()).await?;
    for row in due {
        // In a task, so that whatever goes wrong in it is counted as an attempt.
        let (inside, activity) = (federation.clone(), row.clone());
        let done = tokio::spawn(async move {
            let apply = apply(&inside, &activity);
            let late = |_| Err(Error::Unfinished("it takes too long".to_owned()));
            tokio::time::timeout(MAX_TIME, apply).await.unwrap_or_else(late)
        });
        let done = done
            .await
            .unwrap_or_else(|error| Err(Error::Unfinished(error.to_string())));
        note(federation, &row, done).await?;
    }
    Ok(())
}

async fn apply(federation: &Federation, row: &InboxActivity) -> Result<(), Error> {
    let document = protocol::document(row.body.as_bytes())?;
    let parsed = Activity::parse(&document, federation.rules())?;
    match Actor::by_id(&federation.db, row.actor_id).await? {
        Some(sender) => activity::receive(federation, &sender, &parsed, &row.body).await,
        None => Ok(()),
    }
}

async fn note(
    federation: &Federation,
    row: &InboxActivity,
    done: Result<(), Error>,
) -> Result<(), db::Error> {
    let mut tx = federation.db.begin().await?;
    match done {
        Ok(()) => InboxActivity::finish(&mut tx, row.id, None).await?,
        Err(error) if error.is_temporary() && row.attempts + 1 < MAX_ATTEMPTS => {
            let run_at = Timestamp::now() + backoff(row.attempts);
            tracing::debug!(id = row.url, %error, %run_at, "an activity is tried again");
            InboxActivity::retry(&mut tx, row.id, &error.to_string(), run_at).await?;
        }
        Err(error) => {
            tracing::debug!(id = row.url, %error, "an activity is not accepted");
            InboxActivity::finish(&mut tx, row.id, Some(&error.to_string())).await?;
        }
    }
    tx.commit().await
}

/// After so many attempts before this one.
fn backoff(attempts: i64) -> SignedDuration {
    let factor = 4_i32.saturating_pow(u32::try_from(attempts).unwrap_or(u32::MAX));
    FIRST_RETRY.saturating_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_take_most_of_a_day() {
        let waits: Vec<i64> = (0..MAX_ATTEMPTS - 1).map(|n| backoff(n).as_mins()).collect();
        assert_eq!(waits, [1, 4, 16, 64, 256, 1_024]);
    }
}
