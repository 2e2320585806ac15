//! Accounts: who owns channels. A local one belongs to a user, a remote one only has its actor.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::actor::{actor_columns, actor_from_row, handle_condition};
use crate::row::get;
use crate::{Actor, ActorKind, Db, Error, Handle, List, Page, Tx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: i64,
    pub user_id: Option<i64>,
    pub actor: Actor,
}

macro_rules! select {
    ($condition:expr) => {
        concat!(
            "SELECT account.id AS account_id, account.user_id AS account_user_id, ",
            actor_columns!("a", "i", "account_"),
            " FROM accounts account JOIN actors a ON a.id = account.actor_id
              LEFT JOIN instances i ON i.id = a.instance_id ",
            $condition
        )
    };
}

impl Account {
    pub(crate) fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: get(row, "account_id")?,
            user_id: get(row, "account_user_id")?,
            actor: actor_from_row!(row, "account_"),
        })
    }

    pub async fn by_id(db: &Db, id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("WHERE account.id = $1"))
            .bind(id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    pub async fn by_user(db: &Db, user_id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("WHERE account.user_id = $1"))
            .bind(user_id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// The account that this actor is.
    pub async fn by_actor(db: &Db, actor_id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("WHERE account.actor_id = $1"))
            .bind(actor_id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// The number of the account that this actor is, in the same transaction that made it.
    pub async fn id_of_actor(tx: &mut Tx, actor_id: i64) -> Result<i64, Error> {
        let row = sqlx::query("SELECT id FROM accounts WHERE actor_id = $1")
            .bind(actor_id)
            .fetch_one(tx.connection())
            .await?;
        Ok(row.try_get(0)?)
    }

    pub async fn by_handle(db: &Db, handle: &Handle) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!(concat!("WHERE ", handle_condition!("$1", "$2"))))
            .bind(handle.name.as_str())
            .bind(handle.host.as_deref())
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// Everyone known here, oldest first or newest first.
    pub async fn list(db: &Db, page: Page, newest_first: bool) -> Result<List<Self>, Error> {
        let query = if newest_first {
            select!("ORDER BY account.id DESC LIMIT $1 OFFSET $2")
        } else {
            select!("ORDER BY account.id LIMIT $1 OFFSET $2")
        };
        let rows = sqlx::query(query)
            .bind(page.count)
            .bind(page.start)
            .fetch_all(db.readers())
            .await?;
        let total = if page.skip_total {
            0
        } else {
            sqlx::query("SELECT COUNT(*) FROM accounts")
                .fetch_one(db.readers())
                .await?
                .try_get(0)?
        };
        Ok(List {
            total,
            data: rows.iter().map(Self::from_row).collect::<Result<_, _>>()?,
        })
    }

    /// Changes what people see of an account. `None` leaves a field as it is, `Some(None)` empties it.
    pub async fn update(
        tx: &mut Tx,
        id: i64,
        display_name: Option<&str>,
        description: Option<Option<&str>>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let actor_id: i64 = sqlx::query("SELECT actor_id FROM accounts WHERE id = $1")
            .bind(id)
            .fetch_one(tx.connection())
            .await?
            .try_get(0)?;
        Actor::update(tx, actor_id, display_name, description, now).await
    }

    pub(crate) async fn insert_local(
        tx: &mut Tx,
        user_id: i64,
        name: &str,
        now: Timestamp,
    ) -> Result<i64, Error> {
        let actor_id = Actor::insert_local(tx, ActorKind::Person, name, name, None, now).await?;
        let row = sqlx::query("INSERT INTO accounts (actor_id, user_id) VALUES ($1, $2) RETURNING id")
            .bind(actor_id)
            .bind(user_id)
            .fetch_one(tx.connection())
            .await?;
        Ok(row.try_get(0)?)
    }
}
