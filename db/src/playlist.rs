//! The HLS playlist of a video, and the files it is made of.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::row::{flag, get};
use crate::sql::Sql;
use crate::{Db, Error, Tx};

/// Where a live is watched while it is on air; PeerTube's names.
const LIVE_PLAYLIST: &str = "master.m3u8";
const LIVE_SHA256: &str = "segments-sha256.json";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamingPlaylist {
    pub id: i64,
    pub video_id: i64,
    /// File names in the folder of a local video.
    pub playlist_file: String,
    pub sha256_file: String,
    /// Where the playlist of a remote video is.
    pub url: Option<String>,
    /// Remote as well. Without it, viewers cannot check what others give them.
    pub sha256_url: Option<String>,
    /// Best first; none while a live is on air.
    pub files: Vec<VideoFile>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoFile {
    pub id: i64,
    /// Lines of the picture, 0 for audio only: PeerTube's id of a resolution.
    pub resolution: i64,
    pub width: Option<i64>,
    pub height: Option<i64>,
    pub fps: i64,
    pub size_bytes: i64,
    pub file_name: String,
    pub has_audio: bool,
    pub has_video: bool,
    /// Where the file of a remote video is, and what its server says of it elsewhere.
    pub url: Option<String>,
    pub torrent_url: Option<String>,
    pub magnet_uri: Option<String>,
    pub metadata_url: Option<String>,
}

impl VideoFile {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: get(row, "id")?,
            resolution: get(row, "resolution")?,
            width: get(row, "width")?,
            height: get(row, "height")?,
            fps: get(row, "fps")?,
            size_bytes: get(row, "size_bytes")?,
            file_name: get(row, "file_name")?,
            has_audio: flag(row, "has_audio")?,
            has_video: flag(row, "has_video")?,
            url: get(row, "url")?,
            torrent_url: get(row, "torrent_url")?,
            magnet_uri: get(row, "magnet_uri")?,
            metadata_url: get(row, "metadata_url")?,
        })
    }

    /// The files that are played as they are, without a playlist; best first. Only remote videos have some.
    pub async fn web_videos(db: &Db, video_id: i64) -> Result<Vec<Self>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM video_files WHERE video_id = $1 AND playlist_id IS NULL ORDER BY resolution DESC, id",
        )
        .bind(video_id)
        .fetch_all(db.readers())
        .await?;
        rows.iter().map(Self::from_row).collect()
    }
}

impl StreamingPlaylist {
    pub async fn of_video(db: &Db, video_id: i64) -> Result<Option<Self>, Error> {
        Ok(Self::of_videos(db, &[video_id]).await?.remove(&video_id))
    }

    /// The playlists of a page of videos, in two queries.
    pub async fn of_videos(db: &Db, video_ids: &[i64]) -> Result<HashMap<i64, Self>, Error> {
        if video_ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut query = Sql::new(
            "SELECT id, video_id, playlist_file, sha256_file, url, sha256_url FROM streaming_playlists
             WHERE video_id IN ",
        );
        query.bind_list(video_ids.iter().copied());
        let mut playlists = HashMap::new();
        for row in query.all(db.readers()).await? {
            let video_id = get(&row, "video_id")?;
            let playlist = Self {
                id: get(&row, "id")?,
                video_id,
                playlist_file: get(&row, "playlist_file")?,
                sha256_file: get(&row, "sha256_file")?,
                url: get(&row, "url")?,
                sha256_url: get(&row, "sha256_url")?,
                files: Vec::new(),
            };
            playlists.insert(video_id, playlist);
        }

        let mut query =
            Sql::new("SELECT f.* FROM video_files f WHERE f.playlist_id IS NOT NULL AND f.video_id IN ");
        query
            .bind_list(video_ids.iter().copied())
            .push(" ORDER BY f.resolution DESC, f.id");
        for row in query.all(db.readers()).await? {
            let video_id: i64 = get(&row, "video_id")?;
            if let Some(playlist) = playlists.get_mut(&video_id) {
                playlist.files.push(VideoFile::from_row(&row)?);
            }
        }
        Ok(playlists)
    }

    /// What a live shows while it is on air.
    pub(crate) async fn insert_live(tx: &mut Tx, video_id: i64, now: Timestamp) -> Result<(), Error> {
        Self::insert(tx, video_id, LIVE_PLAYLIST, LIVE_SHA256, now).await?;
        Ok(())
    }

    /// Puts a playlist in place of the one the video had.
    pub(crate) async fn insert(
        tx: &mut Tx,
        video_id: i64,
        playlist_file: &str,
        sha256_file: &str,
        now: Timestamp,
    ) -> Result<i64, Error> {
        Self::remove(tx, video_id).await?;
        let row = sqlx::query(
            "INSERT INTO streaming_playlists (video_id, playlist_file, sha256_file, created_at)
             VALUES ($1, $2, $3, $4) RETURNING id",
        )
        .bind(video_id)
        .bind(playlist_file)
        .bind(sha256_file)
        .bind(now.as_millisecond())
        .fetch_one(tx.connection())
        .await?;
        Ok(row.try_get(0)?)
    }

    pub(crate) async fn remove(tx: &mut Tx, video_id: i64) -> Result<(), Error> {
        sqlx::query("DELETE FROM streaming_playlists WHERE video_id = $1")
            .bind(video_id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }
}
