//! Playlists of people: videos in an order. Not to be confused with those of HLS.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::row::{get, optional_time, parsed};
use crate::{Db, Error, Privacy, Tx, Uuid};

/// Regular; "watch later" lists are nobody else's business.
const REGULAR: i64 = 1;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoPlaylist {
    pub id: i64,
    pub uuid: Uuid,
    /// The ActivityPub id of a remote one.
    pub url: Option<String>,
    pub account_id: i64,
    pub channel_id: Option<i64>,
    pub name: String,
    pub description: Option<String>,
    pub picture_url: Option<String>,
    pub updated_at: Option<Timestamp>,
}

/// A playlist as its server describes it.
#[derive(Debug, Clone)]
pub struct RemoteVideoPlaylist {
    pub url: String,
    pub uuid: Uuid,
    pub account_id: i64,
    pub channel_id: i64,
    pub name: String,
    pub description: Option<String>,
    pub privacy: Privacy,
    pub picture_url: Option<String>,
    pub published_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistElement {
    /// The ActivityPub id of one of a remote playlist.
    pub url: Option<String>,
    /// `None` once the video is gone.
    pub video_id: Option<i64>,
    pub position: i64,
    pub start_s: Option<i64>,
    pub stop_s: Option<i64>,
}

impl VideoPlaylist {
    pub(crate) fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: get(row, "id")?,
            uuid: parsed(row, "uuid")?,
            url: get(row, "url")?,
            account_id: get(row, "account_id")?,
            channel_id: get(row, "channel_id")?,
            name: get(row, "name")?,
            description: get(row, "description")?,
            picture_url: get(row, "picture_url")?,
            updated_at: optional_time(row, "updated_at")?,
        })
    }

    pub async fn by_url(db: &Db, url: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM playlists WHERE url = $1")
            .bind(url)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// Writes a remote playlist as it is now. [`Error::Conflict`]: its UUID is that of another one.
    pub async fn upsert_remote(tx: &mut Tx, playlist: &RemoteVideoPlaylist) -> Result<i64, Error> {
        let row = sqlx::query(
            "INSERT INTO playlists (uuid, url, account_id, channel_id, name, description, privacy, kind, picture_url,
                                    created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (url) DO UPDATE SET account_id = excluded.account_id, channel_id = excluded.channel_id,
                name = excluded.name, description = excluded.description, privacy = excluded.privacy,
                picture_url = excluded.picture_url, updated_at = excluded.updated_at
             RETURNING id",
        )
        .bind(playlist.uuid.to_string())
        .bind(playlist.url.as_str())
        .bind(playlist.account_id)
        .bind(playlist.channel_id)
        .bind(playlist.name.as_str())
        .bind(playlist.description.as_deref())
        .bind(playlist.privacy.id())
        .bind(REGULAR)
        .bind(playlist.picture_url.as_deref())
        .bind(playlist.published_at.as_millisecond())
        .bind(playlist.updated_at.as_millisecond())
        .fetch_one(tx.connection())
        .await?;
        Ok(row.try_get(0)?)
    }

    /// Puts these elements in the place of those the playlist had.
    pub async fn replace_elements(
        tx: &mut Tx,
        id: i64,
        elements: &[PlaylistElement],
        now: Timestamp,
    ) -> Result<(), Error> {
        sqlx::query("DELETE FROM playlist_elements WHERE playlist_id = $1")
            .bind(id)
            .execute(tx.connection())
            .await?;
        for element in elements {
            // One that another playlist claims as well stays there.
            sqlx::query(
                "INSERT INTO playlist_elements (playlist_id, url, video_id, position, start_s, stop_s, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            )
            .bind(id)
            .bind(element.url.as_deref())
            .bind(element.video_id)
            .bind(element.position)
            .bind(element.start_s)
            .bind(element.stop_s)
            .bind(now.as_millisecond())
            .execute(tx.connection())
            .await?;
        }
        Ok(())
    }

    /// The first elements of a playlist.
    pub async fn elements(db: &Db, id: i64, limit: i64) -> Result<Vec<PlaylistElement>, Error> {
        let rows = sqlx::query(
            "SELECT url, video_id, position, start_s, stop_s FROM playlist_elements WHERE playlist_id = $1
             ORDER BY position, id LIMIT $2",
        )
        .bind(id)
        .bind(limit)
        .fetch_all(db.readers())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(PlaylistElement {
                    url: get(row, "url")?,
                    video_id: get(row, "video_id")?,
                    position: get(row, "position")?,
                    start_s: get(row, "start_s")?,
                    stop_s: get(row, "stop_s")?,
                })
            })
            .collect()
    }

    /// Deletes a playlist if this account owns it.
    pub async fn delete_remote(tx: &mut Tx, url: &str, account_id: i64) -> Result<bool, Error> {
        let deleted = sqlx::query("DELETE FROM playlists WHERE url = $1 AND account_id = $2")
            .bind(url)
            .bind(account_id)
            .execute(tx.connection())
            .await?
            .rows_affected();
        Ok(deleted > 0)
    }
}
