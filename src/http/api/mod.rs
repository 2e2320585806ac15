//! The REST API: PeerTube's `/api/v1`, so that its clients work unchanged, and beside it with the same conventions what we add.
//! Every route is documented where it is written; the document at `/api/v1/openapi.json` is made of that.

pub(in crate::http) mod abuses;
mod accounts;
pub(in crate::http) mod blocklists;
mod channels;
pub(in crate::http) mod comments;
mod config;
pub(super) mod constants;
mod custom_config;
mod feed_token;
mod input;
mod jobs;
pub(in crate::http) mod lives;
pub(in crate::http) mod manage;
mod me;
pub(in crate::http) mod notifications;
mod paging;
mod playlists;
pub(in crate::http) mod rates;
mod search;
mod server;
mod server_follows;
mod shape;
pub(in crate::http) mod subscriptions;
mod timeline;
mod token;
mod users;
mod video_input;
mod video_query;
mod videos;
mod views;

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use tower_http::cors::{AllowHeaders, AllowMethods, Any, CorsLayer};
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{error, events, health, limit};
use crate::app::App;

/// How long browsers may remember that they are allowed to ask.
const PREFLIGHT_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// The version of PeerTube's API that is spoken here; its clients enable features by it.
const PEERTUBE_VERSION: &str = "6.3.0";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tributary REST API",
        description = "PeerTube's REST API, version 6.3, for what this server does, and a few routes of our own.",
        license(name = "AGPL-3.0-or-later", identifier = "AGPL-3.0-or-later"),
    ),
    servers((url = "/api/v1")),
    modifiers(&Bearer),
)]
struct Document;

/// Access tokens in the `Authorization` header.
struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// Everything below `/api/v1`.
pub(crate) fn router(app: App) -> Router<App> {
    let login = from_fn_with_state(app.clone(), limit::login);
    let (router, document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(token::issue))
        .route_layer(login)
        .routes(routes!(token::local_client))
        .routes(routes!(token::revoke))
        .routes(routes!(server::ping))
        .routes(routes!(server::stats))
        .routes(routes!(config::get))
        .routes(routes!(config::about))
        .routes(routes!(me::get, me::update))
        .routes(routes!(me::quota))
        .routes(routes!(feed_token::get, feed_token::renew))
        .routes(routes!(me::videos))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::get, users::update, users::delete))
        .routes(routes!(users::block))
        .routes(routes!(users::unblock))
        .routes(routes!(accounts::list))
        .routes(routes!(accounts::get))
        .routes(routes!(accounts::videos))
        .routes(routes!(accounts::channels))
        .routes(routes!(channels::list, channels::create))
        .routes(routes!(channels::get, channels::update, channels::delete))
        .routes(routes!(channels::videos))
        .routes(routes!(videos::list))
        .routes(routes!(videos::categories))
        .routes(routes!(videos::licences))
        .routes(routes!(videos::languages))
        .routes(routes!(videos::privacies))
        .routes(routes!(videos::get, manage::update, manage::delete))
        .routes(routes!(videos::description))
        .routes(routes!(timeline::captions))
        .routes(routes!(timeline::chapters))
        .routes(routes!(timeline::storyboards))
        .routes(routes!(comments::threads, comments::begin))
        .routes(routes!(comments::thread))
        .routes(routes!(comments::reply, comments::delete))
        .routes(routes!(comments::approve))
        .routes(routes!(comments::on_mine))
        .routes(routes!(comments::on_all))
        .routes(routes!(abuses::list, abuses::report))
        .routes(routes!(abuses::update, abuses::delete))
        .routes(routes!(abuses::mine))
        .routes(routes!(blocklists::status))
        .routes(routes!(blocklists::my_accounts, blocklists::block_my_account))
        .routes(routes!(blocklists::unblock_my_account))
        .routes(routes!(blocklists::my_servers, blocklists::block_my_server))
        .routes(routes!(blocklists::unblock_my_server))
        .routes(routes!(blocklists::server_accounts, blocklists::block_account))
        .routes(routes!(blocklists::unblock_account))
        .routes(routes!(blocklists::server_servers, blocklists::block_server))
        .routes(routes!(blocklists::unblock_server))
        .routes(routes!(notifications::list))
        .routes(routes!(notifications::read))
        .routes(routes!(notifications::read_all))
        .routes(routes!(rates::put))
        .routes(routes!(rates::mine))
        .routes(routes!(rates::of_account))
        .routes(routes!(views::post, views::put))
        .routes(routes!(views::watching_post, views::watching_put))
        .routes(routes!(lives::create))
        .routes(routes!(lives::get, lives::update))
        .routes(routes!(lives::sessions))
        .routes(routes!(lives::of_replay))
        .routes(routes!(lives::end))
        .routes(routes!(lives::rotate_key))
        .routes(routes!(health::once))
        .routes(routes!(health::follow))
        .routes(routes!(events::follow))
        .routes(routes!(search::videos))
        .routes(routes!(search::channels))
        .routes(routes!(subscriptions::list, subscriptions::add))
        .routes(routes!(subscriptions::videos))
        .routes(routes!(subscriptions::exist))
        .routes(routes!(subscriptions::get, subscriptions::remove))
        .routes(routes!(server_follows::following, server_follows::follow))
        .routes(routes!(server_follows::unfollow))
        .routes(routes!(server_follows::followers))
        .routes(routes!(server_follows::accept))
        .routes(routes!(server_follows::reject))
        .routes(routes!(server_follows::remove))
        .routes(routes!(server_follows::of_account))
        .routes(routes!(server_follows::of_channel))
        .routes(routes!(server_follows::redundancy))
        .routes(routes!(jobs::all))
        .routes(routes!(jobs::by_state))
        .routes(routes!(server::debug))
        .routes(routes!(
            custom_config::get,
            custom_config::update,
            custom_config::reset
        ))
        .routes(routes!(playlists::list))
        .routes(routes!(playlists::privacies))
        .routes(routes!(playlists::get))
        .routes(routes!(playlists::elements))
        .routes(routes!(playlists::of_account))
        .routes(routes!(playlists::of_channel))
        .split_for_parts();

    let document = Json(document);
    router
        .route("/openapi.json", get(move || async move { document }))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(from_fn(error::name_instance))
        .layer(from_fn_with_state(app, limit::api))
        .layer(cors())
}

/// PeerTube answers what it does not know with 400 and nothing.
async fn unknown() -> impl IntoResponse {
    (
        StatusCode::BAD_REQUEST,
        [(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        )],
    )
}

/// Any page may ask, with a token in the header. Cookies are for our own pages: no `Allow-Credentials`.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            header::RETRY_AFTER,
            HeaderName::from_static("x-ratelimit-limit"),
            HeaderName::from_static("x-ratelimit-remaining"),
            HeaderName::from_static("x-ratelimit-reset"),
        ])
        .max_age(PREFLIGHT_AGE)
}
