//! Work written in the transaction of the change that caused it, and done by whoever claims it.

use jiff::{SignedDuration, Timestamp};
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

    /// Takes the oldest job that is due. It comes back by itself unless it is finished or put off in time.
    pub async fn claim(db: &Db, now: Timestamp) -> Result<Option<Self>, Error> {
        let mut tx = db.begin().await?;
        // The condition is repeated outside, where PostgreSQL checks it again after waiting for another claimer.
        let row = sqlx::query(
            "UPDATE jobs SET attempts = attempts + 1, run_at = $2, updated_at = $1
             WHERE id = (SELECT id FROM jobs WHERE state = 1 AND run_at <= $1 ORDER BY run_at, id LIMIT 1)
             AND state = 1 AND run_at <= $1 RETURNING *",
        )
        .bind(now.as_millisecond())
        .bind((now + CLAIM_LIFETIME).as_millisecond())
        .fetch_optional(tx.connection())
        .await?;
        tx.commit().await?;
        row.as_ref().map(Self::from_row).transpose()
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
