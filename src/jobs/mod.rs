//! Work that a change left to be done: written in its transaction, done here, by kind. A job is finished in the transaction of
//! what it does, and may be done twice if the program dies in between.

mod crawl;
pub(crate) mod federate;
pub(crate) mod live_note;

use std::time::Duration;

use db::Job;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// Jobs wait for the database and for other servers, not for the processor.
const PARALLEL: usize = 4;
/// Those that are put off, and those whose bell was lost with the process that was to ring it.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Less than after which the database hands a job out again.
const MAX_TIME: Duration = Duration::from_secs(9 * 60);
/// The last of these comes about a day after the first.
const MAX_ATTEMPTS: i64 = 9;
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(5);

/// Why a job is not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Federation(#[from] federation::Error),
    #[error("nobody knows what to do")]
    Unknown,
    #[error("it does not say what about")]
    Payload,
    #[error("it takes too long")]
    Late,
}

impl Error {
    fn is_temporary(&self) -> bool {
        match self {
            Self::Federation(error) => error.is_temporary(),
            Self::Late => true,
            Self::Unknown | Self::Payload => false,
        }
    }
}

/// What there is to do; each finishes its job itself.
async fn work(app: &App, job: &Job) -> Result<(), Error> {
    use federation::{activity, remote};
    match job.kind.as_str() {
        activity::actor::UPDATE_JOB => {
            Ok(activity::actor::send_update(&app.federation, number(job)?, job.id).await?)
        }
        federate::KIND | federate::VIEWS_KIND => federate::run(app, number(job)?, job.id).await,
        live_note::KIND => live_note::run(app, number(job)?, job.id).await,
        remote::outbox::CRAWL_JOB => crawl::run(app, number(job)?, job.id).await,
        _ => Err(Error::Unknown),
    }
}

fn number(job: &Job) -> Result<i64, Error> {
    job.payload.parse().map_err(|_| Error::Payload)
}

/// Does jobs until it is told to stop; those under way then are for the next start.
pub(crate) async fn run(app: App, stop: CancellationToken) {
    let mut workers = JoinSet::new();
    loop {
        while workers.len() < PARALLEL {
            match Job::claim(&app.db, Timestamp::now()).await {
                Ok(Some(job)) => _ = workers.spawn(attempt(app.clone(), job, stop.clone())),
                Ok(None) => break,
                Err(error) => {
                    tracing::error!(%error, "cannot look for jobs");
                    break;
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = workers.join_next() => {}
            () = app.federation.jobs.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    while workers.join_next().await.is_some() {}
}

async fn attempt(app: App, job: Job, stop: CancellationToken) {
    let limited = async {
        let done = tokio::time::timeout(MAX_TIME, work(&app, &job)).await;
        done.unwrap_or(Err(Error::Late))
    };
    let put_off = match stop.run_until_cancelled(limited).await {
        Some(Ok(())) => return,
        Some(Err(error)) => {
            let now = Timestamp::now();
            let again = error.is_temporary() && job.attempts < MAX_ATTEMPTS;
            let retry_at = again.then(|| now + backoff(job.attempts));
            if again {
                tracing::debug!(%error, kind = job.kind, job = job.id, "job failed; it will be tried again");
            } else {
                tracing::warn!(%error, kind = job.kind, job = job.id, "job given up");
            }
            put_off(&app, &job, &error.to_string(), retry_at).await
        }
        None => put_off(&app, &job, "interrupted", Some(Timestamp::now())).await,
    };
    if let Err(error) = put_off {
        // It comes back by itself.
        tracing::error!(%error, job = job.id, "cannot put a job off");
    }
}

async fn put_off(app: &App, job: &Job, error: &str, retry_at: Option<Timestamp>) -> Result<(), db::Error> {
    let mut tx = app.db.begin().await?;
    Job::fail(&mut tx, job.id, error, retry_at, Timestamp::now()).await?;
    tx.commit().await
}

/// 5 s, 20 s, 80 s, ..., 23 hours.
fn backoff(attempts: i64) -> SignedDuration {
    let quadruplings = u32::try_from(attempts - 1).unwrap_or(0).min(7);
    FIRST_RETRY * 4_i32.pow(quadruplings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_try_is_about_a_day_after_the_first() {
        let waits: Vec<i64> = (1..MAX_ATTEMPTS)
            .map(|attempts| backoff(attempts).as_secs())
            .collect();
        assert_eq!(waits, [5, 20, 80, 320, 1_280, 5_120, 20_480, 81_920]);
        let day = SignedDuration::from_hours(24).as_secs();
        assert!((day..2 * day).contains(&waits.iter().sum()));
        assert_eq!(backoff(0), FIRST_RETRY);
    }
}
