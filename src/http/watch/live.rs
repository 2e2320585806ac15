//! A running live: blocking playlist reloads, preload hints, parts and segments.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics::{counter, gauge};
use packager::live::Window;
use packager::live::name::Name;
use packager::playlist::{Query, Rendered, Variant, multivariant};
use tokio::sync::SemaphorePermit;

use super::wants::Wants;
use super::{JSON, MP4, NO_STORE, PLAYLIST, body, missing};
use crate::app::App;
use crate::http::metrics::{WAITING, WAITS};
use crate::live::Session;

/// A blocked request is answered after this many target durations at the latest (RFC 8216bis 6.2.5.2).
const WAIT_TARGET_DURATIONS: u32 = 3;
/// What a player gets that asks without directives: reloaded before it is stale.
const SHORT: HeaderValue = HeaderValue::from_static("public, max-age=1");
/// A blocking reload names the state it wants, so its answer may be shared for a while (RFC 8216bis B.1).
const DIRECTED: HeaderValue = HeaderValue::from_static("public, max-age=4");

pub(super) async fn respond(
    app: &App,
    session: &Arc<Session>,
    name: Name,
    query: Option<&str>,
    wants: &Wants,
) -> Response {
    let reader = &session.reader;
    let number = u64::try_from(session.number).unwrap_or_default();
    match name {
        Name::Master | Name::LowLatencyMaster => {
            // The first part says codecs, resolution and bitrate.
            let Some(window) = wait(app, session, 1, Some(0)).await else {
                return busy();
            };
            let Some(variant) = Variant::of(&window, name == Name::LowLatencyMaster) else {
                return missing();
            };
            let mut response = multivariant(&[variant]).into_response();
            describe(&mut response, PLAYLIST, SHORT);
            response
        }
        // A playlist without a segment is an error to hls.js and others: the first one is waited for.
        Name::Classic { rendition: 0 } => {
            let Some(window) = wait(app, session, 2, Some(0)).await else {
                return busy();
            };
            if window.is_empty() {
                missing()
            } else {
                text(window.classic(), wants, PLAYLIST, SHORT)
            }
        }
        Name::LowLatency { rendition: 0 } => low_latency(app, session, query, wants).await,
        Name::Hashes => {
            let window = reader.window();
            text(window.hashes(), wants, JSON, SHORT)
        }
        Name::Init {
            session,
            rendition: 0,
            id,
        } if session == number => match reader.window().init(id) {
            Some(init) => body::bytes(vec![init.data.clone()], wants, MP4),
            None => missing(),
        },
        Name::Segment {
            session,
            rendition: 0,
            msn,
        } if session == number => match reader.window().segment(msn) {
            Some(segment) => body::respond(segment, wants),
            None => missing(),
        },
        Name::Part {
            session: s,
            rendition: 0,
            msn,
            part,
        } if s == number => {
            if let Some(part) = reader.window().part(msn, part) {
                return body::respond(part, wants);
            }
            // EXT-X-PRELOAD-HINT (RFC 8216bis 6.2.6): the request for the next part waits until it exists.
            let Some(slot) = Slot::take(app) else {
                return busy();
            };
            let waited =
                tokio::time::timeout(longest_wait(&reader.window()), reader.wait_part(msn, part)).await;
            drop(slot);
            match waited {
                Ok(Some(part)) => body::respond(part, wants),
                Ok(None) => missing(),
                Err(_) => busy(),
            }
        }
        _ => missing(),
    }
}

/// A low-latency media playlist, with the delivery directives of RFC 8216bis 6.2.5.
async fn low_latency(app: &App, session: &Session, query: Option<&str>, wants: &Wants) -> Response {
    let query = match Query::parse(query.unwrap_or_default()) {
        Ok(query) => query,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    if let Err(error) = session.reader.window().admit(&query) {
        return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response();
    }
    let window = match query.msn {
        Some(msn) => wait(app, session, msn, query.part).await,
        None => wait(app, session, 1, Some(0)).await,
    };
    let Some(window) = window else { return busy() };
    if window.is_empty() {
        return missing();
    }
    let caching = if query.msn.is_some() { DIRECTED } else { SHORT };
    text(window.low_latency(query.skip, &[]), wants, PLAYLIST, caching)
}

/// The window that has what is asked for; `None` when too many wait, or when it took too long.
async fn wait(app: &App, session: &Session, msn: u64, part: Option<u32>) -> Option<Arc<Window>> {
    let window = session.reader.window();
    if window.ended() || window.has(msn, part) {
        return Some(window);
    }
    let limit = longest_wait(&window);
    // Waiting readers hold no window, so that its segments can go.
    drop(window);
    let _slot = Slot::take(app)?;
    tokio::time::timeout(limit, session.reader.wait(msn, part))
        .await
        .ok()
}

fn longest_wait(window: &Window) -> Duration {
    Duration::from_secs(u64::from(window.target_duration_s() * WAIT_TARGET_DURATIONS))
}

/// The place of one blocked request, counted while it waits.
struct Slot<'a>(#[expect(dead_code, reason = "held, and given back when dropped")] SemaphorePermit<'a>);

impl<'a> Slot<'a> {
    fn take(app: &'a App) -> Option<Self> {
        let permit = app.waiting.try_acquire().ok()?;
        counter!(WAITS).increment(1);
        gauge!(WAITING).increment(1.0);
        Some(Self(permit))
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        gauge!(WAITING).decrement(1.0);
    }
}

/// Not now: the live edge did not move in time, or too many wait for it already.
fn busy() -> Response {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [
            (header::CACHE_CONTROL, NO_STORE),
            (header::RETRY_AFTER, HeaderValue::from_static("1")),
        ],
        "the live edge did not move in time\n",
    )
        .into_response()
}

/// A rendered state, shared by everyone who asks for it.
fn text(rendered: &Rendered, wants: &Wants, content_type: HeaderValue, caching: HeaderValue) -> Response {
    let mut response = if wants.gzip {
        let mut response = rendered.gzip().clone().into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response
    } else {
        rendered.plain().clone().into_response()
    };
    describe(&mut response, content_type, caching);
    response
}

fn describe(response: &mut Response, content_type: HeaderValue, caching: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CACHE_CONTROL, caching);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
}
