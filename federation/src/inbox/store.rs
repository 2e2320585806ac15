//! Keeps activities, many in one transaction when many come at once: a commit costs more than the row.

use std::sync::{Mutex, PoisonError};

use db::{Arrival, InboxActivity, Instance};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use super::Refused;
use crate::Federation;

/// Activities that wait to be worked off: at 10 kB each, 100 MB on the disk. Senders come back later.
const MAX_WAITING: i64 = 10_000;
/// Those of one server among them, so that it takes nobody's place.
const MAX_WAITING_OF_SERVER: i64 = 2_000;
/// A server that is heard of again is tried after this, so that one that only talks is not tried all the time.
const RETRY_AFTER_WORD: SignedDuration = SignedDuration::from_secs(2);
/// Requests that wait for their commit.
const MAX_PENDING: usize = 1_000;
/// Rows of one transaction: others want to write as well.
const MAX_BATCH: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    New,
    Before,
    Full,
}

#[derive(Debug)]
struct Pending {
    arrival: Arrival,
    answer: oneshot::Sender<Stored>,
}

#[derive(Debug, Default)]
pub(crate) struct Store {
    pending: Mutex<Vec<Pending>>,
    /// Held by who writes. What comes meanwhile is the next batch.
    writing: tokio::sync::Mutex<()>,
}

impl Store {
    pub(super) async fn store(
        &self,
        federation: &Federation,
        arrival: Arrival,
        now: Timestamp,
    ) -> Result<Stored, Refused> {
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            if pending.len() >= MAX_PENDING {
                return Ok(Stored::Full);
            }
            pending.push(Pending { arrival, answer });
            pending.len() == 1
        };
        if is_first {
            // In a task of its own: a sender that hangs up does not take the others along.
            let federation = federation.clone();
            tokio::spawn(async move {
                let store = &federation.inbox;
                let _turn = store.writing.lock().await;
                loop {
                    let batch = store.batch();
                    if batch.is_empty() {
                        return;
                    }
                    // Those of a batch that fails see their answers dropped.
                    if let Err(error) = write(&federation, batch, now).await {
                        tracing::warn!(%error, "cannot keep activities");
                    }
                }
            });
        }
        answered
            .await
            .map_err(|_| Refused::busy("the database is not available"))
    }

    fn batch(&self) -> Vec<Pending> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let size = pending.len().min(MAX_BATCH);
        pending.drain(..size).collect()
    }
}

async fn write(federation: &Federation, batch: Vec<Pending>, now: Timestamp) -> Result<(), db::Error> {
    let mut waiting = InboxActivity::waiting(&federation.db).await?;
    let mut tx = federation.db.begin().await?;
    let mut answers = Vec::with_capacity(batch.len());
    let mut is_back = false;
    for Pending { arrival, answer } in batch {
        is_back |= Instance::heard_from(&mut tx, arrival.actor_id, now + RETRY_AFTER_WORD).await?;
        let is_full = waiting >= MAX_WAITING
            // Counting by server takes a while; there is no need to as long as there is much room.
            || (waiting >= MAX_WAITING_OF_SERVER
                && InboxActivity::waiting_of_server(&mut tx, arrival.actor_id).await? >= MAX_WAITING_OF_SERVER);
        let stored = if is_full {
            Stored::Full
        } else if InboxActivity::store(&mut tx, &arrival, now).await? {
            waiting += 1;
            Stored::New
        } else {
            Stored::Before
        };
        answers.push((answer, stored));
    }
    tx.commit().await?;
    if is_back {
        federation.deliveries.notify_one();
    }
    for (answer, stored) in answers {
        // Whoever does not wait any more sends it again.
        let _ = answer.send(stored);
    }
    Ok(())
}
