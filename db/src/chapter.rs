//! Chapters of videos: what begins when.

use crate::row::get;
use crate::{Db, Error, Tx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    pub start_s: i64,
    pub title: String,
}

impl Chapter {
    /// The chapters of a video in their order.
    pub async fn of_video(db: &Db, video_id: i64) -> Result<Vec<Self>, Error> {
        let rows = sqlx::query("SELECT start_s, title FROM chapters WHERE video_id = $1 ORDER BY start_s")
            .bind(video_id)
            .fetch_all(db.readers())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Self {
                    start_s: get(row, "start_s")?,
                    title: get(row, "title")?,
                })
            })
            .collect()
    }

    /// Puts these in the place of those the video had; of two that begin together the first counts.
    pub async fn replace(tx: &mut Tx, video_id: i64, chapters: &[Self]) -> Result<(), Error> {
        sqlx::query("DELETE FROM chapters WHERE video_id = $1")
            .bind(video_id)
            .execute(tx.connection())
            .await?;
        for chapter in chapters {
            sqlx::query(
                "INSERT INTO chapters (video_id, start_s, title) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            )
            .bind(video_id)
            .bind(chapter.start_s)
            .bind(chapter.title.as_str())
            .execute(tx.connection())
            .await?;
        }
        Ok(())
    }
}
