//! The pages: server-rendered, readable without scripts, in the visitor's language. Templates and styles lie in `web/`.

mod admin;
mod assets;
mod card;
mod channel;
mod comments;
mod error;
mod follow;
mod format;
mod frame;
mod home;
mod language;
mod live_list;
mod locale;
mod login;
mod notifications;
mod oembed;
mod pager;
mod player;
mod remote_interaction;
mod report;
pub(super) mod rich_text;
mod search;
mod studio;
mod subscriptions;
mod watch;

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};

use crate::app::App;
use crate::http::extract::is_same_origin;
use crate::http::limit;
use error::PageError;

pub(crate) use assets::{Error as AssetsError, check as check_assets};

/// Scripts only from here and never inline. Styles may be inline: media-chrome's elements carry theirs in shadow roots.
/// Workers and media as `blob:` are how Media Source Extensions work.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'self'";
/// Embeds are made to be framed by others, and hold nothing to be tricked into clicking.
const EMBED_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; \
     form-action 'none'; base-uri 'none'";

/// A policy under which media may be loaded from these origins as well.
pub(crate) fn allow_media(policy: &str, origins: &[String]) -> String {
    let origins = origins.join(" ");
    ["media-src 'self'", "connect-src 'self'"]
        .into_iter()
        .fold(policy.to_owned(), |policy, directive| {
            policy.replace(directive, &format!("{directive} {origins}"))
        })
}

pub(crate) fn router(app: App) -> Router<App> {
    let login = Router::new()
        .route("/login", post(login::submit))
        .layer(middleware::from_fn_with_state(app.clone(), limit::login));
    let elsewhere = Router::new()
        .route("/remote-interaction", post(remote_interaction::go))
        .layer(middleware::from_fn_with_state(app.clone(), limit::login));
    let admin = Router::new()
        .route("/admin", get(admin::home))
        .route("/admin/federation", get(admin::federation::page))
        .route("/admin/federation/follow", post(admin::federation::follow))
        .route("/admin/federation/decide", post(admin::federation::decide))
        .route("/admin/federation/settings", post(admin::federation::save))
        .route("/admin/federation/queues", get(admin::queues::page))
        .route("/admin/federation/queues/retry", post(admin::queues::retry))
        .route("/admin/federation/queues/drop", post(admin::queues::discard))
        .route("/admin/blocklist", get(admin::blocklist::page))
        .route("/admin/blocklist/add", post(admin::blocklist::add))
        .route("/admin/blocklist/remove", post(admin::blocklist::remove))
        .route("/admin/blocklist/import", post(admin::blocklist::import))
        .route("/admin/blocklist/export", get(admin::blocklist::export))
        .route("/admin/reports", get(admin::reports::list))
        .route(
            "/admin/reports/{id}",
            get(admin::reports::one).post(admin::reports::act),
        )
        .route("/admin/reports/{id}/note", post(admin::reports::note));
    Router::new()
        .route("/", get(home::page))
        .route("/c/{handle}", get(channel::channel))
        .route("/c/{handle}/videos", get(channel::channel))
        .route("/a/{handle}", get(channel::account))
        .route("/w/{id}", get(watch::page))
        .route("/w/{id}/comments", post(comments::publish))
        .route("/w/{id}/comments/{comment}/delete", post(comments::delete))
        .route("/w/{id}/comments/{comment}/approve", post(comments::approve))
        .route("/w/{id}/rate", post(comments::rate))
        .route("/w/{id}/report", get(report::page).post(report::send))
        .route("/notifications", get(notifications::page))
        .route("/notifications/read", post(notifications::read))
        .route("/videos/watch/{id}", get(watch::page))
        .route("/videos/embed/{id}", get(watch::embed))
        .route("/login", get(login::page))
        .merge(login)
        .route("/logout", post(login::leave))
        .route("/language", post(login::choose_language))
        .route("/search", get(search::page))
        .route("/subscriptions", get(subscriptions::page))
        .route("/subscriptions/feed", get(subscriptions::feed))
        .route("/subscriptions/follow", post(subscriptions::follow))
        .route("/subscriptions/unfollow", post(subscriptions::unfollow))
        .route("/remote-interaction", get(remote_interaction::page))
        .merge(elsewhere)
        .merge(admin)
        .route("/studio", get(studio::list))
        .route(
            "/studio/live/new",
            get(studio::form::new).post(studio::form::create),
        )
        .route("/studio/live/{id}", get(studio::dashboard::page))
        .route(
            "/studio/live/{id}/edit",
            get(studio::form::edit).post(studio::form::save),
        )
        .route("/studio/live/{id}/key", post(studio::dashboard::rotate_key))
        .route("/studio/live/{id}/end", post(studio::dashboard::end))
        .route("/services/oembed", get(oembed::describe))
        .fallback(error::not_found)
        .layer(middleware::from_fn_with_state(app.clone(), own_forms))
        .layer(middleware::from_fn_with_state(app, error::draw))
        .layer(middleware::from_fn(headers))
        .route("/assets/{name}", get(assets::serve))
}

/// Refuses forms that another site submits.
async fn own_forms(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if !parts.method.is_safe() && !is_same_origin(&parts, &app.config.public_url()) {
        return PageError::Forbidden.into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

/// What keeps a page a page.
async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::REFERRER_POLICY, "strict-origin-when-cross-origin");
    // Pages differ by who looks at them and in which language.
    default(header::CACHE_CONTROL, "private, no-cache");
    default(header::VARY, "cookie, accept-language");
    response
}

/// Renders a page.
fn show(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "cannot render a page");
            PageError::Internal.into_response()
        }
    }
}

/// A cookie's value.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}
