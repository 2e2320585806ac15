//! Copies of videos that other servers keep and offer to viewers.

use jiff::Timestamp;

use crate::row::get;
use crate::{Db, Error, Tx};

/// What a server says of the copy it keeps.
#[derive(Debug, Clone)]
pub struct Redundancy {
    pub url: String,
    /// Who keeps it.
    pub actor_id: i64,
    pub video_id: i64,
    /// The folder that the files are in, with the names they have at the origin.
    pub base_url: String,
    /// `None`: until it is taken back.
    pub expires_at: Option<Timestamp>,
}

impl Redundancy {
    /// `false`: there is one of this url that somebody else keeps, or of another video. It stays.
    pub async fn put(tx: &mut Tx, copy: &Self, now: Timestamp) -> Result<bool, Error> {
        let written = sqlx::query(
            "INSERT INTO redundancies (url, actor_id, video_id, base_url, expires_at, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $6)
             ON CONFLICT (url) DO UPDATE SET base_url = excluded.base_url, expires_at = excluded.expires_at,
                updated_at = excluded.updated_at
             WHERE redundancies.actor_id = excluded.actor_id AND redundancies.video_id = excluded.video_id",
        )
        .bind(copy.url.as_str())
        .bind(copy.actor_id)
        .bind(copy.video_id)
        .bind(copy.base_url.as_str())
        .bind(copy.expires_at.map(Timestamp::as_millisecond))
        .bind(now.as_millisecond())
        .execute(tx.connection())
        .await?
        .rows_affected();
        Ok(written > 0)
    }

    /// The copy of this url is gone, says who kept it. Gives back whose copy it was.
    pub async fn remove(tx: &mut Tx, url: &str, actor_id: i64) -> Result<Option<i64>, Error> {
        let row = sqlx::query("DELETE FROM redundancies WHERE url = $1 AND actor_id = $2 RETURNING video_id")
            .bind(url)
            .bind(actor_id)
            .fetch_optional(tx.connection())
            .await?;
        row.as_ref().map(|row| get(row, "video_id")).transpose()
    }

    /// Where else the files of a video are, at this time.
    pub async fn base_urls(db: &Db, video_id: i64, now: Timestamp) -> Result<Vec<String>, Error> {
        let rows = sqlx::query(
            "SELECT base_url FROM redundancies WHERE video_id = $1 AND (expires_at IS NULL OR expires_at > $2)
             ORDER BY id",
        )
        .bind(video_id)
        .bind(now.as_millisecond())
        .fetch_all(db.readers())
        .await?;
        rows.iter().map(|row| get(row, "base_url")).collect()
    }

    /// Forgets copies whose time is over.
    pub async fn remove_expired(tx: &mut Tx, now: Timestamp) -> Result<u64, Error> {
        Ok(sqlx::query("DELETE FROM redundancies WHERE expires_at <= $1")
            .bind(now.as_millisecond())
            .execute(tx.connection())
            .await?
            .rows_affected())
    }
}
