//! Totals that an instance tells about itself.

use jiff::{SignedDuration, Timestamp};
use sqlx::Row;

use crate::{Db, Error};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    pub users: i64,
    pub daily_active_users: i64,
    pub weekly_active_users: i64,
    pub monthly_active_users: i64,
    /// In the last 180 days.
    pub half_year_active_users: i64,
    pub moderators: i64,
    pub admins: i64,
    pub videos: i64,
    pub local_videos: i64,
    pub local_video_views: i64,
    pub local_video_bytes: i64,
    pub local_channels: i64,
    pub daily_active_channels: i64,
    pub weekly_active_channels: i64,
    pub monthly_active_channels: i64,
    /// Comments that everyone may read.
    pub comments: i64,
    pub local_comments: i64,
    pub local_playlists: i64,
    pub instance_followers: i64,
    pub instance_following: i64,
    pub abuses: i64,
    /// Those that were accepted or rejected.
    pub abuses_processed: i64,
    /// From a report to what was decided; `None` before the first.
    pub abuse_response_ms: Option<i64>,
    /// Activities of other servers that were worked off, of those still remembered.
    pub messages_processed: i64,
    /// Those of them that were refused or could not be done.
    pub messages_failed: i64,
}

impl Stats {
    pub async fn gather(db: &Db, now: Timestamp) -> Result<Self, Error> {
        let days_ago = |days: i64| (now - SignedDuration::from_hours(24 * days)).as_millisecond();
        let users = sqlx::query(
            "SELECT COUNT(*),
                    COUNT(CASE WHEN last_login_at >= $1 THEN 1 END), COUNT(CASE WHEN last_login_at >= $2 THEN 1 END),
                    COUNT(CASE WHEN last_login_at >= $3 THEN 1 END), COUNT(CASE WHEN role = 1 THEN 1 END),
                    COUNT(CASE WHEN role = 0 THEN 1 END), COUNT(CASE WHEN last_login_at >= $4 THEN 1 END)
             FROM users",
        )
        .bind(days_ago(1))
        .bind(days_ago(7))
        .bind(days_ago(30))
        .bind(days_ago(180))
        .fetch_one(db.readers())
        .await?;
        let videos = sqlx::query(
            "SELECT COUNT(*), COUNT(CASE WHEN url IS NULL THEN 1 END),
                    CAST(coalesce(SUM(CASE WHEN url IS NULL THEN views END), 0) AS BIGINT)
             FROM videos WHERE listed = 1",
        )
        .fetch_one(db.readers())
        .await?;
        let bytes = sqlx::query(
            "SELECT CAST(coalesce(SUM(size_bytes), 0) AS BIGINT) FROM video_files WHERE url IS NULL",
        )
        .fetch_one(db.readers())
        .await?;
        let channels = sqlx::query(
            "SELECT COUNT(*),
                    COUNT(CASE WHEN last_at >= $1 THEN 1 END), COUNT(CASE WHEN last_at >= $2 THEN 1 END),
                    COUNT(CASE WHEN last_at >= $3 THEN 1 END)
             FROM (SELECT c.id, MAX(v.published_at) AS last_at FROM channels c
                   JOIN actors a ON a.id = c.actor_id AND a.instance_id IS NULL
                   LEFT JOIN videos v ON v.channel_id = c.id AND v.listed <> 0 GROUP BY c.id) latest",
        )
        .bind(days_ago(1))
        .bind(days_ago(7))
        .bind(days_ago(30))
        .fetch_one(db.readers())
        .await?;
        let social = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM comments WHERE held = 0 AND deleted_at IS NULL),
                    (SELECT COUNT(*) FROM comments WHERE held = 0 AND deleted_at IS NULL AND url IS NULL),
                    (SELECT COUNT(*) FROM playlists WHERE url IS NULL),
                    (SELECT COUNT(*) FROM follows f JOIN actors me ON me.id = f.target_id
                     WHERE f.state = 2 AND me.kind = 3 AND me.instance_id IS NULL),
                    (SELECT COUNT(*) FROM follows f JOIN actors me ON me.id = f.follower_id
                     WHERE f.state = 2 AND me.kind = 3 AND me.instance_id IS NULL)",
        )
        .fetch_one(db.readers())
        .await?;
        let moderation = sqlx::query(
            "SELECT COUNT(*), COUNT(CASE WHEN state <> 1 THEN 1 END),
                    CAST(AVG(CASE WHEN state <> 1 THEN updated_at - created_at END) AS BIGINT) FROM abuses",
        )
        .fetch_one(db.readers())
        .await?;
        let messages = sqlx::query("SELECT COUNT(*), COUNT(error) FROM inbox_activities WHERE body IS NULL")
            .fetch_one(db.readers())
            .await?;
        Ok(Self {
            users: users.try_get(0)?,
            daily_active_users: users.try_get(1)?,
            weekly_active_users: users.try_get(2)?,
            monthly_active_users: users.try_get(3)?,
            moderators: users.try_get(4)?,
            admins: users.try_get(5)?,
            half_year_active_users: users.try_get(6)?,
            videos: videos.try_get(0)?,
            local_videos: videos.try_get(1)?,
            local_video_views: videos.try_get(2)?,
            local_video_bytes: bytes.try_get(0)?,
            local_channels: channels.try_get(0)?,
            daily_active_channels: channels.try_get(1)?,
            weekly_active_channels: channels.try_get(2)?,
            monthly_active_channels: channels.try_get(3)?,
            comments: social.try_get(0)?,
            local_comments: social.try_get(1)?,
            local_playlists: social.try_get(2)?,
            instance_followers: social.try_get(3)?,
            instance_following: social.try_get(4)?,
            abuses: moderation.try_get(0)?,
            abuses_processed: moderation.try_get(1)?,
            abuse_response_ms: moderation.try_get(2)?,
            messages_processed: messages.try_get(0)?,
            messages_failed: messages.try_get(1)?,
        })
    }
}
