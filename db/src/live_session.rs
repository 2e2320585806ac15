//! Sessions: each time a live was on air.

use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::row::{flag, get, numbered, optional_one_of, optional_time, time};
use crate::{
    Db, Error, List, Live, Page, Privacy, StreamingPlaylist, Tx, Uuid, Video, VideoRef, VideoState, row,
};

numbered! {
    /// Why a session ended other than by the streamer's wish.
    SessionError {
        BadSocketHealth = 1,
        DurationExceeded = 2,
        QuotaExceeded = 3,
        Encoding = 4,
        Blacklisted = 5,
        RunnerJobError = 6,
        RunnerJobCancelled = 7,
        Unknown = 8,
        InvalidInput = 9,
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSession {
    /// Never given twice: it is part of the names of immutable media.
    pub id: i64,
    /// `None` once the live was deleted.
    pub live_video_id: Option<i64>,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub error: Option<SessionError>,
    pub save_replay: bool,
    pub replay_privacy: Option<Privacy>,
    /// The UUID of the replay, known from the start as the recording is named after it; the live's own if it is not
    /// permanent. `None` when no replay is wanted.
    pub replay_uuid: Option<Uuid>,
    pub replay_video_id: Option<i64>,
    /// Whether nothing is left to do: the replay is published, or there is none.
    pub ending_processed: bool,
}

impl LiveSession {
    fn from_row(row: &AnyRow) -> Result<Self, Error> {
        let replay_uuid: Option<String> = get(row, "replay_uuid")?;
        Ok(Self {
            id: get(row, "id")?,
            live_video_id: get(row, "live_video_id")?,
            started_at: time(row, "started_at")?,
            ended_at: optional_time(row, "ended_at")?,
            error: optional_one_of(row, "error")?,
            save_replay: flag(row, "save_replay")?,
            replay_privacy: optional_one_of(row, "replay_privacy")?,
            replay_uuid: replay_uuid
                .map(|text| text.parse().map_err(|_| row::unknown("replay_uuid", text)))
                .transpose()?,
            replay_video_id: get(row, "replay_video_id")?,
            ending_processed: flag(row, "ending_processed")?,
        })
    }

    /// Goes on air: the video counts as published from now on, and has a playlist.
    pub async fn start(tx: &mut Tx, live: &Live, now: Timestamp) -> Result<Self, Error> {
        let replay_uuid = live.settings.save_replay.then(|| {
            if live.settings.permanent {
                Uuid::random()
            } else {
                live.video.uuid
            }
        });
        let row = sqlx::query(
            "INSERT INTO live_sessions (live_video_id, started_at, save_replay, replay_privacy, replay_uuid,
                                        ending_processed)
             VALUES ($1, $2, $3, $4, $5, 0) RETURNING *",
        )
        .bind(live.video.id)
        .bind(now.as_millisecond())
        .bind(i64::from(live.settings.save_replay))
        .bind(live.settings.replay_privacy.map(Privacy::id))
        .bind(replay_uuid.map(|uuid| uuid.to_string()))
        .fetch_one(tx.connection())
        .await?;
        sqlx::query("UPDATE videos SET state = $1, published_at = $2, updated_at = $2 WHERE id = $3")
            .bind(VideoState::Published.id())
            .bind(now.as_millisecond())
            .bind(live.video.id)
            .execute(tx.connection())
            .await?;
        StreamingPlaylist::insert_live(tx, live.video.id, now).await?;
        Self::from_row(&row)
    }

    /// Goes off air. A permanent live waits for the next time, any other one is over. What remains of the session is the
    /// business of [`Video::create_replay`] or [`LiveSession::processed`]. Ending twice changes nothing.
    pub async fn end(tx: &mut Tx, id: i64, error: Option<SessionError>, now: Timestamp) -> Result<(), Error> {
        let row = sqlx::query(
            "UPDATE live_sessions SET ended_at = $1, error = $2 WHERE id = $3 AND ended_at IS NULL
             RETURNING live_video_id",
        )
        .bind(now.as_millisecond())
        .bind(error.map(SessionError::id))
        .bind(id)
        .fetch_optional(tx.connection())
        .await?;
        let Some(row) = row else { return Ok(()) };
        let Some(video_id) = get::<Option<i64>>(&row, "live_video_id")? else {
            return Self::forget_orphans(tx).await;
        };
        sqlx::query(
            "UPDATE videos SET updated_at = $1, state = CASE WHEN EXISTS
                (SELECT 1 FROM lives WHERE video_id = $2 AND permanent = 1) THEN $3 ELSE $4 END WHERE id = $2",
        )
        .bind(now.as_millisecond())
        .bind(video_id)
        .bind(VideoState::WaitingForLive.id())
        .bind(VideoState::LiveEnded.id())
        .execute(tx.connection())
        .await?;
        StreamingPlaylist::remove(tx, video_id).await
    }

    /// Nothing is left to do for a session that leaves no replay.
    pub async fn processed(tx: &mut Tx, id: i64) -> Result<(), Error> {
        sqlx::query("UPDATE live_sessions SET ending_processed = 1 WHERE id = $1")
            .bind(id)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// Sessions that a crash interrupted: still on air, or ended with the replay not published.
    pub async fn open(db: &Db) -> Result<Vec<Self>, Error> {
        let rows = sqlx::query("SELECT * FROM live_sessions WHERE ending_processed = 0 ORDER BY started_at")
            .fetch_all(db.readers())
            .await?;
        rows.iter().map(Self::from_row).collect()
    }

    pub async fn by_id(db: &Db, id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM live_sessions WHERE id = $1")
            .bind(id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// The session of a live that is on air.
    pub async fn current(db: &Db, live_video_id: i64) -> Result<Option<Self>, Error> {
        let row = sqlx::query("SELECT * FROM live_sessions WHERE live_video_id = $1 AND ended_at IS NULL")
            .bind(live_video_id)
            .fetch_optional(db.readers())
            .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// The sessions of a live, oldest first, each with the video it left.
    pub async fn of_live(
        db: &Db,
        live_video_id: i64,
        page: Page,
    ) -> Result<List<(Self, Option<Video>)>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM live_sessions WHERE live_video_id = $1 ORDER BY started_at, id LIMIT $2 OFFSET $3",
        )
        .bind(live_video_id)
        .bind(page.count)
        .bind(page.start)
        .fetch_all(db.readers())
        .await?;
        let mut data = Vec::with_capacity(rows.len());
        for row in &rows {
            let session = Self::from_row(row)?;
            let replay = match session.replay_video_id {
                Some(id) => Video::by_ref(db, VideoRef::Id(id)).await?,
                None => None,
            };
            data.push((session, replay));
        }
        let total = if page.skip_total {
            0
        } else {
            let row = sqlx::query("SELECT COUNT(*) AS total FROM live_sessions WHERE live_video_id = $1")
                .bind(live_video_id)
                .fetch_one(db.readers())
                .await?;
            get(&row, "total")?
        };
        Ok(List { total, data })
    }

    /// The session a replay was recorded in.
    pub async fn of_replay(db: &Db, replay_video_id: i64) -> Result<Option<Self>, Error> {
        let row =
            sqlx::query("SELECT * FROM live_sessions WHERE replay_video_id = $1 ORDER BY id DESC LIMIT 1")
                .bind(replay_video_id)
                .fetch_optional(db.readers())
                .await?;
        row.as_ref().map(Self::from_row).transpose()
    }

    /// Drops the sessions that neither a live nor a replay remembers. One that is still on air stays: it must be ended.
    pub(crate) async fn forget_orphans(tx: &mut Tx) -> Result<(), Error> {
        sqlx::query(
            "DELETE FROM live_sessions WHERE live_video_id IS NULL AND replay_video_id IS NULL AND ended_at IS NOT NULL",
        )
        .execute(tx.connection())
        .await?;
        Ok(())
    }
}
