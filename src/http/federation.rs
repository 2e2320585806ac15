//! What other servers read: actors, videos and their collections as ActivityPub objects. One address is a page for people and
//! an object for servers ([`negotiate`]). What the objects say is the `federation` crate's matter.

mod discovery;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use db::{Account, Actor, Channel, Handle, Live, StreamingPlaylist, Video};
use federation::object::{actor, collection, video};
use federation::{INSTANCE_ACTOR, Site};
use serde_json::Value;
use tower_http::cors::CorsLayer;

use super::api::constants;
use super::error::ApiError;
use super::extract::{self, Viewer};
use super::{limit, pictures};
use crate::app::App;
use crate::storage::Picture;

pub(crate) fn router(app: App) -> Router<App> {
    Router::new()
        .route("/.well-known/webfinger", get(discovery::webfinger))
        .route("/.well-known/host-meta", get(discovery::host_meta))
        .route("/.well-known/nodeinfo", get(discovery::nodeinfo_links))
        .route("/nodeinfo/{version}", get(discovery::nodeinfo))
        .route("/accounts/{name}", get(account))
        .route("/accounts/{name}/inbox", post(inbox))
        .route("/accounts/{name}/{collection}", get(account_collection))
        .route("/video-channels/{name}", get(channel))
        .route("/video-channels/{name}/inbox", post(inbox))
        .route("/video-channels/{name}/{collection}", get(channel_collection))
        .route("/videos/watch/{id}/{collection}", get(video_collection))
        .route("/inbox", post(inbox))
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
            Self::Video(id) => video_object(app, id).await,
        }
    }
}

/// Answers with the object where a page is asked for in ActivityPub's media type.
pub(crate) async fn negotiate(State(app): State<App>, request: Request, next: Next) -> Response {
    let page = request
        .method()
        .is_safe()
        .then(|| Page::at(request.uri().path()))
        .flatten();
    let Some(page) = page else {
        return next.run(request).await;
    };
    let mut response = if wants_object(request.headers()) {
        page.object(&app).await.into_response()
    } else {
        next.run(request).await
    };
    vary_by_accept(&mut response);
    response
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
    let site = site(app);
    if name.eq_ignore_ascii_case(INSTANCE_ACTOR) {
        let instance = Actor::instance(&app.db).await?;
        let key = app.federation.keys.public_pem(&app.db, instance.id).await?;
        return Ok(object(&actor::instance(&instance, &key, site)));
    }
    let account = find_account(app, name).await?;
    if let Some(url) = &account.actor.url {
        return Ok(Redirect::to(url).into_response());
    }
    let key = app.federation.keys.public_pem(&app.db, account.actor.id).await?;
    Ok(object(&actor::account(&account, &key, site)))
}

async fn channel_object(app: &App, name: &str) -> Result<Response, ApiError> {
    let channel = find_channel(app, name).await?;
    if let Some(url) = &channel.actor.url {
        return Ok(Redirect::to(url).into_response());
    }
    let key = app.federation.keys.public_pem(&app.db, channel.actor.id).await?;
    Ok(object(&actor::channel(&channel, &key, &site(app))))
}

async fn find_account(app: &App, name: &str) -> Result<Account, ApiError> {
    let handle = Handle::parse(name, &app.config.host());
    Account::by_handle(&app.db, &handle).await?.ok_or_else(no_actor)
}

async fn find_channel(app: &App, name: &str) -> Result<Channel, ApiError> {
    let handle = Handle::parse(name, &app.config.host());
    Channel::by_handle(&app.db, &handle).await?.ok_or_else(no_actor)
}

/// The video as a server sees it that nobody is signed in to: public ones, and unlisted ones by their UUID.
async fn visible(app: &App, id: &str) -> Result<Video, ApiError> {
    extract::visible_video(app, &Viewer { signed_in: None }, id).await
}

async fn video_object(app: &App, id: &str) -> Result<Response, ApiError> {
    let video = visible(app, id).await?;
    if let Some(url) = &video.url {
        return Ok(Redirect::to(url).into_response());
    }
    let site = site(app);
    let tags = Video::tags(&app.db, video.id).await?;
    let playlist = StreamingPlaylist::of_video(&app.db, video.id).await?;
    let live = if video.is_live {
        Live::by_video(&app.db, video.id).await?
    } else {
        None
    };
    let pictures = [Picture::Thumbnail, Picture::Preview].map(|picture| {
        let (width, height) = picture.size();
        let url = format!("{}{}", site.url, pictures::path(picture, video.uuid));
        video::Picture { url, width, height }
    });
    let facts = video::Facts {
        video: &video,
        tags: &tags,
        live: live.as_ref().map(|live| &live.settings),
        playlist: playlist.as_ref(),
        category: video.category.and_then(constants::category),
        licence: video.licence.and_then(constants::licence),
        language: video.language.as_deref().and_then(constants::language),
        pictures: &pictures,
    };
    Ok(object(&video::describe(&facts, site)))
}

/// `GET /accounts/{name}/{collection}`
async fn account_collection(
    State(app): State<App>,
    Path((name, collection)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let id = if name.eq_ignore_ascii_case(INSTANCE_ACTOR) {
        site(&app).instance_actor()
    } else {
        let account = find_account(&app, &name).await?;
        site(&app).account(&account)
    };
    actor_collection(&id, &collection)
}

/// `GET /video-channels/{name}/{collection}`
async fn channel_collection(
    State(app): State<App>,
    Path((name, collection)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let channel = find_channel(&app, &name).await?;
    actor_collection(&site(&app).channel(&channel), &collection)
}

/// All of them are empty, truly: nobody can follow yet, and nothing has been sent.
fn actor_collection(id: &str, name: &str) -> Result<Response, ApiError> {
    match name {
        "followers" | "following" | "outbox" | "playlists" => {
            Ok(object(&collection::counted(&format!("{id}/{name}"), 0)))
        }
        _ => Err(ApiError::not_found("Not found")),
    }
}

/// `GET /videos/watch/{id}/{collection}`
async fn video_collection(
    State(app): State<App>,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let video = visible(&app, &id).await?;
    let id = format!("{}/{name}", site(&app).video(&video));
    let total = match name.as_str() {
        "likes" => video.likes,
        "dislikes" => video.dislikes,
        // Not announced and not commented on so far.
        "announces" | "comments" => 0,
        "chapters" => return Ok(object(&collection::chapters(&id))),
        _ => return Err(ApiError::not_found("Not found")),
    };
    Ok(object(&collection::counted(&id, total)))
}

/// `POST /inbox` and those of actors: nothing is taken in yet, and nobody is told otherwise.
async fn inbox() -> ApiError {
    ApiError::new(
        StatusCode::NOT_IMPLEMENTED,
        "This server does not take in activities yet",
    )
}
