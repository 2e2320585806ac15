//! Videos of other servers: what those say of them, written whole each time they say it.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;

use crate::row::get;
use crate::video::{replace_tags, select};
use crate::{
    Caption, CommentsPolicy, Db, Error, LiveSettings, Privacy, Storyboard, Tx, Uuid, Video, VideoPictures,
    VideoState,
};

/// A video as its server describes it.
#[derive(Debug, Clone)]
pub struct RemoteVideo {
    /// Its ActivityPub id: the same url is the same video.
    pub url: String,
    pub uuid: Uuid,
    pub channel_id: i64,
    pub name: String,
    pub description: Option<String>,
    pub support: Option<String>,
    pub category: Option<i64>,
    pub licence: Option<i64>,
    pub language: Option<String>,
    pub privacy: Privacy,
    pub nsfw: bool,
    pub comments_policy: CommentsPolicy,
    pub download_enabled: bool,
    pub wait_transcoding: bool,
    pub state: VideoState,
    /// Set for lives.
    pub live: Option<LiveSettings>,
    pub duration_s: i64,
    pub aspect_ratio: Option<f64>,
    pub views: i64,
    pub published_at: Timestamp,
    pub updated_at: Timestamp,
    pub originally_published_at: Option<Timestamp>,
    pub uploaded_at: Option<Timestamp>,
    pub tags: Vec<String>,
    pub trackers: Vec<Tracker>,
    pub pictures: VideoPictures,
    pub storyboard: Option<Storyboard>,
    /// One per language.
    pub captions: Vec<Caption>,
    pub playlist: Option<RemotePlaylist>,
    /// Plain files, best first.
    pub web_videos: Vec<RemoteFile>,
}

/// Where viewers of a video find each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracker {
    pub url: String,
    pub websocket: bool,
}

#[derive(Debug, Clone)]
pub struct RemotePlaylist {
    pub url: String,
    pub sha256_url: Option<String>,
    /// Of the swarms of its renditions, in hexadecimal.
    pub infohashes: Vec<String>,
    pub files: Vec<RemoteFile>,
}

#[derive(Debug, Clone)]
pub struct RemoteFile {
    /// The same url is the same file.
    pub url: String,
    pub resolution: i64,
    pub width: Option<i64>,
    pub height: Option<i64>,
    /// -1 if its server does not know.
    pub fps: i64,
    pub size_bytes: i64,
    pub has_audio: bool,
    pub has_video: bool,
    pub torrent_url: Option<String>,
    pub magnet_uri: Option<String>,
    pub metadata_url: Option<String>,
}

/// What [`Video::upsert_remote`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upserted {
    pub id: i64,
    /// The state it was in and whether it was a live; `None` for a video that is new here.
    pub before: Option<(VideoState, bool)>,
}

impl Video {
    pub async fn by_url(db: &Db, url: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!("WHERE v.url = $1"))
            .bind(url)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// Where viewers of a remote video find each other.
    pub async fn trackers(db: &Db, id: i64) -> Result<Vec<Tracker>, Error> {
        let row = sqlx::query("SELECT trackers FROM videos WHERE id = $1")
            .bind(id)
            .fetch_optional(db.readers())
            .await?;
        let Some(row) = row else { return Ok(Vec::new()) };
        let text: Option<String> = get(&row, "trackers")?;
        match text {
            Some(text) => serde_json::from_str(&text).map_err(|_| crate::row::unknown("trackers", text)),
            None => Ok(Vec::new()),
        }
    }

    /// Writes a remote video as it is now: what it had and has no more goes. Its UUID is that of its first day here.
    ///
    /// [`Error::Conflict`]: the UUID is that of another video.
    pub async fn upsert_remote(tx: &mut Tx, video: &RemoteVideo, now: Timestamp) -> Result<Upserted, Error> {
        let known = sqlx::query("SELECT id, state, is_live FROM videos WHERE url = $1")
            .bind(video.url.as_str())
            .fetch_optional(tx.connection())
            .await?;
        let upserted = match known {
            Some(row) => Upserted {
                id: get(&row, "id")?,
                before: Some((
                    crate::row::one_of(&row, "state")?,
                    crate::row::flag(&row, "is_live")?,
                )),
            },
            None => Upserted {
                id: insert(tx, video, now).await?,
                before: None,
            },
        };
        let id = upserted.id;
        write(tx, id, video, now).await?;
        replace_tags(tx, id, &video.tags).await?;
        set_live(tx, id, video.live.as_ref()).await?;
        video.pictures.replace(tx, id).await?;
        Storyboard::replace(tx, id, video.storyboard.as_ref()).await?;
        Caption::replace(tx, id, &video.captions, now).await?;
        set_files(tx, id, video, now).await?;
        Ok(upserted)
    }

    /// Fetched, or tried to: the next time is in two days.
    pub async fn mark_refreshed(tx: &mut Tx, id: i64, now: Timestamp) -> Result<(), Error> {
        sqlx::query("UPDATE videos SET refreshed_at = $1 WHERE id = $2")
            .bind(now.as_millisecond())
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// How many like and dislike a remote video, as its server says; `None` leaves a number as it is.
    pub async fn set_rates(
        tx: &mut Tx,
        id: i64,
        likes: Option<i64>,
        dislikes: Option<i64>,
    ) -> Result<(), Error> {
        sqlx::query(
            "UPDATE videos SET likes = coalesce($1, likes), dislikes = coalesce($2, dislikes)
             WHERE id = $3 AND url IS NOT NULL",
        )
        .bind(likes)
        .bind(dislikes)
        .bind(id)
        .execute(tx.connection())
        .await?;
        Ok(())
    }
}

/// Makes the row; [`write`] fills it.
async fn insert(tx: &mut Tx, video: &RemoteVideo, now: Timestamp) -> Result<i64, Error> {
    let row = sqlx::query(
        "INSERT INTO videos (uuid, url, channel_id, name, privacy, nsfw, comments_policy, download_enabled,
            wait_transcoding, state, is_live, duration_s, created_at, updated_at, published_at, refreshed_at)
         VALUES ($1, $2, $3, $4, $5, 0, 1, 1, 0, $6, 0, 0, $7, $7, $7, $8) RETURNING id",
    )
    .bind(video.uuid.to_string())
    .bind(video.url.as_str())
    .bind(video.channel_id)
    .bind(video.name.as_str())
    .bind(video.privacy.id())
    .bind(video.state.id())
    .bind(video.published_at.as_millisecond())
    .bind(now.as_millisecond())
    .fetch_one(tx.connection())
    .await?;
    Ok(row.try_get(0)?)
}

async fn write(tx: &mut Tx, id: i64, video: &RemoteVideo, now: Timestamp) -> Result<(), Error> {
    let trackers = serde_json::to_string(&video.trackers)
        .map_err(|error| Error::Sql(sqlx::Error::Encode(error.into())))?;
    sqlx::query(
        "UPDATE videos SET channel_id = $1, name = $2, description = $3, support = $4, category = $5, licence = $6,
            language = $7, privacy = $8, nsfw = $9, comments_policy = $10, download_enabled = $11,
            wait_transcoding = $12, state = $13, is_live = $14, duration_s = $15, aspect_ratio = $16, views = $17,
            published_at = $18, updated_at = $19, originally_published_at = $20, uploaded_at = $21, trackers = $22,
            refreshed_at = $23
         WHERE id = $24",
    )
    .bind(video.channel_id)
    .bind(video.name.as_str())
    .bind(video.description.as_deref())
    .bind(video.support.as_deref())
    .bind(video.category)
    .bind(video.licence)
    .bind(video.language.as_deref())
    .bind(video.privacy.id())
    .bind(i64::from(video.nsfw))
    .bind(video.comments_policy.id())
    .bind(i64::from(video.download_enabled))
    .bind(i64::from(video.wait_transcoding))
    .bind(video.state.id())
    .bind(i64::from(video.live.is_some()))
    .bind(video.duration_s)
    .bind(video.aspect_ratio)
    .bind(video.views)
    .bind(video.published_at.as_millisecond())
    .bind(video.updated_at.as_millisecond())
    .bind(video.originally_published_at.map(Timestamp::as_millisecond))
    .bind(video.uploaded_at.map(Timestamp::as_millisecond))
    .bind(trackers)
    .bind(now.as_millisecond())
    .bind(id)
    .execute(tx.connection())
    .await?;
    Ok(())
}

async fn set_live(tx: &mut Tx, id: i64, live: Option<&LiveSettings>) -> Result<(), Error> {
    sqlx::query("DELETE FROM lives WHERE video_id = $1")
        .bind(id)
        .execute(tx.connection())
        .await?;
    match live {
        Some(live) => live.insert(tx, id, None).await,
        None => Ok(()),
    }
}

/// Rows of files that are still there keep their ids: clients remember them.
async fn set_files(tx: &mut Tx, video_id: i64, video: &RemoteVideo, now: Timestamp) -> Result<(), Error> {
    let rows = sqlx::query("SELECT id, url FROM video_files WHERE video_id = $1")
        .bind(video_id)
        .fetch_all(tx.connection())
        .await?;
    let mut known: HashMap<String, i64> = HashMap::new();
    for row in &rows {
        known.insert(
            get::<Option<String>>(row, "url")?.unwrap_or_default(),
            get(row, "id")?,
        );
    }
    let playlist_id = match &video.playlist {
        Some(playlist) => Some(set_playlist(tx, video_id, playlist, now).await?),
        None => None,
    };
    let of_playlist = video
        .playlist
        .iter()
        .flat_map(|playlist| &playlist.files)
        .map(|file| (playlist_id, file));
    for (playlist_id, file) in of_playlist.chain(video.web_videos.iter().map(|file| (None, file))) {
        match known.remove(&file.url) {
            Some(id) => file.update(tx, id, playlist_id).await?,
            None => file.insert(tx, video_id, playlist_id).await?,
        }
    }
    for id in known.into_values() {
        sqlx::query("DELETE FROM video_files WHERE id = $1")
            .bind(id)
            .execute(tx.connection())
            .await?;
    }
    if video.playlist.is_none() {
        crate::StreamingPlaylist::remove(tx, video_id).await?;
    }
    Ok(())
}

async fn set_playlist(
    tx: &mut Tx,
    video_id: i64,
    playlist: &RemotePlaylist,
    now: Timestamp,
) -> Result<i64, Error> {
    let infohashes = serde_json::to_string(&playlist.infohashes)
        .map_err(|error| Error::Sql(sqlx::Error::Encode(error.into())))?;
    let row = sqlx::query(
        "INSERT INTO streaming_playlists (video_id, playlist_file, sha256_file, url, sha256_url, infohashes, created_at)
         VALUES ($1, '', '', $2, $3, $4, $5)
         ON CONFLICT (video_id) DO UPDATE SET url = excluded.url, sha256_url = excluded.sha256_url,
            infohashes = excluded.infohashes
         RETURNING id",
    )
    .bind(video_id)
    .bind(playlist.url.as_str())
    .bind(playlist.sha256_url.as_deref())
    .bind(infohashes)
    .bind(now.as_millisecond())
    .fetch_one(tx.connection())
    .await?;
    Ok(row.try_get(0)?)
}

impl RemoteFile {
    async fn insert(&self, tx: &mut Tx, video_id: i64, playlist_id: Option<i64>) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO video_files (video_id, playlist_id, resolution, width, height, fps, size_bytes, file_name,
                                      has_audio, has_video, url, torrent_url, magnet_uri, metadata_url)
             VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, $9, $10, $11, $12, $13)",
        )
        .bind(video_id)
        .bind(playlist_id)
        .bind(self.resolution)
        .bind(self.width)
        .bind(self.height)
        .bind(self.fps)
        .bind(self.size_bytes)
        .bind(i64::from(self.has_audio))
        .bind(i64::from(self.has_video))
        .bind(self.url.as_str())
        .bind(self.torrent_url.as_deref())
        .bind(self.magnet_uri.as_deref())
        .bind(self.metadata_url.as_deref())
        .execute(tx.connection())
        .await?;
        Ok(())
    }

    async fn update(&self, tx: &mut Tx, id: i64, playlist_id: Option<i64>) -> Result<(), Error> {
        sqlx::query(
            "UPDATE video_files SET playlist_id = $1, resolution = $2, width = $3, height = $4, fps = $5,
                size_bytes = $6, has_audio = $7, has_video = $8, torrent_url = $9, magnet_uri = $10,
                metadata_url = $11
             WHERE id = $12",
        )
        .bind(playlist_id)
        .bind(self.resolution)
        .bind(self.width)
        .bind(self.height)
        .bind(self.fps)
        .bind(self.size_bytes)
        .bind(i64::from(self.has_audio))
        .bind(i64::from(self.has_video))
        .bind(self.torrent_url.as_deref())
        .bind(self.magnet_uri.as_deref())
        .bind(self.metadata_url.as_deref())
        .bind(id)
        .execute(tx.connection())
        .await?;
        Ok(())
    }
}
