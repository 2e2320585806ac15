//! Channels: what videos belong to, and what people follow.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::actor::{actor_from_row, handle_condition};
use crate::list::contains;
use crate::row::get;
use crate::sql::Sql;
use crate::video::{Removed, Video};
use crate::{Account, Actor, ActorKind, Db, Error, Handle, List, Page, Tx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    pub id: i64,
    pub actor: Actor,
    /// How to support the channel, shown beside its videos.
    pub support: Option<String>,
    pub account: Account,
}

#[derive(Debug, Clone)]
pub struct NewChannel {
    pub name: String,
    pub display_name: String,
    pub description: Option<String>,
    pub support: Option<String>,
}

/// `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
pub struct ChannelUpdate {
    pub display_name: Option<String>,
    pub description: Option<Option<String>>,
    pub support: Option<Option<String>>,
}

/// A channel and its owner; the tables are joined as in [`joins`].
macro_rules! columns {
    () => {
        concat!(
            "channel.id AS channel_id, channel.support AS channel_support, ",
            $crate::actor::actor_columns!("a", "i", "channel_"),
            ", account.id AS account_id, account.user_id AS account_user_id, ",
            $crate::actor::actor_columns!("oa", "oi", "account_")
        )
    };
}
pub(crate) use columns;

macro_rules! joins {
    () => {
        "JOIN actors a ON a.id = channel.actor_id LEFT JOIN instances i ON i.id = a.instance_id
         JOIN accounts account ON account.id = channel.account_id
         JOIN actors oa ON oa.id = account.actor_id LEFT JOIN instances oi ON oi.id = oa.instance_id"
    };
}
pub(crate) use joins;

macro_rules! select {
    ($condition:expr) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM channels channel ",
            joins!(),
            " ",
            $condition
        )
    };
}

impl Channel {
    pub(crate) fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: get(row, "channel_id")?,
            actor: actor_from_row!(row, "channel_"),
            support: get(row, "channel_support")?,
            account: Account::from_row(row)?,
        })
    }

    pub fn is_local(&self) -> bool {
        self.actor.is_local()
    }

    /// Whether this user owns the channel.
    pub fn belongs_to(&self, user_id: i64) -> bool {
        self.account.user_id == Some(user_id)
    }

    pub async fn by_id(db: &Db, id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("WHERE channel.id = $1"))
            .bind(id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// The channel that this actor is.
    pub async fn by_actor(db: &Db, actor_id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("WHERE channel.actor_id = $1"))
            .bind(actor_id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    pub async fn by_handle(db: &Db, handle: &Handle) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!(concat!("WHERE ", handle_condition!("$1", "$2"))))
            .bind(handle.name.as_str())
            .bind(handle.host.as_deref())
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// Channels in the order they were made; of one account, or with a name that contains `search`.
    pub async fn list(
        db: &Db,
        account_id: Option<i64>,
        search: Option<&str>,
        newest_first: bool,
        page: Page,
    ) -> Result<List<Self>, Error> {
        let filtered = |start| {
            let mut sql = Sql::new(start);
            if let Some(account_id) = account_id {
                sql.push(" AND channel.account_id = ").bind(account_id);
            }
            if let Some(search) = search {
                let pattern = contains(search);
                sql.push(" AND (lower(a.name) LIKE ")
                    .bind(pattern.clone())
                    .push(" ESCAPE '\\'");
                sql.push(" OR lower(a.display_name) LIKE ")
                    .bind(pattern)
                    .push(" ESCAPE '\\')");
            }
            sql
        };
        let mut query = filtered(select!("WHERE 1 = 1"));
        query.push(if newest_first {
            " ORDER BY channel.id DESC LIMIT "
        } else {
            " ORDER BY channel.id LIMIT "
        });
        query.bind(page.count).push(" OFFSET ").bind(page.start);
        let rows = query.all(db.readers()).await?;
        let total = if page.skip_total {
            0
        } else {
            filtered(
                "SELECT COUNT(*) FROM channels channel JOIN actors a ON a.id = channel.actor_id WHERE 1 = 1",
            )
            .count(db.readers())
            .await?
        };
        Ok(List {
            total,
            data: rows.iter().map(Self::from_row).collect::<Result<_, _>>()?,
        })
    }

    /// Makes a local channel; its name must not be that of another channel or account.
    pub async fn create(
        tx: &mut Tx,
        account_id: i64,
        new: &NewChannel,
        now: Timestamp,
    ) -> Result<i64, Error> {
        let actor_id = Actor::insert_local(
            tx,
            ActorKind::Group,
            &new.name,
            &new.display_name,
            new.description.as_deref(),
            now,
        )
        .await?;
        let row = sqlx::query(
            "INSERT INTO channels (actor_id, account_id, support) VALUES ($1, $2, $3) RETURNING id",
        )
        .bind(actor_id)
        .bind(account_id)
        .bind(new.support.as_deref())
        .fetch_one(tx.connection())
        .await?;
        Ok(row.try_get(0)?)
    }

    pub async fn update(
        tx: &mut Tx,
        channel: &Self,
        update: &ChannelUpdate,
        now: Timestamp,
    ) -> Result<(), Error> {
        if let Some(support) = &update.support {
            sqlx::query("UPDATE channels SET support = $1 WHERE id = $2")
                .bind(support.as_deref())
                .bind(channel.id)
                .execute(tx.connection())
                .await?;
        }
        let description = update.description.as_ref().map(|text| text.as_deref());
        Actor::update(
            tx,
            channel.actor.id,
            update.display_name.as_deref(),
            description,
            now,
        )
        .await
    }

    /// Deletes a channel with its videos, and says which folders can go once this is committed.
    pub async fn delete(tx: &mut Tx, channel: &Self) -> Result<Vec<Removed>, Error> {
        let removed = Video::removed_of_channel(tx, channel.id).await?;
        sqlx::query("DELETE FROM actors WHERE id = $1")
            .bind(channel.actor.id)
            .execute(tx.connection())
            .await?;
        crate::LiveSession::forget_orphans(tx).await?;
        Ok(removed)
    }
}
