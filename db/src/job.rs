//! Work written in the transaction of the change that caused it, and done by whoever claims it.

use jiff::{SignedDuration, Timestamp};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::row::{get, numbered, one_of};
use crate::{Db, Error, Tx};

/// A job claimed by a process that died is anyone's again after this long.
const CLAIM_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

numbered! {
    JobState { Pending = 1, Failed = 2 }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: i64,
    pub kind: String,
    /// JSON, read by whoever knows the kind.
    pub payload: String,
    pub state: JobState,
    /// How often it was claimed, this time included.
    pub attempts: i64,
    pub error: Option<String>,
}

impl Job {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: get(row, "id")?,
            kind: get(row, "kind")?,
            payload: get(row, "payload")?,
            state: one_of(row, "state")?,
            attempts: get(row, "attempts")?,
            error: get(row, "error")?,
        })
    }

    pub async fn enqueue(tx: &mut Tx, kind: &str, payload: &str, now: Timestamp) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO jobs (kind, payload, state, run_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $4, $4)",
        )
        .bind(kind)
        .bind(payload)
        .bind(JobState::Pending.id())
        .bind(now.as_millisecond())
        .execute(tx.connection())
        .await?;
        Ok(())
    }

    /// As [`Job::enqueue`], unless the same is waiting already. What is being done now does not count: it may have looked
    /// before this change.
    pub async fn enqueue_once(tx: &mut Tx, kind: &str, payload: &str, now: Timestamp) -> Result<(), Error> {
        // Written, not only read: whoever claims it on PostgreSQL waits for this transaction, and then sees the change.
        let waiting = sqlx::query(
            "UPDATE jobs SET updated_at = $1 WHERE state = 1 AND attempts = 0 AND kind = $2 AND payload = $3",
        )
        .bind(now.as_millisecond())
        .bind(kind)
        .bind(payload)
        .execute(tx.connection())
        .await?;
        match waiting.rows_affected() {
            0 => Self::enqueue(tx, kind, payload, now).await,
            _ => Ok(()),
        }
    }

    /// Takes the oldest job that is due. It comes back by itself unless it is finished or put off in time. Of the same work twice,
    /// the second waits for the first: it knows better what there is to do.
    pub async fn claim(db: &Db, now: Timestamp) -> Result<Option<Self>, Error> {
        let mut tx = db.begin().await?;
        // The condition is repeated outside, where PostgreSQL checks it again after waiting for another claimer.
        let row = sqlx::query(
            "UPDATE jobs SET attempts = attempts + 1, run_at = $2, updated_at = $1
             WHERE id = (SELECT j.id FROM jobs j WHERE j.state = 1 AND j.run_at <= $1 AND NOT EXISTS
                (SELECT 1 FROM jobs o WHERE o.state = 1 AND o.kind = j.kind AND o.payload = j.payload AND o.id < j.id)
                ORDER BY j.run_at, j.id LIMIT 1)
             AND state = 1 AND run_at <= $1 RETURNING *",
        )
        .bind(now.as_millisecond())
        .bind((now + CLAIM_LIFETIME).as_millisecond())
        .fetch_optional(tx.connection())
        .await?;
        tx.commit().await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// How many wait, and how many were given up.
    pub async fn counts(db: &Db) -> Result<(i64, i64), Error> {
        let row = sqlx::query(
            "SELECT COUNT(CASE WHEN state = 1 THEN 1 END), COUNT(CASE WHEN state = 2 THEN 1 END) FROM jobs",
        )
        .fetch_one(db.readers())
        .await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }

    /// Done: the row goes with the work.
    pub async fn finish(tx: &mut Tx, id: i64) -> Result<(), Error> {
        sqlx::query("DELETE FROM jobs WHERE id = $1")
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// Not this time: again at `retry_at`, or never and kept for the administrator to see.
    pub async fn fail(
        tx: &mut Tx,
        id: i64,
        error: &str,
        retry_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let state = if retry_at.is_some() {
            JobState::Pending
        } else {
            JobState::Failed
        };
        sqlx::query("UPDATE jobs SET state = $1, error = $2, run_at = $3, updated_at = $4 WHERE id = $5")
            .bind(state.id())
            .bind(error)
            .bind(retry_at.unwrap_or(now).as_millisecond())
            .bind(now.as_millisecond())
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }
}
