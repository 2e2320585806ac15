//! The keys that actors of this server sign with, and the actor that stands for the server itself.

use std::fmt;

use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::actor::{actor_columns, actor_from_row};
use crate::row::get;
use crate::{Actor, Db, Error, Tx};

#[derive(Clone, PartialEq, Eq)]
pub struct ActorKey {
    /// PKCS #8 as base64; never shown.
    pub private_key: String,
    pub public_pem: String,
}

impl fmt::Debug for ActorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActorKey")
            .field("private_key", &"***")
            .finish_non_exhaustive()
    }
}

const SELECT: &str = "SELECT private_key, public_pem FROM actor_keys WHERE actor_id = $1";

impl ActorKey {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            private_key: get(row, "private_key")?,
            public_pem: get(row, "public_pem")?,
        })
    }

    pub async fn of(db: &Db, actor_id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query(SELECT)
            .bind(actor_id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// Gives the actor this key unless it has one; the one it has then.
    pub async fn keep(
        tx: &mut Tx,
        actor_id: i64,
        private_key: &str,
        public_pem: &str,
        now: Timestamp,
    ) -> Result<Self, Error> {
        sqlx::query(
            "INSERT INTO actor_keys (actor_id, private_key, public_pem, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (actor_id) DO NOTHING",
        )
        .bind(actor_id)
        .bind(private_key)
        .bind(public_pem)
        .bind(now.as_millisecond())
        .execute(tx.connection())
        .await?;
        let row = sqlx::query(SELECT)
            .bind(actor_id)
            .fetch_one(tx.connection())
            .await?;
        Self::from_row(&row)
    }
}

impl Actor {
    /// The actor that stands for this server: neither an account nor a channel, but with a name nobody else can take.
    pub async fn instance(db: &Db) -> Result<Self, Error> {
        let row = sqlx::query(concat!(
            "SELECT ",
            actor_columns!("a", "i", ""),
            " FROM actors a LEFT JOIN instances i ON i.id = a.instance_id
              WHERE lower(a.name) = 'peertube' AND coalesce(a.instance_id, 0) = 0"
        ))
        .fetch_one(db.readers())
        .await?;
        Ok(actor_from_row!(&row, ""))
    }
}
