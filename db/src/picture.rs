//! Where the pictures of a remote video are: one for lists, one for players, a sheet of small ones for the time line.

use crate::row::get;
use crate::{Db, Error, Tx};

/// Numbers of the two in `video_pictures.kind`.
const THUMBNAIL: i64 = 1;
const PREVIEW: i64 = 2;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoPicture {
    pub url: String,
    pub width: i64,
    pub height: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VideoPictures {
    pub thumbnail: Option<VideoPicture>,
    pub preview: Option<VideoPicture>,
}

impl VideoPictures {
    pub async fn of_video(db: &Db, video_id: i64) -> Result<Self, Error> {
        let rows = sqlx::query("SELECT kind, url, width, height FROM video_pictures WHERE video_id = $1")
            .bind(video_id)
            .fetch_all(db.readers())
            .await?;
        let mut pictures = Self::default();
        for row in &rows {
            let picture = VideoPicture {
                url: get(row, "url")?,
                width: get(row, "width")?,
                height: get(row, "height")?,
            };
            match get(row, "kind")? {
                THUMBNAIL => pictures.thumbnail = Some(picture),
                PREVIEW => pictures.preview = Some(picture),
                other => return Err(crate::row::unknown("kind", other)),
            }
        }
        Ok(pictures)
    }

    pub(crate) async fn replace(&self, tx: &mut Tx, video_id: i64) -> Result<(), Error> {
        sqlx::query("DELETE FROM video_pictures WHERE video_id = $1")
            .bind(video_id)
            .execute(tx.connection())
            .await?;
        for (kind, picture) in [(THUMBNAIL, &self.thumbnail), (PREVIEW, &self.preview)] {
            let Some(picture) = picture else { continue };
            sqlx::query(
                "INSERT INTO video_pictures (video_id, kind, url, width, height) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(video_id)
            .bind(kind)
            .bind(picture.url.as_str())
            .bind(picture.width)
            .bind(picture.height)
            .execute(tx.connection())
            .await?;
        }
        Ok(())
    }
}
