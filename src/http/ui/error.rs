//! Pages that say what went wrong and what to do, in the same house as all others.

use askama::Template;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::frame::{Frame, Visit};
use super::show;
use crate::app::App;
use crate::http::error::ApiError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PageError {
    NotFound,
    Forbidden,
    /// Nobody is signed in; afterwards this page again.
    SignInFirst,
    Invalid,
    Internal,
}

impl From<db::Error> for PageError {
    fn from(error: db::Error) -> Self {
        tracing::error!(%error, "a page failed");
        Self::Internal
    }
}

impl From<federation::Error> for PageError {
    fn from(error: federation::Error) -> Self {
        ApiError::from(error).into()
    }
}

impl PageError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::SignInFirst => StatusCode::UNAUTHORIZED,
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for PageError {
    /// Without a page yet: that takes the visitor's language, which [`draw`] knows.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

pub(crate) async fn not_found() -> PageError {
    PageError::NotFound
}

#[derive(Debug, Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    code: u16,
    title: &'static str,
    text: &'static str,
}

/// Turns failures of pages into pages.
pub(crate) async fn draw(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let method = parts.method.clone();
    let visit = Visit::from_request_parts(&mut parts, &app).await;
    let response = next.run(Request::from_parts(parts, body)).await;
    let Ok(visit) = visit;
    let status = response.status();
    let own = response.extensions().get::<PageError>();
    if own == Some(&PageError::SignInFirst) && matches!(method, Method::GET | Method::HEAD) {
        return Redirect::to(&super::login::address(&visit.path)).into_response();
    }
    // Extractors and the router answer with plain text of their own.
    let html = response.headers().get(header::CONTENT_TYPE).is_some_and(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.starts_with("text/html") || value.contains("json"))
    });
    if !(status.is_client_error() || status.is_server_error()) || html {
        return response;
    }
    let (title, text) = words(status);
    let page = ErrorPage {
        frame: Frame::bare(&app, &visit),
        code: status.as_u16(),
        title,
        text,
    };
    (status, show(&page)).into_response()
}

fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => ("error-404-title", "error-404-text"),
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => ("error-403-title", "error-403-text"),
        StatusCode::METHOD_NOT_ALLOWED => ("error-405-title", "error-405-text"),
        StatusCode::TOO_MANY_REQUESTS => ("error-429-title", "error-429-text"),
        status if status.is_client_error() => ("error-400-title", "error-400-text"),
        _ => ("error-500-title", "error-500-text"),
    }
}

/// What the API would say of a video, as a page.
impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        match error.status() {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::UNAUTHORIZED => Self::SignInFirst,
            StatusCode::FORBIDDEN => Self::Forbidden,
            // An address with an id that cannot be one leads nowhere.
            status if status.is_client_error() => Self::NotFound,
            _ => Self::Internal,
        }
    }
}
