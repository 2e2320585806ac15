//! Shares: who announced a video to their followers.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::actor::{actor_columns, actor_from_row};
use crate::row::{get, time};
use crate::{Actor, Db, Error, List, Page, Tx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    pub id: i64,
    pub actor: Actor,
    /// The Announce of a remote actor; that of a local one follows from the video and the actor.
    pub url: Option<String>,
    pub created_at: Timestamp,
}

macro_rules! select {
    ($condition:expr) => {
        concat!(
            "SELECT s.id AS share_id, s.url AS share_url, s.created_at AS share_made_at, ",
            actor_columns!("a", "i", "share_"),
            " FROM shares s JOIN actors a ON a.id = s.actor_id LEFT JOIN instances i ON i.id = a.instance_id ",
            $condition
        )
    };
}

impl Share {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: get(row, "share_id")?,
            actor: actor_from_row!(row, "share_"),
            url: get(row, "share_url")?,
            // The actor has times of its own.
            created_at: time(row, "share_made_at")?,
        })
    }

    /// The shares of a video, oldest first.
    pub async fn of_video(db: &Db, video_id: i64, page: Page) -> Result<List<Self>, Error> {
        let rows = sqlx::query(select!("WHERE s.video_id = $1 ORDER BY s.id LIMIT $2 OFFSET $3"))
            .bind(video_id)
            .bind(page.count)
            .bind(page.start)
            .fetch_all(db.readers())
            .await?;
        let total = if page.skip_total {
            0
        } else {
            sqlx::query("SELECT COUNT(*) FROM shares WHERE video_id = $1")
                .bind(video_id)
                .fetch_one(db.readers())
                .await?
                .try_get(0)?
        };
        Ok(List {
            total,
            data: rows.iter().map(Self::from_row).collect::<Result<_, _>>()?,
        })
    }

    pub async fn by_actor(db: &Db, video_id: i64, actor_id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("WHERE s.video_id = $1 AND s.actor_id = $2"))
            .bind(video_id)
            .bind(actor_id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// `false`: this actor has announced this video before.
    pub async fn record(
        tx: &mut Tx,
        actor_id: i64,
        video_id: i64,
        url: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let inserted = sqlx::query(
            "INSERT INTO shares (actor_id, video_id, url, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(actor_id)
        .bind(video_id)
        .bind(url)
        .bind(now.as_millisecond())
        .execute(tx.connection())
        .await?
        .rows_affected();
        Ok(inserted > 0)
    }

    /// Taken back.
    pub async fn remove(tx: &mut Tx, actor_id: i64, video_id: i64) -> Result<bool, Error> {
        let removed = sqlx::query("DELETE FROM shares WHERE actor_id = $1 AND video_id = $2")
            .bind(actor_id)
            .bind(video_id)
            .execute(tx.connection())
            .await?
            .rows_affected();
        Ok(removed > 0)
    }

    /// Of a video that is public no more.
    pub async fn remove_all(tx: &mut Tx, video_id: i64) -> Result<(), Error> {
        sqlx::query("DELETE FROM shares WHERE video_id = $1")
            .bind(video_id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }
}
