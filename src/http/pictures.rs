//! Pictures of videos at PeerTube's addresses. Every video has one: where none was made there is a neutral one, because
//! clients show what they get.
//!
//! As with the files, the folder is the access right (docs/design/0003): a public picture asks no database.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{FromRequestParts as _, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use db::{Uuid, Video, VideoPictures};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use super::extract::{self, Viewer};
use crate::app::App;
use crate::remote_files::Kind;
use crate::storage::{Access, Picture};

/// A live shows a new one about as often.
const LIVE_CACHING: HeaderValue = HeaderValue::from_static("public, max-age=30");
const REPLAY_CACHING: HeaderValue = HeaderValue::from_static("public, max-age=86400");
const PRIVATE_CACHING: HeaderValue = HeaderValue::from_static("private, max-age=30");
const JPEG: &str = "image/jpeg";
/// How old the picture of a video of another server may be here.
const FRESH: Duration = Duration::from_secs(2 * 24 * 60 * 60);
const LIVE_FRESH: Duration = Duration::from_secs(60);
/// Made once from the mark and the colours of the house.
const NO_THUMBNAIL: &[u8] = include_bytes!("pictures/no-thumbnail.jpg");
const NO_PREVIEW: &[u8] = include_bytes!("pictures/no-preview.jpg");

/// Where a picture of a video is.
pub(crate) fn path(picture: Picture, uuid: Uuid) -> String {
    let folder = match picture {
        Picture::Thumbnail => "thumbnails",
        Picture::Preview => "previews",
    };
    format!("/lazy-static/{folder}/{uuid}.jpg")
}

/// `GET /lazy-static/thumbnails/{uuid}.jpg`
pub(super) async fn thumbnail(
    State(app): State<App>,
    Path(file): Path<String>,
    request: Request,
) -> Response {
    respond(&app, Picture::Thumbnail, &file, request).await
}

/// `GET /lazy-static/previews/{uuid}.jpg`
pub(super) async fn preview(State(app): State<App>, Path(file): Path<String>, request: Request) -> Response {
    respond(&app, Picture::Preview, &file, request).await
}

/// A picture on its way out.
struct Shown {
    bytes: Vec<u8>,
    media_type: &'static str,
    modified: SystemTime,
    caching: HeaderValue,
}

async fn respond(app: &App, picture: Picture, file: &str, request: Request) -> Response {
    let Some(uuid) = file
        .strip_suffix(".jpg")
        .and_then(|uuid| uuid.parse::<Uuid>().ok())
    else {
        return (StatusCode::NOT_FOUND, "no such picture\n").into_response();
    };
    let storage = app.storage.clone();
    let found = tokio::task::spawn_blocking(move || {
        for access in [Access::Public, Access::Private] {
            if let Some(stored) = storage.picture(uuid, picture, access)? {
                return Ok(Some((stored, access, storage.is_finished(uuid))));
            }
        }
        Ok::<_, std::io::Error>(None)
    });
    let (mut parts, _) = request.into_parts();
    let shown = match found.await {
        Ok(Ok(Some((stored, access, finished)))) => {
            if access == Access::Private
                && let Err(refused) = allowed(app, &mut parts, uuid).await
            {
                return refused;
            }
            let caching = match access {
                Access::Private => PRIVATE_CACHING,
                Access::Public if finished => REPLAY_CACHING,
                Access::Public => LIVE_CACHING,
            };
            Shown {
                bytes: stored.bytes,
                media_type: JPEG,
                modified: stored.modified,
                caching,
            }
        }
        Ok(Ok(None)) => match remote(app, picture, uuid).await {
            Some(shown) => shown,
            None => Shown {
                bytes: match picture {
                    Picture::Thumbnail => NO_THUMBNAIL.to_vec(),
                    Picture::Preview => NO_PREVIEW.to_vec(),
                },
                media_type: JPEG,
                modified: UNIX_EPOCH,
                caching: LIVE_CACHING,
            },
        },
        Ok(Err(error)) => {
            tracing::error!(video = %uuid, %error, "cannot read a picture");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    shown.respond(&parts.headers)
}

/// The picture of a video of another server, which it gives us. That of a live on air is another one every now and then, at the
/// same address.
async fn remote(app: &App, picture: Picture, uuid: Uuid) -> Option<Shown> {
    let video = Video::by_ref(&app.db, uuid).await.ok().flatten()?;
    let pictures = VideoPictures::of_video(&app.db, video.id).await.ok()?;
    let known = match picture {
        Picture::Thumbnail => pictures.thumbnail,
        Picture::Preview => pictures.preview,
    };
    let (max_age, caching) = if video.is_live {
        (LIVE_FRESH, LIVE_CACHING)
    } else {
        (FRESH, REPLAY_CACHING)
    };
    let (client, url) = (&app.federation.client, known?.url);
    match app.remote_files.get(client, &url, Kind::Picture, max_age).await {
        Ok(file) => Some(Shown {
            bytes: file.bytes,
            media_type: file.media_type,
            modified: file.modified,
            caching,
        }),
        Err(error) => {
            tracing::debug!(video = %uuid, %error, "no picture of a video of another server");
            None
        }
    }
}

/// Whether whoever asks may see the video of a closed picture.
async fn allowed(app: &App, parts: &mut axum::http::request::Parts, uuid: Uuid) -> Result<(), Response> {
    let refused = |error: super::error::ApiError| error.into_response();
    let viewer = Viewer::from_request_parts(parts, app).await.map_err(refused)?;
    extract::visible_video(app, &viewer, &uuid.to_string())
        .await
        .map_err(refused)?;
    Ok(())
}

impl Shown {
    fn respond(self, asked: &HeaderMap) -> Response {
        let age = self.modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        let etag = format!("\"{:x}-{:x}\"", age.as_nanos(), self.bytes.len());
        let modified = Timestamp::try_from(self.modified)
            .ok()
            .and_then(|modified| DateTimePrinter::new().timestamp_to_rfc9110_string(&modified).ok());
        let mut response = if is_known(asked, &etag, modified.as_deref()) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(header::CONTENT_TYPE, self.media_type)], self.bytes).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, self.caching);
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        let named = [(header::ETAG, Some(etag)), (header::LAST_MODIFIED, modified)];
        for (name, value) in named {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// Whether the client has this very picture (RFC 9110 13.2.2: the tag decides if there is one). Dates are compared as
/// they were sent, which RFC 9110 13.1.3 allows for.
fn is_known(asked: &HeaderMap, etag: &str, modified: Option<&str>) -> bool {
    let text = |name| {
        asked
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    match text(header::IF_NONE_MATCH) {
        Some(tags) => tags
            .split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == etag || tag == "*"),
        None => modified.is_some() && text(header::IF_MODIFIED_SINCE) == modified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_sent_once() {
        let date = Some("Sun, 22 Nov 2026 18:00:00 GMT");
        let asked = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            is_known(&headers, "\"a-1\"", date)
        };
        assert!(
            asked("if-none-match", "\"a-1\"")
                && asked("if-none-match", "\"x\", W/\"a-1\"")
                && asked("if-none-match", "*")
        );
        assert!(!asked("if-none-match", "\"a-2\"") && !asked("if-none-match", "a-1"));
        assert!(asked("if-modified-since", "Sun, 22 Nov 2026 18:00:00 GMT"));
        assert!(!asked("if-modified-since", "Sun, 22 Nov 2026 18:00:30 GMT"));
    }
}
