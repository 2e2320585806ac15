//! The queue of one server, worked off in its order.

use std::sync::Arc;
use std::time::Duration;

use db::{Delivery, Instance, SignatureScheme};
use jiff::{SignedDuration, Timestamp};
use metrics::counter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::DELIVERIES;
use super::parcel::{Parcel, Parcels};
use super::verdict::{Policy, Verdict};
use crate::client::{Answer, Client, FetchError};
use crate::{Error, Federation};

/// What all workers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) federation: Federation,
    pub(super) policy: Policy,
    pub(super) parcels: Parcels,
    pub(super) places: Arc<Semaphore>,
    pub(super) stop: CancellationToken,
}

/// Why a worker stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing waits any more.
    Drained,
    /// It is the turn of others.
    More,
    /// The server is left alone until then.
    Until(Timestamp),
    /// The program stops.
    Stopped,
}

pub(super) async fn work(
    shared: Arc<Shared>,
    instance_id: i64,
    place: OwnedSemaphorePermit,
) -> Result<Rest, Error> {
    let db = &shared.federation.db;
    let Some(instance) = Instance::by_id(db, instance_id).await? else {
        return Ok(Rest::Drained);
    };
    let mut worker = Worker {
        shared: &shared,
        instance,
        place: Some(place),
    };
    for _ in 0..shared.policy.batch {
        if shared.stop.is_cancelled() {
            return Ok(Rest::Stopped);
        }
        let Some(delivery) = Delivery::next(db, instance_id).await? else {
            return Ok(Rest::Drained);
        };
        if let Some(rest) = worker.deliver(&delivery).await? {
            return Ok(rest);
        }
    }
    Ok(Rest::More)
}

struct Worker<'a> {
    shared: &'a Shared,
    instance: Instance,
    place: Option<OwnedSemaphorePermit>,
}

impl Worker<'_> {
    /// `None`: on to the next.
    async fn deliver(&mut self, delivery: &Delivery) -> Result<Option<Rest>, Error> {
        let federation = &self.shared.federation;
        let parcel = match self.shared.parcels.get(federation, delivery.activity_id).await {
            Ok(Some(parcel)) => parcel,
            // Its author was deleted, and with it this row.
            Ok(None) => return Ok(None),
            Err(Error::Key(error)) => {
                self.dropped(delivery, &error).await?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if self.place.is_none() {
            // Never closed, so there always is one to come.
            self.place = Arc::clone(&self.shared.places).acquire_owned().await.ok();
        }
        let Some(verdict) = self.post(delivery, &parcel).await else {
            return Ok(Some(Rest::Stopped));
        };
        let now = Timestamp::now();
        match verdict {
            Verdict::Delivered => self.delivered(delivery, now).await?,
            Verdict::Dropped(error) => self.dropped(delivery, &error).await?,
            Verdict::Later {
                error,
                suspicious: true,
                ..
            } if delivery.attempts + 1 >= self.shared.policy.max_attempts => {
                self.dropped(delivery, &error).await?;
            }
            Verdict::Later { error, wait, .. } => {
                let retry_at = self.failed(delivery, &error, wait, now).await?;
                return Ok(Some(Rest::Until(retry_at)));
            }
        }
        Ok(None)
    }

    /// `None` if the program stops meanwhile: the row stays, and the activity may arrive a second time, which its id tells.
    async fn post(&mut self, delivery: &Delivery, parcel: &Parcel) -> Option<Verdict> {
        let Shared {
            federation,
            policy,
            stop,
            ..
        } = self.shared;
        let known = self.instance.signature_scheme;
        let knock = knock(&federation.client, &delivery.inbox, parcel, known);
        tokio::pin!(knock);
        let (scheme, result) = match timeout(policy.slow, &mut knock).await {
            Ok(answered) => answered,
            Err(_) => {
                self.place = None;
                stop.run_until_cancelled(knock).await?
            }
        };
        let verdict = Verdict::of(result);
        if verdict == Verdict::Delivered {
            self.instance.signature_scheme = Some(scheme);
        }
        Some(verdict)
    }

    async fn delivered(&mut self, delivery: &Delivery, now: Timestamp) -> Result<(), Error> {
        counter!(DELIVERIES, "result" => "ok").increment(1);
        let mut tx = self.shared.federation.db.begin().await?;
        Delivery::finish(&mut tx, delivery.id).await?;
        Instance::reached(&mut tx, self.instance.id, self.instance.signature_scheme, now).await?;
        tx.commit().await?;
        self.instance.failures = 0;
        Ok(())
    }

    async fn dropped(&mut self, delivery: &Delivery, error: &str) -> Result<(), Error> {
        counter!(DELIVERIES, "result" => "dropped").increment(1);
        tracing::info!(
            host = self.instance.host,
            inbox = delivery.inbox,
            error,
            "activity not taken"
        );
        let mut tx = self.shared.federation.db.begin().await?;
        Delivery::give_up(&mut tx, delivery.id, error).await?;
        Instance::answered(&mut tx, self.instance.id, error).await?;
        tx.commit().await?;
        self.instance.failures = 0;
        Ok(())
    }

    /// The whole queue waits until then; what has waited for too long is given up.
    async fn failed(
        &mut self,
        delivery: &Delivery,
        error: &str,
        asked: Option<Duration>,
        now: Timestamp,
    ) -> Result<Timestamp, Error> {
        counter!(DELIVERIES, "result" => "failed").increment(1);
        let policy = &self.shared.policy;
        self.instance.failures = self.instance.failures.saturating_add(1);
        let failures = self.instance.failures;
        let retry_at = later(now, policy.backoff(failures, asked, rand::random()));
        tracing::debug!(host = self.instance.host, error, failures, %retry_at, "delivery failed");
        let mut tx = self.shared.federation.db.begin().await?;
        Delivery::count_attempt(&mut tx, delivery.id).await?;
        let too_old = earlier(now, policy.give_up);
        let given_up = Delivery::give_up_older(&mut tx, self.instance.id, too_old, error).await?;
        Instance::failed(&mut tx, self.instance.id, failures, retry_at, error).await?;
        tx.commit().await?;
        if given_up > 0 {
            tracing::warn!(host = self.instance.host, error, given_up, "activities given up");
        }
        Ok(retry_at)
    }
}

/// Signs as the RFC says unless the server is known to want what was before it, and then once more the other way if it does not
/// take it: nobody tells beforehand. How it was signed last, and the answer to that.
async fn knock(
    client: &Client,
    inbox: &str,
    parcel: &Parcel,
    known: Option<SignatureScheme>,
) -> (SignatureScheme, Result<Answer, FetchError>) {
    let post = |scheme| client.post(inbox, parcel.body.clone(), parcel.signer.signer(), scheme);
    let first = known.unwrap_or(SignatureScheme::Rfc9421);
    let result = post(first).await;
    match (&result, first) {
        (Ok(answer), SignatureScheme::Rfc9421) if may_be_signature(answer.status) => {
            (SignatureScheme::Cavage, post(SignatureScheme::Cavage).await)
        }
        _ => (first, result),
    }
}

/// What servers say that cannot read a signature: mostly 401 or 403; some find no words for it.
fn may_be_signature(status: u16) -> bool {
    matches!(status, 400 | 401 | 403 | 406 | 412 | 415 | 422 | 500)
}

/// Durations here are of days at most; time itself ends in the year 9999.
pub(super) fn later(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

pub(super) fn earlier(now: Timestamp, ago: Duration) -> Timestamp {
    let ago = SignedDuration::try_from(ago).unwrap_or(SignedDuration::MAX);
    now.saturating_sub(ago).unwrap_or(Timestamp::MIN)
}
