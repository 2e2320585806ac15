//! Whom this server, or somebody on it, does not want to hear of.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::actor::actor_columns;
use crate::list::contains;
use crate::row::{get, time};
use crate::sql::Sql;
use crate::{Account, Db, Error, List, Page, Tx};

/// Blocks of the whole instance, and those of single accounts (`by`).
#[derive(Debug)]
pub struct Blocklist;

/// Somebody, or a server, that is blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked<T> {
    pub target: T,
    pub created_at: Timestamp,
}

impl Blocklist {
    /// Blocks a server, unless it is already.
    pub async fn add_host(tx: &mut Tx, by: Option<i64>, host: &str, now: Timestamp) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO blocked_instances (account_id, host, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (host, coalesce(account_id, 0)) DO NOTHING",
        )
        .bind(by)
        .bind(host)
        .bind(now.as_millisecond())
        .execute(tx.connection())
        .await?;
        Ok(())
    }

    /// Whether it was blocked.
    pub async fn remove_host(tx: &mut Tx, by: Option<i64>, host: &str) -> Result<bool, Error> {
        let done = sqlx::query(
            "DELETE FROM blocked_instances WHERE host = $1 AND coalesce(account_id, 0) = coalesce($2, 0)",
        )
        .bind(host)
        .bind(by)
        .execute(tx.connection())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Blocks an account, unless it is already.
    pub async fn add_account(
        tx: &mut Tx,
        by: Option<i64>,
        account_id: i64,
        now: Timestamp,
    ) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO blocked_accounts (account_id, target_id, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (target_id, coalesce(account_id, 0)) DO NOTHING",
        )
        .bind(by)
        .bind(account_id)
        .bind(now.as_millisecond())
        .execute(tx.connection())
        .await?;
        Ok(())
    }

    /// Whether it was blocked.
    pub async fn remove_account(tx: &mut Tx, by: Option<i64>, account_id: i64) -> Result<bool, Error> {
        let done = sqlx::query(
            "DELETE FROM blocked_accounts WHERE target_id = $1 AND coalesce(account_id, 0) = coalesce($2, 0)",
        )
        .bind(account_id)
        .bind(by)
        .execute(tx.connection())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Whether the administrator blocked this server.
    pub async fn has_host(db: &Db, host: &str) -> Result<bool, Error> {
        let row =
            sqlx::query("SELECT COUNT(*) FROM blocked_instances WHERE host = $1 AND account_id IS NULL")
                .bind(host)
                .fetch_one(db.readers())
                .await?;
        Ok(row.try_get::<i64, _>(0)? > 0)
    }

    /// Whether the administrator blocked the account of this actor, the owner of this channel, or their server.
    pub async fn has_actor(db: &Db, actor_id: i64) -> Result<bool, Error> {
        let row = sqlx::query(
            "SELECT COUNT(*) FROM actors a LEFT JOIN instances i ON i.id = a.instance_id
             LEFT JOIN channels c ON c.actor_id = a.id
             LEFT JOIN accounts own ON own.actor_id = a.id
             WHERE a.id = $1 AND (
                EXISTS (SELECT 1 FROM blocked_instances b WHERE b.host = i.host AND b.account_id IS NULL)
                OR EXISTS (SELECT 1 FROM blocked_accounts b
                    WHERE b.target_id = coalesce(own.id, c.account_id) AND b.account_id IS NULL))",
        )
        .bind(actor_id)
        .fetch_one(db.readers())
        .await?;
        Ok(row.try_get::<i64, _>(0)? > 0)
    }

    /// Whether a local actor, or the person it belongs to, does not want to hear of another one.
    pub async fn has_between(db: &Db, local_actor_id: i64, other_actor_id: i64) -> Result<bool, Error> {
        let row = sqlx::query(
            "SELECT COUNT(*) FROM actors o LEFT JOIN instances i ON i.id = o.instance_id
             LEFT JOIN channels oc ON oc.actor_id = o.id
             LEFT JOIN accounts oa ON oa.actor_id = o.id
             JOIN accounts mine ON mine.id = coalesce(
                (SELECT id FROM accounts WHERE actor_id = $1), (SELECT account_id FROM channels WHERE actor_id = $1))
             WHERE o.id = $2 AND (
                EXISTS (SELECT 1 FROM blocked_instances b WHERE b.host = i.host AND b.account_id = mine.id)
                OR EXISTS (SELECT 1 FROM blocked_accounts b
                    WHERE b.target_id = coalesce(oa.id, oc.account_id) AND b.account_id = mine.id))",
        )
        .bind(local_actor_id)
        .bind(other_actor_id)
        .fetch_one(db.readers())
        .await?;
        Ok(row.try_get::<i64, _>(0)? > 0)
    }

    /// Whether this server is blocked by exactly this account, or by the instance.
    pub async fn blocks_host(db: &Db, by: Option<i64>, host: &str) -> Result<bool, Error> {
        let row = sqlx::query(
            "SELECT COUNT(*) FROM blocked_instances WHERE host = $1 AND coalesce(account_id, 0) = $2",
        )
        .bind(host.to_ascii_lowercase())
        .bind(by.unwrap_or(0))
        .fetch_one(db.readers())
        .await?;
        Ok(row.try_get::<i64, _>(0)? > 0)
    }

    /// As [`Blocklist::blocks_host`], of an account itself.
    pub async fn blocks_account(db: &Db, by: Option<i64>, target_id: i64) -> Result<bool, Error> {
        let row = sqlx::query(
            "SELECT COUNT(*) FROM blocked_accounts WHERE target_id = $1 AND coalesce(account_id, 0) = $2",
        )
        .bind(target_id)
        .bind(by.unwrap_or(0))
        .fetch_one(db.readers())
        .await?;
        Ok(row.try_get::<i64, _>(0)? > 0)
    }

    /// Servers, latest first; `search` is part of a host.
    pub async fn hosts(
        db: &Db,
        by: Option<i64>,
        search: Option<&str>,
        page: Page,
    ) -> Result<List<Blocked<String>>, Error> {
        let conditions = |sql: &mut Sql| {
            sql.push(" FROM blocked_instances b WHERE coalesce(b.account_id, 0) = ")
                .bind(by.unwrap_or(0));
            if let Some(search) = search {
                sql.push(" AND b.host LIKE ")
                    .bind(contains(search))
                    .push(" ESCAPE '\\'");
            }
        };
        let mut sql = Sql::new("SELECT b.host, b.created_at");
        conditions(&mut sql);
        sql.push(" ORDER BY b.id DESC LIMIT ")
            .bind(page.count)
            .push(" OFFSET ")
            .bind(page.start);
        let rows = sql.all(db.readers()).await?;
        let blocked = |row: &AnyRow| {
            Ok(Blocked {
                target: get(row, "host")?,
                created_at: time(row, "created_at")?,
            })
        };
        Ok(List {
            total: total(db, page, conditions).await?,
            data: rows.iter().map(blocked).collect::<Result<_, Error>>()?,
        })
    }

    /// Accounts, latest first; `search` is part of a name.
    pub async fn accounts(
        db: &Db,
        by: Option<i64>,
        search: Option<&str>,
        page: Page,
    ) -> Result<List<Blocked<Account>>, Error> {
        let conditions = |sql: &mut Sql| {
            sql.push(
                " FROM blocked_accounts b JOIN accounts account ON account.id = b.target_id
                 JOIN actors a ON a.id = account.actor_id LEFT JOIN instances i ON i.id = a.instance_id
                 WHERE coalesce(b.account_id, 0) = ",
            )
            .bind(by.unwrap_or(0));
            if let Some(search) = search {
                sql.push(" AND lower(a.name) LIKE ")
                    .bind(contains(search))
                    .push(" ESCAPE '\\'");
            }
        };
        let mut sql = Sql::new(concat!(
            "SELECT b.created_at AS blocked_at, account.id AS account_id, account.user_id AS account_user_id, ",
            actor_columns!("a", "i", "account_")
        ));
        conditions(&mut sql);
        sql.push(" ORDER BY b.id DESC LIMIT ")
            .bind(page.count)
            .push(" OFFSET ")
            .bind(page.start);
        let rows = sql.all(db.readers()).await?;
        let blocked = |row: &AnyRow| {
            Ok(Blocked {
                target: Account::from_row(row)?,
                created_at: time(row, "blocked_at")?,
            })
        };
        Ok(List {
            total: total(db, page, conditions).await?,
            data: rows.iter().map(blocked).collect::<Result<_, Error>>()?,
        })
    }
}

async fn total(db: &Db, page: Page, conditions: impl Fn(&mut Sql)) -> Result<i64, Error> {
    if page.skip_total {
        return Ok(0);
    }
    let mut sql = Sql::new("SELECT COUNT(*)");
    conditions(&mut sql);
    sql.count(db.readers()).await
}
