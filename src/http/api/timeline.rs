//! What belongs to moments of a video: captions, chapters, small pictures. Those of other servers are passed on from here.

use axum::Json;
use axum::extract::{Path, State};
use db::{Caption, Chapter, Storyboard};
use serde::Serialize;
use utoipa::ToSchema;

use super::constants;
use super::paging::Listed;
use super::shape::{Labelled, iso};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{self, Viewer};
use crate::http::remote_files;

/// Subtitles in one language.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaptionShape {
    language: Labelled<String>,
    automatically_generated: bool,
    caption_path: String,
    updated_at: String,
}

/// Subtitles. Only videos of other servers have some yet.
#[utoipa::path(get, path = "/videos/{id}/captions", tag = "Videos",
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 200, body = Listed<CaptionShape>), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn captions(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Json<Listed<CaptionShape>>, ApiError> {
    let video = extract::visible_video(&app, &viewer, &id).await?;
    let captions = Caption::of_video(&app.db, video.id).await?;
    let shape = |caption: Caption| CaptionShape {
        caption_path: remote_files::captions_path(video.uuid, &caption.language),
        language: Labelled {
            label: constants::language(&caption.language).map_or(caption.label, str::to_owned),
            id: caption.language,
        },
        automatically_generated: caption.automatic,
        updated_at: iso(caption.updated_at),
    };
    let list = db::List {
        total: i64::try_from(captions.len()).unwrap_or(i64::MAX),
        data: captions,
    };
    Ok(Json(Listed::of(list, shape)))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Chapters {
    chapters: Vec<ChapterShape>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChapterShape {
    /// Seconds.
    timecode: i64,
    title: String,
}

/// Chapters. Only videos of other servers have some yet.
#[utoipa::path(get, path = "/videos/{id}/chapters", tag = "Videos",
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 200, body = Chapters), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn chapters(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Json<Chapters>, ApiError> {
    let video = extract::visible_video(&app, &viewer, &id).await?;
    let chapters = Chapter::of_video(&app.db, video.id).await?;
    let shape = |chapter: Chapter| ChapterShape {
        timecode: chapter.start_s,
        title: chapter.title,
    };
    Ok(Json(Chapters {
        chapters: chapters.into_iter().map(shape).collect(),
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Storyboards {
    storyboards: Vec<StoryboardShape>,
}

/// A sheet of small pictures.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoryboardShape {
    storyboard_path: String,
    total_height: i64,
    total_width: i64,
    sprite_height: i64,
    sprite_width: i64,
    /// Seconds between two pictures.
    sprite_duration: i64,
}

/// Preview pictures along the time line. Only videos of other servers have some yet.
#[utoipa::path(get, path = "/videos/{id}/storyboards", tag = "Videos",
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 200, body = Storyboards), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn storyboards(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Json<Storyboards>, ApiError> {
    let video = extract::visible_video(&app, &viewer, &id).await?;
    let board = Storyboard::of_video(&app.db, video.id).await?;
    let shape = |board: Storyboard| StoryboardShape {
        storyboard_path: remote_files::storyboard_path(video.uuid),
        total_height: board.height,
        total_width: board.width,
        sprite_height: board.tile_height,
        sprite_width: board.tile_width,
        sprite_duration: board.tile_duration_s,
    };
    Ok(Json(Storyboards {
        storyboards: board.map(shape).into_iter().collect(),
    }))
}
