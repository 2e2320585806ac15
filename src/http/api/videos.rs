//! Videos as viewers see them, and the lists of values that describe them.

use axum::Json;
use axum::extract::{Path, State};
use db::{Privacy, Redundancy, StreamingPlaylist, Video, VideoFile};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::constants;
use super::input::Query;
use super::paging::{Listed, Paging};
use super::shape::Site;
use super::shape::video::{Belongings, ListedVideo, VideoDetails};
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
    federation::remote::video::refresh_if_old(&app.federation, &video);
    let belongings = belongings(&app.db, &video).await?;
    let viewers = app.viewers.count(video.uuid);
    let site = Site::of(&app.config);
    Ok(Json(VideoDetails::new(&video, belongings, viewers, &site)))
}

async fn belongings(db: &db::Db, video: &Video) -> Result<Belongings, db::Error> {
    let mut belongings = Belongings {
        tags: Video::tags(db, video.id).await?,
        playlist: StreamingPlaylist::of_video(db, video.id).await?,
        redundancies: Redundancy::base_urls(db, video.id, Timestamp::now()).await?,
        ..Belongings::default()
    };
    if !video.is_local() {
        belongings.web_videos = VideoFile::web_videos(db, video.id).await?;
        belongings.trackers = Video::trackers(db, video.id).await?;
    }
    Ok(belongings)
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
