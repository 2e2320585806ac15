//! About the server itself.

use axum::Json;
use axum::extract::State;
use db::{InboxActivity, Stats};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::server_follows::administrator;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{ClientIp, SignedIn};

/// Whether the server answers.
#[utoipa::path(get, path = "/ping", tag = "Server", responses((status = 200, body = String, example = "pong")))]
pub(crate) async fn ping() -> &'static str {
    "pong"
}

/// Totals. Mirrors are not kept yet: none is counted.
#[derive(Debug, Serialize, ToSchema)]
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
    average_abuse_response_time_ms: Option<i64>,
    total_abuses: i64,
    total_abuses_processed: i64,
    /// Nobody registers here by themselves: always `null` and 0.
    average_registration_request_response_time_ms: Option<i64>,
    total_registration_requests: i64,
    total_registration_requests_processed: i64,
    /// Activities of other servers that were worked off, of those that are still remembered.
    total_activity_pub_messages_processed: i64,
    total_activity_pub_messages_successes: i64,
    total_activity_pub_messages_errors: i64,
    /// Activities of other servers that came in and were not worked off yet.
    total_activity_pub_messages_waiting: i64,
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
        total_local_video_comments: stats.local_comments,
        total_video_comments: stats.comments,
        total_local_playlists: stats.local_playlists,
        total_instance_followers: stats.instance_followers,
        total_instance_following: stats.instance_following,
        average_abuse_response_time_ms: stats.abuse_response_ms,
        total_abuses: stats.abuses,
        total_abuses_processed: stats.abuses_processed,
        average_registration_request_response_time_ms: None,
        total_registration_requests: 0,
        total_registration_requests_processed: 0,
        total_activity_pub_messages_processed: stats.messages_processed,
        total_activity_pub_messages_successes: stats.messages_processed - stats.messages_failed,
        total_activity_pub_messages_errors: stats.messages_failed,
        total_activity_pub_messages_waiting: InboxActivity::waiting(&app.db).await?,
        videos_redundancy: Vec::new(),
    }))
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Debug {
    /// The address this request came from, as trusted proxies tell it.
    ip: String,
    activity_pub_messages_waiting: i64,
}

/// Whether proxies are set up right, and whether the inbox keeps up.
#[utoipa::path(get, path = "/server/debug", tag = "Server", security(("token" = [])),
    responses((status = 200, body = Debug), (status = 401), (status = 403)))]
pub(crate) async fn debug(
    State(app): State<App>,
    signed_in: SignedIn,
    ClientIp(ip): ClientIp,
) -> Result<Json<Debug>, ApiError> {
    administrator(&signed_in)?;
    Ok(Json(Debug {
        ip: ip.to_string(),
        activity_pub_messages_waiting: InboxActivity::waiting(&app.db).await?,
    }))
}
