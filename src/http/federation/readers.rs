//! Who may read objects: everyone, or those who sign their requests and are not blocked.

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use db::Blocklist;
use federation::{INSTANCE_ACTOR, inbox, signature};
use jiff::Timestamp;

use super::wants_object;
use crate::app::App;
use crate::http::error::ApiError;

/// A request by HTTP/2 names its host elsewhere (RFC 9113 8.3.1) than where signatures have it.
pub(super) fn name_host(parts: &mut Parts) {
    if parts.headers.contains_key(header::HOST) {
        return;
    }
    let host = parts
        .uri
        .authority()
        .map(|authority| HeaderValue::from_str(authority.as_str()));
    if let Some(Ok(host)) = host {
        parts.headers.insert(header::HOST, host);
    }
}

/// The request as its signature covers it.
pub(super) fn signed<'a>(parts: &'a Parts, body: Option<&'a [u8]>) -> signature::Request<'a> {
    signature::Request {
        method: &parts.method,
        path_and_query: parts.uri.path_and_query().map_or("/", |path| path.as_str()),
        headers: &parts.headers,
        body,
    }
}

/// What is needed to check our own signatures is for everyone: else two servers that want signatures could not begin.
fn is_open(path: &str) -> bool {
    path.strip_prefix("/accounts/") == Some(INSTANCE_ACTOR)
        || path.starts_with("/.well-known/")
        || path.starts_with("/nodeinfo/")
}

/// Refuses those who do not say who they are, if the administrator wants that.
pub(super) async fn check(app: &App, parts: &mut Parts) -> Result<(), ApiError> {
    if !app.federation.settings.require_signed_fetch || !parts.method.is_safe() || is_open(parts.uri.path()) {
        return Ok(());
    }
    name_host(parts);
    let reader = inbox::authenticate(&app.federation, &signed(parts, None), Timestamp::now()).await;
    let reader = reader.map_err(|refused| ApiError::new(StatusCode::UNAUTHORIZED, refused.reason))?;
    if Blocklist::has_actor(&app.db, reader.id).await? {
        return Err(ApiError::forbidden("Your server is blocked here"));
    }
    Ok(())
}

/// [`check`] for addresses of objects; people who ask for an actor there are sent to its page.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let is_page = parts.uri.path().matches('/').count() == 2 && !wants_object(&parts.headers);
    if !is_page && let Err(error) = check(&app, &mut parts).await {
        return error.into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}
