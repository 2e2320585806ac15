//! Players saying that they still play: presence and views in one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::input::{Body, Check, Given};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{self, ClientIp, Viewer};
use crate::viewers::Report;

/// Longer names of sessions are nobody's.
const MAX_SESSION_CHARS: usize = 64;

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct View {
    /// Seconds into the video.
    #[serde(default)]
    #[schema(value_type = i64)]
    current_time: Given<i64>,
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "seek")]
    view_event: Given<String>,
    /// Tells players behind one address apart.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    session_id: Given<String>,
}

/// Somebody is watching. Players say so every five seconds.
#[utoipa::path(post, path = "/videos/{id}/views", tag = "Videos", request_body = View,
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn post(
    State(app): State<App>,
    viewer: Viewer,
    ClientIp(address): ClientIp,
    Path(id): Path<String>,
    Body(view): Body<View>,
) -> Result<StatusCode, ApiError> {
    report(&app, &viewer, address, &id, &view).await
}

/// The same, for older clients.
#[utoipa::path(put, path = "/videos/{id}/views", tag = "Videos", request_body = View,
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn put(
    State(app): State<App>,
    viewer: Viewer,
    ClientIp(address): ClientIp,
    Path(id): Path<String>,
    Body(view): Body<View>,
) -> Result<StatusCode, ApiError> {
    report(&app, &viewer, address, &id, &view).await
}

/// The same, for older clients.
#[utoipa::path(post, path = "/videos/{id}/watching", tag = "Videos", request_body = View,
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn watching_post(
    State(app): State<App>,
    viewer: Viewer,
    ClientIp(address): ClientIp,
    Path(id): Path<String>,
    Body(view): Body<View>,
) -> Result<StatusCode, ApiError> {
    report(&app, &viewer, address, &id, &view).await
}

/// The same, for older clients.
#[utoipa::path(put, path = "/videos/{id}/watching", tag = "Videos", request_body = View,
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn watching_put(
    State(app): State<App>,
    viewer: Viewer,
    ClientIp(address): ClientIp,
    Path(id): Path<String>,
    Body(view): Body<View>,
) -> Result<StatusCode, ApiError> {
    report(&app, &viewer, address, &id, &view).await
}

async fn report(
    app: &App,
    viewer: &Viewer,
    address: std::net::IpAddr,
    id: &str,
    view: &View,
) -> Result<StatusCode, ApiError> {
    let mut check = Check::body();
    let time = check.value(
        "currentTime",
        &view.current_time,
        "Should have a time in seconds",
        |time| *time >= 0,
    );
    let time = check.required("currentTime", time, "Should have a time in seconds");
    check.value(
        "viewEvent",
        &view.view_event,
        "Should have a known event",
        |event| event == "seek",
    );
    let session = check.text(
        "sessionId",
        &view.session_id,
        1..=MAX_SESSION_CHARS,
        "Should have a short session id",
    );
    let time = check.finish_with(time)?;
    let video = extract::visible_video(app, viewer, id).await?;
    if !video.is_live && time > video.duration_s {
        return Err(ApiError::bad_request("Current time is invalid"));
    }
    let mut hasher = DefaultHasher::new();
    session.hash(&mut hasher);
    let report = Report {
        video_id: video.id,
        uuid: video.uuid,
        duration_s: video.duration_s,
        address,
        session: hasher.finish(),
    };
    app.viewers.report(report, Instant::now());
    Ok(StatusCode::NO_CONTENT)
}
