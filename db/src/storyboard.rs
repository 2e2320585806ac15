//! The storyboard of a video: a sheet of small pictures, one for each moment.

use sqlx::any::AnyRow;

use crate::row::get;
use crate::{Db, Error, Tx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storyboard {
    pub url: String,
    pub width: i64,
    pub height: i64,
    pub tile_width: i64,
    pub tile_height: i64,
    pub tile_duration_s: i64,
}

impl Storyboard {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            url: get(row, "url")?,
            width: get(row, "width")?,
            height: get(row, "height")?,
            tile_width: get(row, "tile_width")?,
            tile_height: get(row, "tile_height")?,
            tile_duration_s: get(row, "tile_duration_s")?,
        })
    }

    pub async fn of_video(db: &Db, video_id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM storyboards WHERE video_id = $1")
            .bind(video_id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// Puts a storyboard, or none, in the place of the one the video had.
    pub(crate) async fn replace(tx: &mut Tx, video_id: i64, storyboard: Option<&Self>) -> Result<(), Error> {
        sqlx::query("DELETE FROM storyboards WHERE video_id = $1")
            .bind(video_id)
            .execute(tx.connection())
            .await?;
        let Some(storyboard) = storyboard else {
            return Ok(());
        };
        sqlx::query(
            "INSERT INTO storyboards (video_id, url, width, height, tile_width, tile_height, tile_duration_s)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(video_id)
        .bind(storyboard.url.as_str())
        .bind(storyboard.width)
        .bind(storyboard.height)
        .bind(storyboard.tile_width)
        .bind(storyboard.tile_height)
        .bind(storyboard.tile_duration_s)
        .execute(tx.connection())
        .await?;
        Ok(())
    }
}
