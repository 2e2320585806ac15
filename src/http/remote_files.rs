//! What other servers have beside their videos, from here: captions, storyboards and avatars, at addresses of PeerTube's form.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use db::{Actor, Caption, Storyboard, Uuid, Video};

use super::error::ApiError;
use crate::app::App;
use crate::remote_files::{Error, Kind, RemoteFile};

/// PeerTube gives what changed another address.
const FRESH: Duration = Duration::from_secs(2 * 24 * 60 * 60);
const CACHING: HeaderValue = HeaderValue::from_static("public, max-age=7200");

pub(crate) fn captions_path(video: Uuid, language: &str) -> String {
    format!("/lazy-static/video-captions/{video}-{language}.vtt")
}

pub(crate) fn storyboard_path(video: Uuid) -> String {
    format!("/lazy-static/storyboards/{video}.jpg")
}

pub(crate) fn avatar_path(actor: &Actor) -> String {
    format!("/lazy-static/avatars/{}", actor.id)
}

/// `GET /lazy-static/video-captions/{uuid}-{language}.vtt`
pub(super) async fn captions(State(app): State<App>, Path(file): Path<String>) -> Result<Response, ApiError> {
    const UUID_CHARS: usize = 36;
    let (uuid, language) = file
        .strip_suffix(".vtt")
        .and_then(|name| name.split_at_checked(UUID_CHARS))
        .ok_or_else(no_such_file)?;
    let language = language.strip_prefix('-').ok_or_else(no_such_file)?;
    let video = remote_video(&app, uuid).await?;
    let captions = Caption::of_video(&app.db, video.id).await?;
    let caption = captions
        .into_iter()
        .find(|caption| caption.language == language)
        .ok_or_else(no_such_file)?;
    pass_on(&app, &caption.url, Kind::Captions).await
}

/// `GET /lazy-static/storyboards/{uuid}.jpg`
pub(super) async fn storyboard(
    State(app): State<App>,
    Path(file): Path<String>,
) -> Result<Response, ApiError> {
    let uuid = file.strip_suffix(".jpg").ok_or_else(no_such_file)?;
    let video = remote_video(&app, uuid).await?;
    let board = Storyboard::of_video(&app.db, video.id).await?;
    pass_on(&app, &board.ok_or_else(no_such_file)?.url, Kind::Picture).await
}

/// `GET /lazy-static/avatars/{actor}`
pub(super) async fn avatar(State(app): State<App>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let id = id.parse().map_err(|_| no_such_file())?;
    let actor = Actor::by_id(&app.db, id).await?;
    let url = actor.and_then(|actor| actor.icon_url).ok_or_else(no_such_file)?;
    pass_on(&app, &url, Kind::Picture).await
}

/// What is known of remote videos is public or has an address that nobody guesses.
async fn remote_video(app: &App, uuid: &str) -> Result<Video, ApiError> {
    let uuid: Uuid = uuid.parse().map_err(|_| no_such_file())?;
    let video = Video::by_ref(&app.db, uuid).await?;
    video.filter(|video| !video.is_local()).ok_or_else(no_such_file)
}

async fn pass_on(app: &App, url: &str, kind: Kind) -> Result<Response, ApiError> {
    match app
        .remote_files
        .get(&app.federation.client, url, kind, FRESH)
        .await
    {
        Ok(file) => Ok(respond(file)),
        Err(error) => Err(refuse(url, &error)),
    }
}

fn respond(file: RemoteFile) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(file.media_type)),
        (header::CACHE_CONTROL, CACHING),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (headers, file.bytes).into_response()
}

fn refuse(url: &str, error: &Error) -> ApiError {
    if let Error::Disk(error) = error {
        tracing::error!(%error, "cannot keep a file of another server");
    } else {
        tracing::debug!(url, %error, "a file of another server cannot be had");
    }
    ApiError::new(
        StatusCode::BAD_GATEWAY,
        "The server of the video does not give it",
    )
}

fn no_such_file() -> ApiError {
    ApiError::not_found("No such file")
}
