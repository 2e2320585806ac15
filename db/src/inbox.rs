//! Activities that came in and were verified: kept until they are done, and remembered for a while after that.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::row::get;
use crate::sql::Sql;
use crate::{Db, Error, Tx};

/// A verified activity that nothing was done about yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    pub url: String,
    /// Tells the same activity from another one with its id.
    pub digest: String,
    /// Who did it; not always who sent it.
    pub actor_id: i64,
    pub body: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxActivity {
    pub id: i64,
    pub url: String,
    pub actor_id: i64,
    pub body: String,
    pub attempts: i64,
}

impl InboxActivity {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: get(row, "id")?,
            url: get(row, "url")?,
            actor_id: get(row, "actor_id")?,
            body: get(row, "body")?,
            attempts: get(row, "attempts")?,
        })
    }

    /// Whether it was new: `false` if it came before.
    pub async fn store(tx: &mut Tx, arrival: &Arrival, now: Timestamp) -> Result<bool, Error> {
        let done = sqlx::query(
            "INSERT INTO inbox_activities (url, digest, actor_id, body, run_at, received_at)
             SELECT $1, $2, $3, $4, $5, $5 WHERE EXISTS (SELECT 1 FROM actors WHERE id = $3)
             ON CONFLICT (digest) DO NOTHING",
        )
        .bind(arrival.url.as_str())
        .bind(arrival.digest.as_str())
        .bind(arrival.actor_id)
        .bind(arrival.body.as_str())
        .bind(now.as_millisecond())
        .execute(tx.connection())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// How many nothing was done about yet.
    pub async fn waiting(db: &Db) -> Result<i64, Error> {
        let row = sqlx::query("SELECT COUNT(*) FROM inbox_activities WHERE body IS NOT NULL")
            .fetch_one(db.readers())
            .await?;
        Ok(row.try_get(0)?)
    }

    /// As [`Self::waiting`], of the server of this actor.
    pub async fn waiting_of_server(tx: &mut Tx, actor_id: i64) -> Result<i64, Error> {
        let row = sqlx::query(
            "SELECT COUNT(*) FROM inbox_activities x JOIN actors a ON a.id = x.actor_id
             WHERE x.body IS NOT NULL AND a.instance_id = (SELECT instance_id FROM actors WHERE id = $1)",
        )
        .bind(actor_id)
        .fetch_one(tx.connection())
        .await?;
        Ok(row.try_get(0)?)
    }

    /// The actor whose activity is due first, and its instance; other than those that are busy.
    pub async fn next_actor(
        db: &Db,
        busy_actors: &[i64],
        busy_instances: &[i64],
        now: Timestamp,
    ) -> Result<Option<(i64, i64)>, Error> {
        let mut sql = Sql::new(
            "SELECT x.actor_id, coalesce(a.instance_id, 0) AS instance_id
             FROM inbox_activities x JOIN actors a ON a.id = x.actor_id WHERE x.body IS NOT NULL AND x.run_at <= ",
        );
        sql.bind(now.as_millisecond());
        if !busy_actors.is_empty() {
            sql.push(" AND x.actor_id NOT IN ")
                .bind_list(busy_actors.iter().copied());
        }
        if !busy_instances.is_empty() {
            sql.push(" AND coalesce(a.instance_id, 0) NOT IN ")
                .bind_list(busy_instances.iter().copied());
        }
        sql.push(" ORDER BY x.run_at, x.id LIMIT 1");
        let rows = sql.all(db.readers()).await?;
        let ids = |row| Ok((get(row, "actor_id")?, get(row, "instance_id")?));
        rows.first().map(ids).transpose()
    }

    /// When there will be something to do.
    pub async fn next_time(db: &Db) -> Result<Option<Timestamp>, Error> {
        let row = sqlx::query("SELECT MIN(run_at) AS run_at FROM inbox_activities WHERE body IS NOT NULL")
            .fetch_one(db.readers())
            .await?;
        crate::row::optional_time(&row, "run_at")
    }

    /// The first activities of an actor that are due, in the order they came.
    pub async fn due(db: &Db, actor_id: i64, max: i64, now: Timestamp) -> Result<Vec<Self>, Error> {
        let rows = sqlx::query(
            "SELECT id, url, actor_id, body, attempts FROM inbox_activities
             WHERE body IS NOT NULL AND actor_id = $1 AND run_at <= $2 ORDER BY run_at, id LIMIT $3",
        )
        .bind(actor_id)
        .bind(now.as_millisecond())
        .bind(max)
        .fetch_all(db.readers())
        .await?;
        rows.iter().map(Self::from_row).collect()
    }

    /// Nothing is left to do, for good or because of `error`.
    pub async fn finish(tx: &mut Tx, id: i64, error: Option<&str>) -> Result<(), Error> {
        sqlx::query(
            "UPDATE inbox_activities SET body = NULL, attempts = attempts + 1, error = $1 WHERE id = $2",
        )
        .bind(error)
        .bind(id)
        .execute(tx.connection())
        .await?;
        Ok(())
    }

    pub async fn retry(tx: &mut Tx, id: i64, error: &str, run_at: Timestamp) -> Result<(), Error> {
        sqlx::query(
            "UPDATE inbox_activities SET attempts = attempts + 1, error = $1, run_at = $2 WHERE id = $3",
        )
        .bind(error)
        .bind(run_at.as_millisecond())
        .bind(id)
        .execute(tx.connection())
        .await?;
        Ok(())
    }

    /// Forgets what was done and came before `before`, at most `max` at once; how many.
    pub async fn forget(tx: &mut Tx, before: Timestamp, max: i64) -> Result<u64, Error> {
        let done = sqlx::query(
            "DELETE FROM inbox_activities WHERE id IN
                (SELECT id FROM inbox_activities WHERE received_at < $1 AND body IS NULL ORDER BY received_at LIMIT $2)",
        )
        .bind(before.as_millisecond())
        .bind(max)
        .execute(tx.connection())
        .await?;
        Ok(done.rows_affected())
    }
}
