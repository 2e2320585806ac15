//! Activities on their way to other servers. Written with the change they tell of; deleted one by one as they arrive.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::row::{flag, get, time};
use crate::sql::Sql;
use crate::{Db, Error, Tx};

/// Whom an activity is for. Only actors of other servers have inboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// The inbox of this actor alone.
    Inbox(i64),
    /// The inbox this actor shares with others of its server, if there is one.
    SharedInbox(i64),
    /// Everyone who follows this actor, once per inbox, those of servers this instance blocks left out.
    Followers(i64),
}

/// An activity that goes out: one of an actor here, or somebody else's that is passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub id: i64,
    /// Who signs the requests.
    pub actor_id: i64,
    pub body: String,
    /// Whether the body carries its own signature already.
    pub signed: bool,
}

impl Outgoing {
    pub async fn insert(
        tx: &mut Tx,
        actor_id: i64,
        body: &str,
        signed: bool,
        now: Timestamp,
    ) -> Result<i64, Error> {
        let row = sqlx::query(
            "INSERT INTO activities (actor_id, body, signed, created_at) VALUES ($1, $2, $3, $4) RETURNING id",
        )
        .bind(actor_id)
        .bind(body)
        .bind(i64::from(signed))
        .bind(now.as_millisecond())
        .fetch_one(tx.connection())
        .await?;
        Ok(row.try_get(0)?)
    }

    pub async fn by_id(db: &Db, id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT id, actor_id, body, signed FROM activities WHERE id = $1")
            .bind(id)
            .fetch_optional(db.readers())
            .await?;
        let outgoing = |row: &AnyRow| {
            Ok(Self {
                id: get(row, "id")?,
                actor_id: get(row, "actor_id")?,
                body: get(row, "body")?,
                signed: flag(row, "signed")?,
            })
        };
        row.as_ref().map(outgoing).transpose()
    }

    /// Now with a signature inside.
    pub async fn set_signed(tx: &mut Tx, id: i64, body: &str) -> Result<(), Error> {
        sqlx::query("UPDATE activities SET body = $1, signed = 1 WHERE id = $2")
            .bind(body)
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// Those that have reached everyone, or that nobody was to get.
    pub async fn prune(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
        let pruned = sqlx::query(
            "DELETE FROM activities WHERE created_at < $1
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.activity_id = activities.id)",
        )
        .bind(before.as_millisecond())
        .execute(tx.connection())
        .await?;
        Ok(pruned.rows_affected())
    }
}

/// One activity for one inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: i64,
    pub activity_id: i64,
    pub inbox: String,
    pub attempts: i64,
    pub created_at: Timestamp,
}

/// How much is under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryCounts {
    pub queued: i64,
    /// Kept for the administrator to see.
    pub given_up: i64,
    /// Servers that something waits for and that failed last.
    pub unreachable: i64,
}

impl Delivery {
    /// Queues an activity for these, without those of the instances in `except`. An inbox gets it once.
    pub async fn insert(
        tx: &mut Tx,
        activity_id: i64,
        to: &[Recipient],
        except: &[i64],
        now: Timestamp,
    ) -> Result<u64, Error> {
        let mut inserted = 0;
        for recipient in to {
            let mut sql = Sql::new(
                "INSERT INTO deliveries (activity_id, instance_id, inbox, created_at) SELECT DISTINCT CAST(",
            );
            sql.bind(activity_id).push(" AS BIGINT), a.instance_id, ");
            let (inbox, source, id) = match *recipient {
                Recipient::Inbox(id) => ("a.inbox", "actors a WHERE a.id = ", id),
                Recipient::SharedInbox(id) => {
                    ("coalesce(a.shared_inbox, a.inbox)", "actors a WHERE a.id = ", id)
                }
                Recipient::Followers(id) => (
                    "coalesce(a.shared_inbox, a.inbox)",
                    "follows f JOIN actors a ON a.id = f.follower_id JOIN instances i ON i.id = a.instance_id
                     WHERE f.state = 2 AND NOT EXISTS (SELECT 1 FROM blocked_instances b
                     WHERE b.host = i.host AND b.account_id IS NULL) AND f.target_id = ",
                    id,
                ),
            };
            sql.push(inbox).push(", CAST(").bind(now.as_millisecond());
            sql.push(" AS BIGINT) FROM ").push(source).bind(id);
            sql.push(" AND a.instance_id IS NOT NULL AND a.inbox IS NOT NULL");
            if !except.is_empty() {
                sql.push(" AND a.instance_id NOT IN ").bind_list(except.to_vec());
            }
            sql.push(" ON CONFLICT (activity_id, inbox) DO NOTHING");
            inserted += sql.execute(tx.connection()).await?;
        }
        Ok(inserted)
    }

    /// What an instance gets next.
    pub async fn next(db: &Db, instance_id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query(
            "SELECT id, activity_id, inbox, attempts, created_at FROM deliveries
             WHERE instance_id = $1 AND error IS NULL ORDER BY id LIMIT 1",
        )
        .bind(instance_id)
        .fetch_optional(db.readers())
        .await?;
        let delivery = |row: &AnyRow| {
            Ok(Self {
                id: get(row, "id")?,
                activity_id: get(row, "activity_id")?,
                inbox: get(row, "inbox")?,
                attempts: get(row, "attempts")?,
                created_at: time(row, "created_at")?,
            })
        };
        row.as_ref().map(delivery).transpose()
    }

    /// It is there: the row goes.
    pub async fn finish(tx: &mut Tx, id: i64) -> Result<(), Error> {
        sqlx::query("DELETE FROM deliveries WHERE id = $1")
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// It did not arrive this time.
    pub async fn count_attempt(tx: &mut Tx, id: i64) -> Result<(), Error> {
        sqlx::query("UPDATE deliveries SET attempts = attempts + 1 WHERE id = $1")
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// It never will; the row stays for the administrator to see.
    pub async fn give_up(tx: &mut Tx, id: i64, error: &str) -> Result<(), Error> {
        sqlx::query("UPDATE deliveries SET attempts = attempts + 1, error = $1 WHERE id = $2")
            .bind(error)
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// So does everything for this instance that has waited since before then.
    pub async fn give_up_older(
        tx: &mut Tx,
        instance_id: i64,
        before: Timestamp,
        error: &str,
    ) -> Result<u64, Error> {
        let given_up = sqlx::query(
            "UPDATE deliveries SET error = $1 WHERE instance_id = $2 AND error IS NULL AND created_at < $3",
        )
        .bind(error)
        .bind(instance_id)
        .bind(before.as_millisecond())
        .execute(tx.connection())
        .await?;
        Ok(given_up.rows_affected())
    }

    /// Forgets what was given up long ago.
    pub async fn prune(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
        let pruned = sqlx::query("DELETE FROM deliveries WHERE error IS NOT NULL AND created_at < $1")
            .bind(before.as_millisecond())
            .execute(tx.connection())
            .await?;
        Ok(pruned.rows_affected())
    }

    pub async fn counts(db: &Db) -> Result<DeliveryCounts, Error> {
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM deliveries WHERE error IS NULL) AS queued,
                    (SELECT COUNT(*) FROM deliveries WHERE error IS NOT NULL) AS given_up,
                    (SELECT COUNT(*) FROM instances i WHERE i.failures > 0 AND EXISTS
                     (SELECT 1 FROM deliveries d WHERE d.instance_id = i.id AND d.error IS NULL)) AS unreachable",
        )
        .fetch_one(db.readers())
        .await?;
        Ok(DeliveryCounts {
            queued: get(&row, "queued")?,
            given_up: get(&row, "given_up")?,
            unreachable: get(&row, "unreachable")?,
        })
    }
}
