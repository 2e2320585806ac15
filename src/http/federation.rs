//! What other servers read: actors, videos and their collections as ActivityPub objects. One address is a page for people and
//! an object for servers ([`negotiate`]). What the objects say is the `federation` crate's matter.

mod collections;
mod comments;
mod discovery;
mod inbox;
mod rates;
mod readers;
mod videos;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use db::{Account, Actor, Channel, Handle};
use federation::{INSTANCE_ACTOR, Site};
use serde_json::Value;
use tower_http::cors::CorsLayer;

use super::error::ApiError;
use super::limit;
use crate::app::App;

pub(crate) use videos::describe;

pub(crate) fn router(app: App) -> Router<App> {
    Router::new()
        .route("/.well-known/webfinger", get(discovery::webfinger))
        .route("/.well-known/host-meta", get(discovery::host_meta))
        .route("/.well-known/nodeinfo", get(discovery::nodeinfo_links))
        .route("/nodeinfo/{version}", get(discovery::nodeinfo))
        .route("/accounts/{name}", get(account))
        .route("/accounts/{name}/inbox", post(inbox::account))
        .route("/accounts/{name}/{collection}", get(collections::account))
        .route("/video-channels/{name}", get(channel))
        .route("/video-channels/{name}/inbox", post(inbox::channel))
        .route("/video-channels/{name}/{collection}", get(collections::channel))
        .route("/accounts/{name}/likes/{video}", get(rates::like))
        .route("/accounts/{name}/dislikes/{video}", get(rates::dislike))
        .route("/videos/watch/{id}/{collection}", get(videos::video_collection))
        .route("/videos/watch/{id}/likes", get(rates::likes))
        .route("/videos/watch/{id}/dislikes", get(rates::dislikes))
        .route("/videos/watch/{id}/comments", get(comments::of_video))
        .route("/videos/watch/{id}/comments/{comment}", get(comments::comment))
        .route(
            "/videos/watch/{id}/comments/{comment}/{part}",
            get(comments::sent),
        )
        .route("/videos/watch/{id}/announces/{actor}", get(videos::announce))
        .route("/videos/watch/{id}/lives/{session}", get(videos::live_note))
        .route("/inbox", post(inbox::shared))
        .layer(middleware::from_fn_with_state(app.clone(), readers::guard))
        .layer(middleware::from_fn_with_state(app, limit::federation))
        .layer(CorsLayer::permissive())
}

fn site(app: &App) -> &Site {
    &app.federation.site
}

fn wants_object(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).iter();
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    federation::accept::prefers_object(&lines.join(","))
}

fn object(value: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, federation::CONTENT_TYPE),
        // As PeerTube: a burst of servers that all heard of something is answered by whatever stands in front.
        (header::CACHE_CONTROL, "max-age=1"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, value.to_string()).into_response()
}

fn vary_by_accept(response: &mut Response) {
    response
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("accept"));
}

/// Pages that are objects to servers.
enum Page<'a> {
    Account(&'a str),
    Channel(&'a str),
    Video(&'a str),
}

impl<'a> Page<'a> {
    fn at(path: &'a str) -> Option<Self> {
        let one = |prefix| {
            path.strip_prefix(prefix)
                .filter(|rest| !rest.is_empty() && !rest.contains('/'))
        };
        let videos = || {
            path.strip_prefix("/c/")
                .and_then(|rest| rest.strip_suffix("/videos"))
                .filter(|name| !name.is_empty() && !name.contains('/'))
        };
        one("/videos/watch/")
            .or_else(|| one("/w/"))
            .map(Self::Video)
            .or_else(|| one("/a/").map(Self::Account))
            .or_else(|| one("/c/").or_else(videos).map(Self::Channel))
    }

    async fn object(&self, app: &App) -> Result<Response, ApiError> {
        match self {
            Self::Account(name) => account_object(app, name).await,
            Self::Channel(name) => channel_object(app, name).await,
            Self::Video(id) => videos::video_object(app, id).await,
        }
    }
}

/// Answers with the object where a page is asked for in ActivityPub's media type.
pub(crate) async fn negotiate(State(app): State<App>, request: Request, next: Next) -> Response {
    if !request.method().is_safe() || Page::at(request.uri().path()).is_none() {
        return next.run(request).await;
    }
    let mut response = if wants_object(request.headers()) {
        let (mut parts, _) = request.into_parts();
        page_object(&app, &mut parts).await.into_response()
    } else {
        next.run(request).await
    };
    vary_by_accept(&mut response);
    response
}

async fn page_object(app: &App, parts: &mut Parts) -> Result<Response, ApiError> {
    readers::check(app, parts).await?;
    match Page::at(parts.uri.path()) {
        Some(page) => page.object(app).await,
        None => Err(ApiError::not_found("Not found")),
    }
}

/// `GET /accounts/{name}`: the account, or its page. `peertube` is the server itself.
async fn account(State(app): State<App>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let page = match name.as_str() {
        INSTANCE_ACTOR => "/".to_owned(),
        name => format!("/a/{name}"),
    };
    let mut response = if wants_object(&headers) {
        account_object(&app, &name).await.into_response()
    } else {
        to_page(&page)
    };
    vary_by_accept(&mut response);
    response
}

/// `GET /video-channels/{name}`: the channel, or its page.
async fn channel(State(app): State<App>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let mut response = if wants_object(&headers) {
        channel_object(&app, &name).await.into_response()
    } else {
        to_page(&format!("/c/{name}"))
    };
    vary_by_accept(&mut response);
    response
}

/// A name may hold anything a path segment may: what no header can carry has no page.
fn to_page(path: &str) -> Response {
    match HeaderValue::try_from(path) {
        Ok(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
        Err(_) => ApiError::not_found("Actor not found").into_response(),
    }
}

fn no_actor() -> ApiError {
    ApiError::not_found("Actor not found")
}

async fn account_object(app: &App, name: &str) -> Result<Response, ApiError> {
    let actor = if name.eq_ignore_ascii_case(INSTANCE_ACTOR) {
        Actor::instance(&app.db).await?
    } else {
        find_account(app, name).await?.actor
    };
    actor_object(app, &actor).await
}

async fn channel_object(app: &App, name: &str) -> Result<Response, ApiError> {
    actor_object(app, &find_channel(app, name).await?.actor).await
}

/// Who lives elsewhere is described there.
async fn actor_object(app: &App, actor: &Actor) -> Result<Response, ApiError> {
    if let Some(url) = &actor.url {
        return Ok(Redirect::to(url).into_response());
    }
    let described = federation::activity::actor::describe(&app.federation, actor.id).await?;
    Ok(object(&described.ok_or_else(no_actor)?))
}

async fn find_account(app: &App, name: &str) -> Result<Account, ApiError> {
    let handle = Handle::parse(name, &app.config.host());
    Account::by_handle(&app.db, &handle).await?.ok_or_else(no_actor)
}

async fn find_channel(app: &App, name: &str) -> Result<Channel, ApiError> {
    let handle = Handle::parse(name, &app.config.host());
    Channel::by_handle(&app.db, &handle).await?.ok_or_else(no_actor)
}
