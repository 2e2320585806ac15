//! Videos as viewers see them, and the lists of values that describe them.

use axum::Json;
use axum::extract::{Path, State};
use db::{Privacy, StreamingPlaylist, Video};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::constants;
use super::input::Query;
use super::paging::{Listed, Paging};
use super::shape::Site;
use super::shape::video::{ListedVideo, VideoDetails};
use super::video_query::{self, VideoQuery};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{self, Viewer};

/// Videos that are ready, newest first: public ones, and internal ones for members. Lives are among them while they are on air.
#[utoipa::path(get, path = "/videos", tag = "Videos", params(Paging, VideoQuery),
    responses((status = 200, body = Listed<ListedVideo>), (status = 400), (status = 401)))]
pub(crate) async fn list(
    State(app): State<App>,
    viewer: Viewer,
    Query(paging): Query<Paging>,
    Query(query): Query<VideoQuery>,
) -> Result<Json<Listed<ListedVideo>>, ApiError> {
    video_query::respond(&app, &viewer, &paging, &query, |_| {}).await
}

/// One video with all that belongs to it.
#[utoipa::path(get, path = "/videos/{id}", tag = "Videos",
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 200, body = VideoDetails), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn get(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Json<VideoDetails>, ApiError> {
    let video = extract::visible_video(&app, &viewer, &id).await?;
    let tags = Video::tags(&app.db, video.id).await?;
    let playlist = StreamingPlaylist::of_video(&app.db, video.id).await?;
    let viewers = app.viewers.count(video.uuid);
    Ok(Json(VideoDetails::new(
        &video,
        tags,
        playlist.as_ref(),
        viewers,
        &Site::of(&app.config),
    )))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Description {
    description: Option<String>,
}

/// The whole description of a video.
#[utoipa::path(get, path = "/videos/{id}/description", tag = "Videos",
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 200, body = Description), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn description(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Json<Description>, ApiError> {
    let video = extract::visible_video(&app, &viewer, &id).await?;
    Ok(Json(Description {
        description: video.description,
    }))
}

/// Subtitles. None are kept here yet.
#[utoipa::path(get, path = "/videos/{id}/captions", tag = "Videos",
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 200, body = Listed<Value>), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn captions(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Json<Listed<Value>>, ApiError> {
    extract::visible_video(&app, &viewer, &id).await?;
    Ok(Json(Listed::empty()))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Chapters {
    chapters: Vec<Value>,
}

/// Chapters. None are kept here yet.
#[utoipa::path(get, path = "/videos/{id}/chapters", tag = "Videos",
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 200, body = Chapters), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn chapters(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Json<Chapters>, ApiError> {
    extract::visible_video(&app, &viewer, &id).await?;
    Ok(Json(Chapters { chapters: Vec::new() }))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Storyboards {
    storyboards: Vec<Value>,
}

/// Preview pictures along the time line. None are made here yet.
#[utoipa::path(get, path = "/videos/{id}/storyboards", tag = "Videos",
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 200, body = Storyboards), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn storyboards(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Json<Storyboards>, ApiError> {
    extract::visible_video(&app, &viewer, &id).await?;
    Ok(Json(Storyboards {
        storyboards: Vec::new(),
    }))
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommentThreads {
    total: i64,
    data: Vec<Value>,
    total_not_deleted_comments: i64,
}

/// Comments. There are none here yet.
#[utoipa::path(get, path = "/videos/{id}/comment-threads", tag = "Videos",
    params(("id" = String, Path, description = "Id, UUID or short UUID"), Paging),
    responses((status = 200, body = CommentThreads), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn comment_threads(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<Json<CommentThreads>, ApiError> {
    paging.read("-createdAt", &[("createdAt", ()), ("totalReplies", ())])?;
    extract::visible_video(&app, &viewer, &id).await?;
    Ok(Json(CommentThreads {
        total: 0,
        data: Vec::new(),
        total_not_deleted_comments: 0,
    }))
}

fn labels<K: ToString>(pairs: impl IntoIterator<Item = (K, &'static str)>) -> Json<Map<String, Value>> {
    Json(
        pairs
            .into_iter()
            .map(|(id, label)| (id.to_string(), label.into()))
            .collect(),
    )
}

/// What videos can be about, by number.
#[utoipa::path(get, path = "/videos/categories", tag = "Videos",
    responses((status = 200, body = std::collections::HashMap<String, String>)))]
pub(crate) async fn categories() -> Json<Map<String, Value>> {
    labels(constants::CATEGORIES)
}

/// What others may do with a video, by number.
#[utoipa::path(get, path = "/videos/licences", tag = "Videos",
    responses((status = 200, body = std::collections::HashMap<String, String>)))]
pub(crate) async fn licences() -> Json<Map<String, Value>> {
    labels(constants::LICENCES)
}

/// Languages, by code.
#[utoipa::path(get, path = "/videos/languages", tag = "Videos",
    responses((status = 200, body = std::collections::HashMap<String, String>)))]
pub(crate) async fn languages() -> Json<Map<String, Value>> {
    labels(constants::LANGUAGES)
}

/// Who may see a video, by number.
#[utoipa::path(get, path = "/videos/privacies", tag = "Videos",
    responses((status = 200, body = std::collections::HashMap<String, String>)))]
pub(crate) async fn privacies() -> Json<Map<String, Value>> {
    labels(Privacy::ALL.iter().map(|privacy| (privacy.id(), privacy.label())))
}
