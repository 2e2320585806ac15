//! What other servers find in outboxes: videos of here that were announced.

use sqlx::Row;

use crate::video::select;
use crate::{Db, Error, List, Page, Video};

impl Video {
    /// Public videos of here that an actor announced: a channel its own, the server all of them; the last announced first.
    pub async fn announced_by(db: &Db, actor_id: i64, page: Page) -> Result<List<Self>, Error> {
        let rows = sqlx::query(select!(
            "JOIN shares s ON s.video_id = v.id WHERE s.actor_id = $1 AND v.url IS NULL AND v.privacy = 1
             ORDER BY s.id DESC LIMIT $2 OFFSET $3"
        ))
        .bind(actor_id)
        .bind(page.count)
        .bind(page.start)
        .fetch_all(db.readers())
        .await?;
        let total = sqlx::query(
            "SELECT COUNT(*) FROM shares s JOIN videos v ON v.id = s.video_id
             WHERE s.actor_id = $1 AND v.url IS NULL AND v.privacy = 1",
        )
        .bind(actor_id)
        .fetch_one(db.readers())
        .await?
        .try_get(0)?;
        Ok(List {
            total,
            data: rows.iter().map(Self::from_row).collect::<Result<_, _>>()?,
        })
    }

    /// Public videos of an account of here that its channels announced; the last announced first.
    pub async fn announced_of_account(db: &Db, account_id: i64, page: Page) -> Result<List<Self>, Error> {
        let rows = sqlx::query(select!(
            "JOIN shares s ON s.video_id = v.id AND s.actor_id = channel.actor_id
             WHERE channel.account_id = $1 AND v.url IS NULL AND v.privacy = 1
             ORDER BY s.id DESC LIMIT $2 OFFSET $3"
        ))
        .bind(account_id)
        .bind(page.count)
        .bind(page.start)
        .fetch_all(db.readers())
        .await?;
        let total = sqlx::query(
            "SELECT COUNT(*) FROM channels c JOIN shares s ON s.actor_id = c.actor_id
             JOIN videos v ON v.id = s.video_id AND v.channel_id = c.id
             WHERE c.account_id = $1 AND v.url IS NULL AND v.privacy = 1",
        )
        .bind(account_id)
        .fetch_one(db.readers())
        .await?
        .try_get(0)?;
        Ok(List {
            total,
            data: rows.iter().map(Self::from_row).collect::<Result<_, _>>()?,
        })
    }
}
