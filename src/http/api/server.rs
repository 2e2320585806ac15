//! About the server itself.

use axum::Json;
use axum::extract::State;
use db::Stats;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::error::ApiError;

/// Whether the server answers.
#[utoipa::path(get, path = "/ping", tag = "Server", responses((status = 200, body = String, example = "pong")))]
pub(crate) async fn ping() -> &'static str {
    "pong"
}

/// Totals; what this server does not do yet is 0.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerStats {
    total_users: i64,
    total_daily_active_users: i64,
    total_weekly_active_users: i64,
    total_monthly_active_users: i64,
    total_moderators: i64,
    total_admins: i64,
    total_local_videos: i64,
    total_local_video_views: i64,
    total_local_video_comments: i64,
    total_local_video_files_size: i64,
    total_videos: i64,
    total_video_comments: i64,
    total_local_video_channels: i64,
    total_local_daily_active_video_channels: i64,
    total_local_weekly_active_video_channels: i64,
    total_local_monthly_active_video_channels: i64,
    total_local_playlists: i64,
    total_instance_followers: i64,
    total_instance_following: i64,
    videos_redundancy: Vec<RedundancyStats>,
}

/// Mirrors of other servers' videos, by strategy.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RedundancyStats {
    strategy: String,
    total_size: Option<i64>,
    total_used: i64,
    total_video_files: i64,
    total_videos: i64,
}

/// What is on this server.
#[utoipa::path(get, path = "/server/stats", tag = "Server", responses((status = 200, body = ServerStats)))]
pub(crate) async fn stats(State(app): State<App>) -> Result<Json<ServerStats>, ApiError> {
    let stats = Stats::gather(&app.db, Timestamp::now()).await?;
    Ok(Json(ServerStats {
        total_users: stats.users,
        total_daily_active_users: stats.daily_active_users,
        total_weekly_active_users: stats.weekly_active_users,
        total_monthly_active_users: stats.monthly_active_users,
        total_moderators: stats.moderators,
        total_admins: stats.admins,
        total_local_videos: stats.local_videos,
        total_local_video_views: stats.local_video_views,
        total_local_video_files_size: stats.local_video_bytes,
        total_videos: stats.videos,
        total_local_video_channels: stats.local_channels,
        total_local_daily_active_video_channels: stats.daily_active_channels,
        total_local_weekly_active_video_channels: stats.weekly_active_channels,
        total_local_monthly_active_video_channels: stats.monthly_active_channels,
        ..ServerStats::default()
    }))
}
