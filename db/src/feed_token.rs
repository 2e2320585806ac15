//! The key to the feed of one's subscriptions, for programs that cannot sign in. It opens nothing else.

use sqlx::Row;

use crate::{Db, Error, Tx, User, Uuid};

impl User {
    /// Whose feed a token opens. Blocked users have none.
    pub async fn by_feed_token(db: &Db, token: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM users WHERE feed_token = $1 AND blocked = 0")
            .bind(token)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// The token of a user, made when it is first asked for.
    pub async fn feed_token(tx: &mut Tx, id: i64) -> Result<String, Error> {
        let row = sqlx::query(
            "UPDATE users SET feed_token = coalesce(feed_token, $1) WHERE id = $2 RETURNING feed_token",
        )
        .bind(Uuid::random().to_string())
        .bind(id)
        .fetch_one(tx.connection())
        .await?;
        Ok(row.try_get(0)?)
    }

    /// Puts a new token in place of the old one, which opens nothing any more.
    pub async fn renew_feed_token(tx: &mut Tx, id: i64) -> Result<String, Error> {
        sqlx::query("UPDATE users SET feed_token = NULL WHERE id = $1")
            .bind(id)
            .execute(tx.connection())
            .await?;
        Self::feed_token(tx, id).await
    }
}
