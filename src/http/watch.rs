//! What viewers fetch: playlists, parts, segments and files, of running lives and of videos.
//!
//! One address for both, as in PeerTube: while a live is on air its names are answered from its window, everything else
//! is a file. Nothing here asks the database about a public video (docs/design/0003).

mod body;
mod file;
mod live;
mod stored;
mod wants;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use db::Uuid;

use crate::app::App;
use crate::http::extract::{self, Viewer};
use crate::storage::Access;
use wants::Wants;

const PLAYLIST: HeaderValue = HeaderValue::from_static("application/vnd.apple.mpegurl");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const MP4: HeaderValue = HeaderValue::from_static("video/mp4");
/// What a media name stands for never changes.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// `GET /static/streaming-playlists/hls/{uuid}/{file}`
pub(super) async fn public(
    State(app): State<App>,
    Path((uuid, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    wants: Wants,
) -> Response {
    let Ok(uuid) = uuid.parse() else { return missing() };
    respond(&app, uuid, &file, query.as_deref(), &wants, Access::Public).await
}

/// `GET /static/streaming-playlists/hls/private/{uuid}/{file}`
pub(super) async fn private(
    State(app): State<App>,
    Path((id, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    viewer: Viewer,
    wants: Wants,
) -> Response {
    let video = match extract::visible_video(&app, &viewer, &id).await {
        Ok(video) => video,
        Err(error) => return error.into_response(),
    };
    let mut response = respond(&app, video.uuid, &file, query.as_deref(), &wants, Access::Private).await;
    if response.status().is_success() {
        // Never in a shared cache, whatever the name.
        response.headers_mut().insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, max-age=60"),
        );
    }
    response
}

async fn respond(
    app: &App,
    uuid: Uuid,
    name: &str,
    query: Option<&str>,
    wants: &Wants,
    access: Access,
) -> Response {
    let session = app.lives.get(uuid).and_then(|address| address.session());
    if let Some(session) = session.filter(|session| session.access == access)
        && let Some(name) = packager::live::name::Name::parse(name)
    {
        return live::respond(app, &session, name, query, wants).await;
    }
    file::respond(&app.storage.video(uuid, access), name, wants).await
}

fn missing() -> Response {
    (
        StatusCode::NOT_FOUND,
        [(header::CACHE_CONTROL, NO_STORE)],
        "no such file\n",
    )
        .into_response()
}
