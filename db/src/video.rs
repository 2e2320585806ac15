//! Videos: recordings, and lives, which are videos that have no end yet.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::row::{flag, get, numbered, one_of, optional_time, parsed, time};
use crate::sql::Sql;
use crate::{Channel, Db, Error, Tx, Uuid, VideoRef};

numbered! {
    Privacy { Public = 1, Unlisted = 2, Private = 3, Internal = 4, PasswordProtected = 5 }
}

impl Privacy {
    pub fn label(self) -> &'static str {
        match self {
            Self::Public => "Public",
            Self::Unlisted => "Unlisted",
            Self::Private => "Private",
            Self::Internal => "Internal",
            Self::PasswordProtected => "Password protected",
        }
    }
}

numbered! {
    VideoState {
        Published = 1,
        ToTranscode = 2,
        ToImport = 3,
        WaitingForLive = 4,
        LiveEnded = 5,
        ToMoveToExternalStorage = 6,
        TranscodingFailed = 7,
        ToMoveToExternalStorageFailed = 8,
        ToEdit = 9,
        ToMoveToFileSystem = 10,
        ToMoveToFileSystemFailed = 11,
    }
}

impl VideoState {
    pub fn label(self) -> &'static str {
        match self {
            Self::Published => "Published",
            Self::ToTranscode => "To transcode",
            Self::ToImport => "To import",
            Self::WaitingForLive => "Waiting for livestream",
            Self::LiveEnded => "Livestream ended",
            Self::ToMoveToExternalStorage => "To move to an external storage",
            Self::TranscodingFailed => "Transcoding failed",
            Self::ToMoveToExternalStorageFailed => "External storage move failed",
            Self::ToEdit => "To edit",
            Self::ToMoveToFileSystem => "To move to file system",
            Self::ToMoveToFileSystemFailed => "Move to file system failed",
        }
    }
}

numbered! {
    CommentsPolicy { Enabled = 1, Disabled = 2, RequiresApproval = 3 }
}

impl CommentsPolicy {
    pub fn label(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::RequiresApproval => "Requires approval",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Video {
    pub id: i64,
    pub uuid: Uuid,
    /// The ActivityPub id of a remote video; that of a local one follows from its UUID.
    pub url: Option<String>,
    pub channel: Channel,
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
    pub is_live: bool,
    /// 0 for a live.
    pub duration_s: i64,
    /// Width by height.
    pub aspect_ratio: Option<f64>,
    pub views: i64,
    pub likes: i64,
    pub dislikes: i64,
    /// Those everyone may read.
    pub comments: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub published_at: Timestamp,
    pub originally_published_at: Option<Timestamp>,
    /// When its file was replaced; told by other servers.
    pub uploaded_at: Option<Timestamp>,
    /// When a remote video was last fetched.
    pub refreshed_at: Option<Timestamp>,
}

/// What someone says about a video they make.
#[derive(Debug, Clone)]
pub struct NewVideo {
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
    pub tags: Vec<String>,
    pub originally_published_at: Option<Timestamp>,
}

/// `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
pub struct VideoUpdate {
    pub channel_id: Option<i64>,
    pub name: Option<String>,
    pub description: Option<Option<String>>,
    pub support: Option<Option<String>>,
    pub category: Option<Option<i64>>,
    pub licence: Option<Option<i64>>,
    pub language: Option<Option<String>>,
    pub privacy: Option<Privacy>,
    pub nsfw: Option<bool>,
    pub comments_policy: Option<CommentsPolicy>,
    pub download_enabled: Option<bool>,
    pub wait_transcoding: Option<bool>,
    pub tags: Option<Vec<String>>,
    pub originally_published_at: Option<Option<Timestamp>>,
}

/// A deleted video. Its folder can go once the transaction is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    pub video_id: i64,
    pub uuid: Uuid,
}

/// A video with its channel and account; the tables are joined as in [`joins`].
macro_rules! columns {
    () => {
        concat!(
            "v.id AS video_id, v.uuid, v.url AS video_url, v.name AS video_name, v.description, v.support, v.category,
             v.licence, v.language, v.privacy, v.nsfw, v.comments_policy, v.download_enabled, v.wait_transcoding,
             v.state, v.is_live, v.duration_s, v.aspect_ratio, v.views, v.likes, v.dislikes, v.comments, v.created_at,
             v.updated_at, v.published_at, v.originally_published_at, v.uploaded_at, v.refreshed_at AS video_refreshed_at, ",
            $crate::channel::columns!()
        )
    };
}
pub(crate) use columns;

macro_rules! joins {
    () => {
        concat!(
            "JOIN channels channel ON channel.id = v.channel_id ",
            $crate::channel::joins!()
        )
    };
}
pub(crate) use joins;

macro_rules! select {
    ($condition:expr) => {
        concat!(
            "SELECT ",
            $crate::video::columns!(),
            " FROM videos v ",
            $crate::video::joins!(),
            " ",
            $condition
        )
    };
}
pub(crate) use select;

impl Video {
    pub(crate) fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            id: get(row, "video_id")?,
            uuid: parsed(row, "uuid")?,
            url: get(row, "video_url")?,
            channel: Channel::from_row(row)?,
            name: get(row, "video_name")?,
            description: get(row, "description")?,
            support: get(row, "support")?,
            category: get(row, "category")?,
            licence: get(row, "licence")?,
            language: get(row, "language")?,
            privacy: one_of(row, "privacy")?,
            nsfw: flag(row, "nsfw")?,
            comments_policy: one_of(row, "comments_policy")?,
            download_enabled: flag(row, "download_enabled")?,
            wait_transcoding: flag(row, "wait_transcoding")?,
            state: one_of(row, "state")?,
            is_live: flag(row, "is_live")?,
            duration_s: get(row, "duration_s")?,
            aspect_ratio: get(row, "aspect_ratio")?,
            views: get(row, "views")?,
            likes: get(row, "likes")?,
            dislikes: get(row, "dislikes")?,
            comments: get(row, "comments")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
            published_at: time(row, "published_at")?,
            originally_published_at: optional_time(row, "originally_published_at")?,
            uploaded_at: optional_time(row, "uploaded_at")?,
            refreshed_at: optional_time(row, "video_refreshed_at")?,
        })
    }

    pub fn is_local(&self) -> bool {
        self.url.is_none()
    }

    /// Whether this user owns the video.
    pub fn belongs_to(&self, user_id: i64) -> bool {
        self.channel.belongs_to(user_id)
    }

    pub async fn by_ref(db: &Db, video: impl Into<VideoRef>) -> Result<Option<Self>, Error> {
        let row = match video.into() {
            VideoRef::Id(id) => {
                sqlx::query(select!("WHERE v.id = $1"))
                    .bind(id)
                    .fetch_optional(db.readers())
                    .await?
            }
            VideoRef::Uuid(uuid) => {
                sqlx::query(select!("WHERE v.uuid = $1"))
                    .bind(uuid.to_string())
                    .fetch_optional(db.readers())
                    .await?
            }
        };
        row.as_ref().map(Self::from_row).transpose()
    }

    pub async fn tags(db: &Db, id: i64) -> Result<Vec<String>, Error> {
        let rows = sqlx::query("SELECT tag FROM video_tags WHERE video_id = $1 ORDER BY position")
            .bind(id)
            .fetch_all(db.readers())
            .await?;
        rows.iter().map(|row| get(row, "tag")).collect()
    }

    pub(crate) async fn insert(
        tx: &mut Tx,
        new: &NewVideo,
        uuid: Uuid,
        (state, is_live): (VideoState, bool),
        now: Timestamp,
    ) -> Result<i64, Error> {
        let row = sqlx::query(
            "INSERT INTO videos (uuid, channel_id, name, description, support, category, licence, language, privacy,
                nsfw, comments_policy, download_enabled, wait_transcoding, state, is_live, duration_s, created_at,
                updated_at, published_at, originally_published_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $14, 0, $15, $15, $15, $16)
             RETURNING id",
        )
        .bind(uuid.to_string())
        .bind(new.channel_id)
        .bind(new.name.as_str())
        .bind(new.description.as_deref())
        .bind(new.support.as_deref())
        .bind(new.category)
        .bind(new.licence)
        .bind(new.language.as_deref())
        .bind(new.privacy.id())
        .bind(i64::from(new.nsfw))
        .bind(new.comments_policy.id())
        .bind(i64::from(new.download_enabled))
        .bind(state.id())
        .bind(i64::from(is_live))
        .bind(now.as_millisecond())
        .bind(new.originally_published_at.map(Timestamp::as_millisecond))
        .fetch_one(tx.connection())
        .await?;
        let id = row.try_get(0)?;
        insert_tags(tx, id, &new.tags).await?;
        Ok(id)
    }

    pub async fn update(tx: &mut Tx, id: i64, update: &VideoUpdate, now: Timestamp) -> Result<(), Error> {
        let mut sql = Sql::new("UPDATE videos SET updated_at = ");
        sql.bind(now.as_millisecond());
        if let Some(channel_id) = update.channel_id {
            sql.push(", channel_id = ").bind(channel_id);
        }
        if let Some(name) = &update.name {
            sql.push(", name = ").bind(name.clone());
        }
        if let Some(description) = &update.description {
            sql.push(", description = ").bind(description.clone());
        }
        if let Some(support) = &update.support {
            sql.push(", support = ").bind(support.clone());
        }
        if let Some(category) = update.category {
            sql.push(", category = ").bind(category);
        }
        if let Some(licence) = update.licence {
            sql.push(", licence = ").bind(licence);
        }
        if let Some(language) = &update.language {
            sql.push(", language = ").bind(language.clone());
        }
        if let Some(privacy) = update.privacy {
            sql.push(", privacy = ").bind(privacy.id());
        }
        if let Some(nsfw) = update.nsfw {
            sql.push(", nsfw = ").bind(i64::from(nsfw));
        }
        if let Some(policy) = update.comments_policy {
            sql.push(", comments_policy = ").bind(policy.id());
        }
        if let Some(enabled) = update.download_enabled {
            sql.push(", download_enabled = ").bind(i64::from(enabled));
        }
        if let Some(wait) = update.wait_transcoding {
            sql.push(", wait_transcoding = ").bind(i64::from(wait));
        }
        if let Some(at) = update.originally_published_at {
            sql.push(", originally_published_at = ")
                .bind(at.map(Timestamp::as_millisecond));
        }
        sql.push(" WHERE id = ").bind(id);
        sql.execute(tx.connection()).await?;
        match &update.tags {
            Some(tags) => replace_tags(tx, id, tags).await,
            None => Ok(()),
        }
    }

    /// Moves a video on: transcoded, imported.
    pub async fn set_state(tx: &mut Tx, id: i64, state: VideoState) -> Result<(), Error> {
        sqlx::query("UPDATE videos SET state = $1 WHERE id = $2")
            .bind(state.id())
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// The shape of the picture, once it is known.
    pub async fn set_aspect_ratio(tx: &mut Tx, id: i64, width: u32, height: u32) -> Result<(), Error> {
        sqlx::query("UPDATE videos SET aspect_ratio = $1 WHERE id = $2")
            .bind(aspect_ratio(width, height))
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// Adds views to several videos at once; those that are gone are skipped.
    pub async fn add_views(tx: &mut Tx, views: &[(i64, i64)]) -> Result<(), Error> {
        for &(id, count) in views {
            sqlx::query("UPDATE videos SET views = views + $1 WHERE id = $2")
                .bind(count)
                .bind(id)
                .execute(tx.connection())
                .await?;
        }
        Ok(())
    }

    /// `None` when there was no such video.
    pub async fn delete(tx: &mut Tx, id: i64) -> Result<Option<Removed>, Error> {
        let row = sqlx::query("DELETE FROM videos WHERE id = $1 RETURNING id, uuid")
            .bind(id)
            .fetch_optional(tx.connection())
            .await?;
        crate::LiveSession::forget_orphans(tx).await?;
        row.as_ref().map(Removed::from_row).transpose()
    }

    pub(crate) async fn removed_of_channel(tx: &mut Tx, channel_id: i64) -> Result<Vec<Removed>, Error> {
        let rows = sqlx::query("SELECT id, uuid FROM videos WHERE channel_id = $1 AND url IS NULL")
            .bind(channel_id)
            .fetch_all(tx.connection())
            .await?;
        rows.iter().map(Removed::from_row).collect()
    }

    pub(crate) async fn removed_of_user(tx: &mut Tx, user_id: i64) -> Result<Vec<Removed>, Error> {
        let rows = sqlx::query(
            "SELECT v.id, v.uuid FROM videos v JOIN channels c ON c.id = v.channel_id
             JOIN accounts a ON a.id = c.account_id WHERE a.user_id = $1",
        )
        .bind(user_id)
        .fetch_all(tx.connection())
        .await?;
        rows.iter().map(Removed::from_row).collect()
    }
}

impl Removed {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        Ok(Self {
            video_id: get(row, "id")?,
            uuid: parsed(row, "uuid")?,
        })
    }
}

/// To four digits, as PeerTube and its federation have it.
pub(crate) fn aspect_ratio(width: u32, height: u32) -> Option<f64> {
    (height > 0).then(|| (f64::from(width) / f64::from(height) * 10_000.0).round() / 10_000.0)
}

pub(crate) async fn replace_tags(tx: &mut Tx, id: i64, tags: &[String]) -> Result<(), Error> {
    sqlx::query("DELETE FROM video_tags WHERE video_id = $1")
        .bind(id)
        .execute(tx.connection())
        .await?;
    insert_tags(tx, id, tags).await
}

pub(crate) async fn insert_tags(tx: &mut Tx, id: i64, tags: &[String]) -> Result<(), Error> {
    for (position, tag) in (0_i64..).zip(tags) {
        sqlx::query("INSERT INTO video_tags (video_id, position, tag) VALUES ($1, $2, $3)")
            .bind(id)
            .bind(position)
            .bind(tag.as_str())
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}
