//! Who follows whom: people and servers, here and elsewhere. What is counted of local actors the database keeps up to date by
//! itself (triggers in the migrations).

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::actor::{actor_columns, actor_from_row};
use crate::list::contains;
use crate::row::{get, numbered, one_of, time};
use crate::sql::Sql;
use crate::{Actor, ActorKind, Db, Error, List, Page, Tx};

numbered! {
    FollowState { Pending = 1, Accepted = 2, Rejected = 3 }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    pub id: i64,
    pub follower: Actor,
    pub target: Actor,
    pub state: FollowState,
    /// The ActivityPub id of what a remote follower sent; that of a local one's follows from `id`.
    pub url: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Which follows are listed; `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct FollowFilter {
    pub follower_id: Option<i64>,
    pub target_id: Option<i64>,
    /// Of an account or of one of its channels.
    pub target_account_id: Option<i64>,
    pub state: Option<FollowState>,
    pub follower_kind: Option<ActorKind>,
    pub target_kind: Option<ActorKind>,
    /// Part of a name or of the host of either side.
    pub search: Option<String>,
    pub newest_first: bool,
    /// Ordered by state first, and by age among equals.
    pub by_state: bool,
}

macro_rules! joins {
    () => {
        " FROM follows f JOIN actors a ON a.id = f.follower_id LEFT JOIN instances i ON i.id = a.instance_id
         JOIN actors t ON t.id = f.target_id LEFT JOIN instances ti ON ti.id = t.instance_id "
    };
}

macro_rules! select {
    ($condition:expr) => {
        concat!(
            "SELECT f.id AS follow_id, f.state, f.url AS follow_url, f.created_at AS followed_at,
             f.updated_at AS decided_at, ",
            actor_columns!("a", "i", "follower_"),
            ", ",
            actor_columns!("t", "ti", "target_"),
            joins!(),
            $condition
        )
    };
}

impl Follow {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: get(row, "follow_id")?,
            follower: actor_from_row!(row, "follower_"),
            target: actor_from_row!(row, "target_"),
            state: one_of(row, "state")?,
            url: get(row, "follow_url")?,
            created_at: time(row, "followed_at")?,
            updated_at: time(row, "decided_at")?,
        })
    }

    pub async fn by_id(db: &Db, id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("WHERE f.id = $1"))
            .bind(id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// By the id that a remote follower gave it.
    pub async fn by_url(db: &Db, url: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("WHERE f.url = $1"))
            .bind(url)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    pub async fn between(db: &Db, follower_id: i64, target_id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("WHERE f.follower_id = $1 AND f.target_id = $2"))
            .bind(follower_id)
            .bind(target_id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// Makes a follow, or gives the one that is there another state and id; its number.
    pub async fn put(
        tx: &mut Tx,
        (follower_id, target_id): (i64, i64),
        state: FollowState,
        url: Option<&str>,
        now: Timestamp,
    ) -> Result<i64, Error> {
        let row = sqlx::query(
            "INSERT INTO follows (follower_id, target_id, state, url, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $5)
             ON CONFLICT (follower_id, target_id) DO UPDATE SET state = $3, url = $4, updated_at = $5 RETURNING id",
        )
        .bind(follower_id)
        .bind(target_id)
        .bind(state.id())
        .bind(url)
        .bind(now.as_millisecond())
        .fetch_one(tx.connection())
        .await?;
        Ok(row.try_get(0)?)
    }

    /// Whether there was something to change.
    pub async fn set_state(tx: &mut Tx, id: i64, state: FollowState, now: Timestamp) -> Result<bool, Error> {
        let done =
            sqlx::query("UPDATE follows SET state = $1, updated_at = $2 WHERE id = $3 AND state <> $1")
                .bind(state.id())
                .bind(now.as_millisecond())
                .bind(id)
                .execute(tx.connection())
                .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Whether there was one.
    pub async fn delete(tx: &mut Tx, id: i64) -> Result<bool, Error> {
        let done = sqlx::query("DELETE FROM follows WHERE id = $1")
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(done.rows_affected() > 0)
    }

    pub async fn list(db: &Db, filter: &FollowFilter, page: Page) -> Result<List<Self>, Error> {
        let mut query = filtered(select!("WHERE 1 = 1"), filter);
        query.push(match (filter.by_state, filter.newest_first) {
            (false, true) => " ORDER BY f.created_at DESC, f.id DESC LIMIT ",
            (false, false) => " ORDER BY f.created_at, f.id LIMIT ",
            (true, true) => " ORDER BY f.state DESC, f.created_at DESC, f.id DESC LIMIT ",
            (true, false) => " ORDER BY f.state, f.created_at, f.id LIMIT ",
        });
        query.bind(page.count).push(" OFFSET ").bind(page.start);
        let rows = query.all(db.readers()).await?;
        let total = if page.skip_total {
            0
        } else {
            filtered(concat!("SELECT COUNT(*)", joins!(), "WHERE 1 = 1"), filter)
                .count(db.readers())
                .await?
        };
        Ok(List {
            total,
            data: rows.iter().map(Self::from_row).collect::<Result<_, _>>()?,
        })
    }
}

fn filtered(start: &'static str, filter: &FollowFilter) -> Sql {
    let mut sql = Sql::new(start);
    if let Some(id) = filter.follower_id {
        sql.push(" AND f.follower_id = ").bind(id);
    }
    if let Some(id) = filter.target_id {
        sql.push(" AND f.target_id = ").bind(id);
    }
    if let Some(id) = filter.target_account_id {
        sql.push(" AND (f.target_id IN (SELECT actor_id FROM accounts WHERE id = ")
            .bind(id)
            .push(") OR f.target_id IN (SELECT actor_id FROM channels WHERE account_id = ")
            .bind(id)
            .push("))");
    }
    if let Some(state) = filter.state {
        sql.push(" AND f.state = ").bind(state.id());
    }
    if let Some(kind) = filter.follower_kind {
        sql.push(" AND a.kind = ").bind(kind.id());
    }
    if let Some(kind) = filter.target_kind {
        sql.push(" AND t.kind = ").bind(kind.id());
    }
    if let Some(search) = &filter.search {
        let pattern = contains(search);
        sql.push(" AND (");
        for (index, column) in [
            "lower(a.name)",
            "i.host",
            "lower(t.name)",
            "lower(t.display_name)",
            "ti.host",
        ]
        .into_iter()
        .enumerate()
        {
            sql.push(if index == 0 { "" } else { " OR " });
            sql.push(column)
                .push(" LIKE ")
                .bind(pattern.clone())
                .push(" ESCAPE '\\'");
        }
        sql.push(")");
    }
    sql
}
