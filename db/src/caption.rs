//! Captions: what is said in a video as text, one file per language.

use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::row::{flag, get, time};
use crate::sql::Sql;
use crate::{Db, Error, Tx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    pub language: String,
    /// As people call the language.
    pub label: String,
    /// Whether a machine wrote them.
    pub automatic: bool,
    /// Where the WebVTT is.
    pub url: String,
    /// When this file came; of no meaning in what is written.
    pub updated_at: Timestamp,
}

impl Caption {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            language: get(row, "language")?,
            label: get(row, "label")?,
            automatic: flag(row, "automatic")?,
            url: get(row, "url")?,
            updated_at: time(row, "updated_at")?,
        })
    }

    /// All captions of a video, by language.
    pub async fn of_video(db: &Db, video_id: i64) -> Result<Vec<Self>, Error> {
        let rows = sqlx::query("SELECT * FROM captions WHERE video_id = $1 ORDER BY language")
            .bind(video_id)
            .fetch_all(db.readers())
            .await?;
        rows.iter().map(Self::from_row).collect()
    }

    /// Puts these in the place of those the video had; the first of a language counts.
    pub(crate) async fn replace(
        tx: &mut Tx,
        video_id: i64,
        captions: &[Self],
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut gone = Sql::new("DELETE FROM captions WHERE video_id = ");
        gone.bind(video_id);
        if !captions.is_empty() {
            gone.push(" AND language NOT IN ")
                .bind_list(captions.iter().map(|caption| caption.language.clone()));
        }
        gone.execute(tx.connection()).await?;
        for (index, caption) in captions.iter().enumerate() {
            let earlier = captions.iter().take(index);
            if earlier.clone().any(|other| other.language == caption.language) {
                continue;
            }
            sqlx::query(
                "INSERT INTO captions (video_id, language, label, automatic, url, updated_at)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (video_id, language) DO UPDATE SET label = excluded.label, url = excluded.url,
                    automatic = excluded.automatic,
                    updated_at = CASE WHEN captions.url = excluded.url THEN captions.updated_at
                                      ELSE excluded.updated_at END",
            )
            .bind(video_id)
            .bind(caption.language.as_str())
            .bind(caption.label.as_str())
            .bind(i64::from(caption.automatic))
            .bind(caption.url.as_str())
            .bind(now.as_millisecond())
            .execute(tx.connection())
            .await?;
        }
        Ok(())
    }
}
