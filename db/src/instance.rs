//! Other servers: whether they can be reached, and what waits for them.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::row::{flag, get, numbered, optional_one_of, optional_time, time};
use crate::sql::Sql;
use crate::{Db, Error, List, Page, Tx};

numbered! {
    /// How requests to a server are signed: as the fediverse always did, or as the RFC says.
    SignatureScheme { Cavage = 1, Rfc9421 = 2 }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    pub id: i64,
    /// With the port if it is not the scheme's own.
    pub host: String,
    pub redundancy_allowed: bool,
    /// What it took last; `None` when nothing was tried.
    pub signature_scheme: Option<SignatureScheme>,
    /// Deliveries that failed in a row.
    pub failures: i64,
    /// When the next delivery is tried, after a failure.
    pub retry_at: Option<Timestamp>,
    pub last_error: Option<String>,
    /// When it last took an activity.
    pub delivered_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// A server, for its administrator's list of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceFacts {
    pub instance: Instance,
    /// Deliveries that wait.
    pub queued: i64,
    /// Deliveries that were given up.
    pub given_up: i64,
    /// Actors known of it.
    pub actors: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceSort {
    Host,
    /// Most first.
    Queued,
    /// Most first.
    Failures,
    /// Latest first.
    Delivered,
}

/// Servers something waits for, found by jumping from one to the next in the index: the length of queues costs nothing.
macro_rules! with_queue {
    () => {
        "WITH RECURSIVE with_queue(id) AS (
            SELECT MIN(instance_id) FROM deliveries WHERE error IS NULL
            UNION ALL
            SELECT (SELECT MIN(d.instance_id) FROM deliveries d WHERE d.error IS NULL AND d.instance_id > q.id)
            FROM with_queue q WHERE q.id IS NOT NULL)
         "
    };
}

impl Instance {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: get(row, "id")?,
            host: get(row, "host")?,
            redundancy_allowed: flag(row, "redundancy_allowed")?,
            signature_scheme: optional_one_of(row, "signature_scheme")?,
            failures: get(row, "failures")?,
            retry_at: optional_time(row, "retry_at")?,
            last_error: get(row, "last_error")?,
            delivered_at: optional_time(row, "delivered_at")?,
            created_at: time(row, "created_at")?,
        })
    }

    /// The server with this host, which is known from now on.
    pub async fn ensure(tx: &mut Tx, host: &str, now: Timestamp) -> Result<i64, Error> {
        let host = host.to_ascii_lowercase();
        // On PostgreSQL, an UPDATE in place of NOTHING would lock the row against deliveries.
        sqlx::query("INSERT INTO instances (host, created_at) VALUES ($1, $2) ON CONFLICT (host) DO NOTHING")
            .bind(host.as_str())
            .bind(now.as_millisecond())
            .execute(tx.connection())
            .await?;
        let row = sqlx::query("SELECT id FROM instances WHERE host = $1")
            .bind(host.as_str())
            .fetch_one(tx.connection())
            .await?;
        Ok(row.try_get(0)?)
    }

    pub async fn by_id(db: &Db, id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM instances WHERE id = $1")
            .bind(id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    pub async fn by_host(db: &Db, host: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM instances WHERE host = $1")
            .bind(host.to_ascii_lowercase())
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// Servers something waits for and that may be tried now. Those in good health come first, then whoever heard least lately: of
    /// more than `count`, all get their turn.
    pub async fn due(db: &Db, now: Timestamp, count: i64) -> Result<Vec<i64>, Error> {
        let rows = sqlx::query(concat!(
            with_queue!(),
            "SELECT i.id FROM with_queue q JOIN instances i ON i.id = q.id
             WHERE i.retry_at IS NULL OR i.retry_at <= $1
             ORDER BY CASE WHEN i.failures = 0 THEN 0 ELSE 1 END, coalesce(i.delivered_at, 0), i.id LIMIT $2"
        ))
        .bind(now.as_millisecond())
        .bind(count)
        .fetch_all(db.readers())
        .await?;
        rows.iter().map(|row| get(row, "id")).collect()
    }

    /// When the next one may be tried that may not be tried now.
    pub async fn next_retry(db: &Db, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        let row = sqlx::query(concat!(
            with_queue!(),
            "SELECT MIN(i.retry_at) AS retry_at FROM with_queue q JOIN instances i ON i.id = q.id WHERE i.retry_at > $1"
        ))
        .bind(now.as_millisecond())
        .fetch_one(db.readers())
        .await?;
        optional_time(&row, "retry_at")
    }

    /// It took something, signed like this: what went before is forgotten.
    pub async fn reached(
        tx: &mut Tx,
        id: i64,
        scheme: Option<SignatureScheme>,
        now: Timestamp,
    ) -> Result<(), Error> {
        sqlx::query(
            "UPDATE instances SET failures = 0, retry_at = NULL, last_error = NULL, delivered_at = $1,
             signature_scheme = $2 WHERE id = $3",
        )
        .bind(now.as_millisecond())
        .bind(scheme.map(SignatureScheme::id))
        .bind(id)
        .execute(tx.connection())
        .await?;
        Ok(())
    }

    /// It answered, but did not want it.
    pub async fn answered(tx: &mut Tx, id: i64, error: &str) -> Result<(), Error> {
        sqlx::query("UPDATE instances SET failures = 0, retry_at = NULL, last_error = $1 WHERE id = $2")
            .bind(error)
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// It could not be reached, or was not in a state to take anything.
    pub async fn failed(
        tx: &mut Tx,
        id: i64,
        failures: i64,
        retry_at: Timestamp,
        error: &str,
    ) -> Result<(), Error> {
        sqlx::query("UPDATE instances SET failures = $1, retry_at = $2, last_error = $3 WHERE id = $4")
            .bind(failures)
            .bind(retry_at.as_millisecond())
            .bind(error)
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    pub async fn set_redundancy_allowed(tx: &mut Tx, id: i64, allowed: bool) -> Result<(), Error> {
        sqlx::query("UPDATE instances SET redundancy_allowed = $1 WHERE id = $2")
            .bind(i64::from(allowed))
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// A server that speaks is there again: what waits for the server of this actor goes at `soon`, if it was to go later.
    /// Whether that changed anything; then ring `deliveries` after the commit.
    pub async fn heard_from(tx: &mut Tx, actor_id: i64, soon: Timestamp) -> Result<bool, Error> {
        let changed = sqlx::query(
            "UPDATE instances SET retry_at = $1
             WHERE id = (SELECT instance_id FROM actors WHERE id = $2) AND retry_at > $1",
        )
        .bind(soon.as_millisecond())
        .bind(actor_id)
        .execute(tx.connection())
        .await?;
        Ok(changed.rows_affected() > 0)
    }

    /// What waits for it may go now; ring `deliveries` after the commit.
    pub async fn retry_now(tx: &mut Tx, id: i64) -> Result<(), Error> {
        sqlx::query("UPDATE instances SET retry_at = NULL WHERE id = $1")
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// What waits for it and what was given up is deleted; how much that was.
    pub async fn drop_queue(tx: &mut Tx, id: i64) -> Result<u64, Error> {
        let dropped = sqlx::query("DELETE FROM deliveries WHERE instance_id = $1")
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(dropped.rows_affected())
    }

    /// Other servers as their administrator's page lists them; `search` is part of a host.
    pub async fn list(
        db: &Db,
        search: Option<&str>,
        sort: InstanceSort,
        page: Page,
    ) -> Result<List<InstanceFacts>, Error> {
        let condition = |sql: &mut Sql| {
            if let Some(search) = search {
                sql.push(" WHERE i.host LIKE ")
                    .bind(crate::list::contains(search))
                    .push(" ESCAPE '\\'");
            }
        };
        let total = if page.skip_total {
            0
        } else {
            let mut sql = Sql::new("SELECT COUNT(*) FROM instances i");
            condition(&mut sql);
            sql.count(db.readers()).await?
        };
        let mut sql = Sql::new(
            "SELECT i.*,
             (SELECT COUNT(*) FROM deliveries d WHERE d.instance_id = i.id AND d.error IS NULL) AS queued,
             (SELECT COUNT(*) FROM deliveries d WHERE d.instance_id = i.id AND d.error IS NOT NULL) AS given_up,
             (SELECT COUNT(*) FROM actors a WHERE a.instance_id = i.id) AS actors
             FROM instances i",
        );
        condition(&mut sql);
        sql.push(match sort {
            InstanceSort::Host => " ORDER BY i.host",
            InstanceSort::Queued => " ORDER BY queued DESC, i.host",
            InstanceSort::Failures => " ORDER BY i.failures DESC, i.host",
            InstanceSort::Delivered => " ORDER BY coalesce(i.delivered_at, 0) DESC, i.host",
        });
        sql.push(" LIMIT ")
            .bind(page.count)
            .push(" OFFSET ")
            .bind(page.start);
        let rows = sql.all(db.readers()).await?;
        let facts = |row: &AnyRow| {
            Ok(InstanceFacts {
                instance: Self::from_row(row)?,
                queued: get(row, "queued")?,
                given_up: get(row, "given_up")?,
                actors: get(row, "actors")?,
            })
        };
        let data = rows.iter().map(facts).collect::<Result<_, Error>>()?;
        Ok(List { total, data })
    }
}
