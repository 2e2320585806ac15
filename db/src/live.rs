//! Lives: the address, the key and the wishes of the streamer. The video of a live holds all the rest.

use std::fmt;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::row::{flag, get, numbered, one_of, optional_one_of};
use crate::video::{columns, joins};
use crate::{Db, Error, NewVideo, Privacy, Tx, Uuid, Video, VideoRef, VideoState};

numbered! {
    LatencyMode { Default = 1, High = 2, Small = 3 }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSettings {
    /// The address outlives the session: each time on air leaves a video of its own.
    pub permanent: bool,
    pub save_replay: bool,
    /// Set when `save_replay` is.
    pub replay_privacy: Option<Privacy>,
    pub latency_mode: LatencyMode,
    /// How long a lost encoder is waited for. `None`: as the instance says.
    pub grace_s: Option<u32>,
    /// How far back viewers may rewind. `None`: as the instance says; 0: to the start.
    pub dvr_window_s: Option<u32>,
}

/// A live that can still go on air.
#[derive(Clone)]
pub struct Live {
    pub video: Video,
    pub settings: LiveSettings,
    stream_key: Option<String>,
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live")
            .field("video", &self.video.uuid)
            .field("settings", &self.settings)
            .field("stream_key", &"***")
            .finish()
    }
}

macro_rules! select {
    ($condition:expr) => {
        concat!(
            "SELECT l.stream_key, l.permanent, l.save_replay, l.replay_privacy, l.latency_mode, l.grace_s,
                    l.dvr_window_s, ",
            columns!(),
            " FROM lives l JOIN videos v ON v.id = l.video_id ",
            joins!(),
            " ",
            $condition
        )
    };
}

impl Live {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        let seconds = |column| {
            get::<Option<i64>>(row, column).map(|value| value.and_then(|value| u32::try_from(value).ok()))
        };
        Ok(Self {
            video: Video::from_row(row)?,
            settings: LiveSettings {
                permanent: flag(row, "permanent")?,
                save_replay: flag(row, "save_replay")?,
                replay_privacy: optional_one_of(row, "replay_privacy")?,
                latency_mode: one_of(row, "latency_mode")?,
                grace_s: seconds("grace_s")?,
                dvr_window_s: seconds("dvr_window_s")?,
            },
            stream_key: get(row, "stream_key")?,
        })
    }

    /// The secret; for its owner, and nobody's log. Of a remote live nobody here has it.
    pub fn stream_key(&self) -> Option<&str> {
        self.stream_key.as_deref()
    }

    /// The live an encoder may publish to with this key. Those of blocked users are not found.
    pub async fn by_stream_key(db: &Db, key: &str) -> Result<Option<Self>, Error> {
        let row = sqlx::query(select!(
            "WHERE l.stream_key = $1
             AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = account.user_id AND u.blocked = 1)"
        ))
        .bind(key)
        .fetch_optional(db.readers())
        .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    pub async fn by_video(db: &Db, video: impl Into<VideoRef>) -> Result<Option<Self>, Error> {
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

    /// The lives of an account, newest first: those on air, those waiting, those ended.
    pub async fn of_account(db: &Db, account_id: i64, limit: i64) -> Result<Vec<Self>, Error> {
        let rows = sqlx::query(select!("WHERE account.id = $1 ORDER BY v.id DESC LIMIT $2"))
            .bind(account_id)
            .bind(limit)
            .fetch_all(db.readers())
            .await?;
        rows.iter().map(Self::from_row).collect()
    }

    /// How many lives of an account are on air or wait for it.
    pub async fn count_open(db: &Db, account_id: i64) -> Result<i64, Error> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS total FROM videos v JOIN channels c ON c.id = v.channel_id
             WHERE c.account_id = $1 AND v.is_live = 1 AND v.state <> $2",
        )
        .bind(account_id)
        .bind(VideoState::LiveEnded.id())
        .fetch_one(db.readers())
        .await?;
        get(&row, "total")
    }

    pub async fn create(
        tx: &mut Tx,
        video: &NewVideo,
        settings: &LiveSettings,
        now: Timestamp,
    ) -> Result<(i64, Uuid), Error> {
        let uuid = Uuid::random();
        let video_id = Video::insert(tx, video, uuid, (VideoState::WaitingForLive, true), now).await?;
        settings.insert(tx, video_id, Some(new_key())).await?;
        Ok((video_id, uuid))
    }

    /// Changes the wishes for the next session. `false`: the live is on air or over, and stays as it is.
    pub async fn update(
        tx: &mut Tx,
        video_id: i64,
        settings: &LiveSettings,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let waiting = sqlx::query("UPDATE videos SET updated_at = $1 WHERE id = $2 AND state = $3")
            .bind(now.as_millisecond())
            .bind(video_id)
            .bind(VideoState::WaitingForLive.id())
            .execute(tx.connection())
            .await?
            .rows_affected();
        if waiting == 0 {
            return Ok(false);
        }
        sqlx::query(
            "UPDATE lives SET permanent = $1, save_replay = $2, replay_privacy = $3, latency_mode = $4, grace_s = $5,
                              dvr_window_s = $6 WHERE video_id = $7",
        )
        .bind(i64::from(settings.permanent))
        .bind(i64::from(settings.save_replay))
        .bind(settings.replay_privacy.map(Privacy::id))
        .bind(settings.latency_mode.id())
        .bind(settings.grace_s.map(i64::from))
        .bind(settings.dvr_window_s.map(i64::from))
        .bind(video_id)
        .execute(tx.connection())
        .await?;
        Ok(true)
    }

    /// Puts a new key in place of the old one, which opens nothing any more.
    pub async fn rotate_key(tx: &mut Tx, video_id: i64) -> Result<String, Error> {
        let row = sqlx::query("UPDATE lives SET stream_key = $1 WHERE video_id = $2 RETURNING stream_key")
            .bind(new_key())
            .bind(video_id)
            .fetch_one(tx.connection())
            .await?;
        Ok(row.try_get(0)?)
    }
}

impl LiveSettings {
    /// Makes a video a live. Without a key nobody here publishes to it: it is a remote one.
    pub(crate) async fn insert(&self, tx: &mut Tx, video_id: i64, key: Option<String>) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO lives (video_id, stream_key, permanent, save_replay, replay_privacy, latency_mode, grace_s,
                                dvr_window_s)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(video_id)
        .bind(key)
        .bind(i64::from(self.permanent))
        .bind(i64::from(self.save_replay))
        .bind(self.replay_privacy.map(Privacy::id))
        .bind(self.latency_mode.id())
        .bind(self.grace_s.map(i64::from))
        .bind(self.dvr_window_s.map(i64::from))
        .execute(tx.connection())
        .await?;
        Ok(())
    }
}

/// 122 random bits in a form that encoders take as it is, PeerTube's.
fn new_key() -> String {
    Uuid::random().to_string()
}
