//! Actors of other servers: what those said of them when they were last asked.

use jiff::Timestamp;
use sqlx::Row;

use crate::actor::{actor_columns, actor_from_row, handle_condition};
use crate::row::get;
use crate::{Actor, ActorKind, Db, Error, Handle, Instance, Tx};

/// An actor as its server describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteActor {
    pub url: String,
    /// The host of `url`, with its port if it has one.
    pub host: String,
    pub kind: ActorKind,
    pub name: String,
    pub display_name: String,
    pub description: Option<String>,
    pub inbox: String,
    pub shared_inbox: Option<String>,
    pub outbox: Option<String>,
    pub followers_url: Option<String>,
    pub public_pem: String,
    pub icon_url: Option<String>,
    pub banner_url: Option<String>,
    pub published: Option<Timestamp>,
    /// Of channels.
    pub support: Option<String>,
}

/// A remote actor, and the key that its signatures are made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    pub actor: Actor,
    pub public_pem: String,
}

macro_rules! select {
    ($more:literal, $condition:expr) => {
        concat!(
            "SELECT ",
            actor_columns!("a", "i", ""),
            $more,
            " FROM actors a LEFT JOIN instances i ON i.id = a.instance_id ",
            $condition
        )
    };
}

impl Actor {
    /// A remote actor by its ActivityPub id; those of local ones follow from their names.
    pub async fn by_url(db: &Db, url: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("", "WHERE a.url = $1"))
            .bind(url)
            .fetch_optional(db.readers())
            .await?;
        row.map(|row| Ok(actor_from_row!(&row, ""))).transpose()
    }

    pub async fn by_id(db: &Db, id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("", "WHERE a.id = $1"))
            .bind(id)
            .fetch_optional(db.readers())
            .await?;
        row.map(|row| Ok(actor_from_row!(&row, ""))).transpose()
    }

    /// Any actor of this name: an account, a channel, or a server's own.
    pub async fn by_handle(db: &Db, handle: &Handle) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("", concat!("WHERE ", handle_condition!("$1", "$2"))))
            .bind(handle.name.as_str())
            .bind(handle.host.as_deref())
            .fetch_optional(db.readers())
            .await?;
        row.map(|row| Ok(actor_from_row!(&row, ""))).transpose()
    }

    /// Where a remote actor lists what it did.
    pub async fn outbox(db: &Db, id: i64) -> Result<Option<String>, Error> {
        let row = sqlx::query("SELECT outbox FROM actors WHERE id = $1")
            .bind(id)
            .fetch_optional(db.readers())
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
    }

    /// Where a remote actor lists its followers: what its posts are addressed to.
    pub async fn followers_url(db: &Db, id: i64) -> Result<Option<String>, Error> {
        let row = sqlx::query("SELECT followers_url FROM actors WHERE id = $1")
            .bind(id)
            .fetch_optional(db.readers())
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
    }

    /// How many follow and are followed, as the actor's server says. What it does not say stays, and so does what was counted
    /// here while it was asked.
    pub async fn set_told_counts(
        tx: &mut Tx,
        before: &Self,
        followers: Option<i64>,
        following: Option<i64>,
    ) -> Result<(), Error> {
        sqlx::query(
            "UPDATE actors SET followers = coalesce($1, followers), following = coalesce($2, following)
             WHERE id = $3 AND followers = $4 AND instance_id IS NOT NULL",
        )
        .bind(followers)
        .bind(following)
        .bind(before.id)
        .bind(before.followers)
        .execute(tx.connection())
        .await?;
        Ok(())
    }

    /// It was asked for and did not answer: not again soon.
    pub async fn put_off_refresh(tx: &mut Tx, id: i64, now: Timestamp) -> Result<(), Error> {
        sqlx::query("UPDATE actors SET refreshed_at = $1 WHERE id = $2 AND instance_id IS NOT NULL")
            .bind(now.as_millisecond())
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// Deletes a remote actor with everything it owns: channels, videos, comments, follows.
    pub async fn delete_remote(tx: &mut Tx, id: i64) -> Result<(), Error> {
        // The actors of its channels are nobody's once their rows in `channels` are gone: they go first.
        sqlx::query(
            "DELETE FROM actors WHERE instance_id IS NOT NULL AND id IN
                (SELECT c.actor_id FROM channels c JOIN accounts a ON a.id = c.account_id WHERE a.actor_id = $1)",
        )
        .bind(id)
        .execute(tx.connection())
        .await?;
        sqlx::query("DELETE FROM actors WHERE instance_id IS NOT NULL AND id = $1")
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }
}

impl Signer {
    pub async fn by_url(db: &Db, url: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!(
            ", a.public_pem",
            "WHERE a.url = $1 AND a.public_pem IS NOT NULL"
        ))
        .bind(url)
        .fetch_optional(db.readers())
        .await?;
        row.map(|row| {
            Ok(Self {
                actor: actor_from_row!(&row, ""),
                public_pem: get(&row, "public_pem")?,
            })
        })
        .transpose()
    }
}

impl RemoteActor {
    /// Keeps what is told; the actor's id. `owner` is the account of a channel, `None` for everyone else.
    ///
    /// An [`Error::Conflict`] means that another actor of that server has the name.
    pub async fn save(&self, tx: &mut Tx, owner: Option<i64>, now: Timestamp) -> Result<i64, Error> {
        let instance_id = Instance::ensure(tx, &self.host, now).await?;
        let row = sqlx::query(
            "INSERT INTO actors (instance_id, url, kind, name, display_name, description, inbox, shared_inbox, outbox,
                followers_url, public_pem, icon_url, banner_url, created_at, updated_at, refreshed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
             ON CONFLICT (url) DO UPDATE SET kind = $3, name = $4, display_name = $5, description = $6, inbox = $7,
                shared_inbox = $8, outbox = $9, followers_url = $10, public_pem = $11, icon_url = $12, banner_url = $13,
                updated_at = $15, refreshed_at = $15
             RETURNING id",
        )
        .bind(instance_id)
        .bind(self.url.as_str())
        .bind(self.kind.id())
        .bind(self.name.as_str())
        .bind(self.display_name.as_str())
        .bind(self.description.as_deref())
        .bind(self.inbox.as_str())
        .bind(self.shared_inbox.as_deref())
        .bind(self.outbox.as_deref())
        .bind(self.followers_url.as_deref())
        .bind(self.public_pem.as_str())
        .bind(self.icon_url.as_deref())
        .bind(self.banner_url.as_deref())
        .bind(self.published.unwrap_or(now).as_millisecond())
        .bind(now.as_millisecond())
        .fetch_one(tx.connection())
        .await?;
        let id = row.try_get(0)?;
        match owner {
            Some(account_id) => self.save_channel(tx, id, account_id).await?,
            None => {
                sqlx::query("INSERT INTO accounts (actor_id) VALUES ($1) ON CONFLICT (actor_id) DO NOTHING")
                    .bind(id)
                    .execute(tx.connection())
                    .await?;
            }
        }
        Ok(id)
    }

    async fn save_channel(&self, tx: &mut Tx, actor_id: i64, account_id: i64) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO channels (actor_id, account_id, support) VALUES ($1, $2, $3)
             ON CONFLICT (actor_id) DO UPDATE SET account_id = $2, support = $3",
        )
        .bind(actor_id)
        .bind(account_id)
        .bind(self.support.as_deref())
        .execute(tx.connection())
        .await?;
        Ok(())
    }
}
