//! What a client is told when something goes wrong: `application/problem+json` (RFC 9457) with PeerTube's fields. What went
//! wrong inside is logged here, once, and told to nobody.

use std::borrow::Cow;

use axum::Json;
use axum::extract::{OriginalUri, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Where PeerTube's clients find what a code means.
const CODES: &str = "https://docs.joinpeertube.org/api-rest-reference.html#section/Errors/";
/// Values are repeated to the client, but not megabytes of them.
const MAX_SHOWN_CHARS: usize = 200;

#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: Option<&'static str>,
    detail: Cow<'static, str>,
    invalid: Vec<InvalidParam>,
}

/// One parameter that was not right.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct InvalidParam {
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    pub msg: Cow<'static, str>,
    pub path: String,
    /// `body`, `query` or `params`.
    pub location: &'static str,
}

impl InvalidParam {
    pub(crate) fn new(
        path: &str,
        value: Option<Value>,
        msg: impl Into<Cow<'static, str>>,
        location: &'static str,
    ) -> Self {
        let value = value.map(|value| match value {
            Value::String(text) if text.chars().count() > MAX_SHOWN_CHARS => {
                Value::String(text.chars().take(MAX_SHOWN_CHARS).collect())
            }
            Value::Array(_) | Value::Object(_) => Value::Null,
            other => other,
        });
        Self {
            kind: "field",
            value,
            msg: msg.into(),
            path: path.to_owned(),
            location,
        }
    }
}

/// The body of an error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// A page about the code, or `about:blank`.
    #[serde(rename = "type")]
    kind: String,
    title: String,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(rename = "invalid-params", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::HashMap<String, InvalidParam>>)]
    invalid_params: Option<Map<String, Value>>,
    /// The same as `detail`, for older clients.
    error: String,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code: None,
            detail: detail.into(),
            invalid: Vec::new(),
        }
    }

    pub(crate) fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(crate) fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(crate) fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    pub(crate) fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// Nobody is signed in.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthenticated")
    }

    /// Says what of several things it is about.
    pub(crate) fn about(mut self, what: &str) -> Self {
        self.detail = format!("{what}: {}", self.detail).into();
        self
    }

    /// One of PeerTube's codes, which clients branch on.
    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    pub(crate) fn invalid(params: Vec<InvalidParam>) -> Self {
        let names: Vec<&str> = params.iter().map(|param| param.path.as_str()).collect();
        let detail = format!("Incorrect request parameters: {}", names.join(", "));
        Self {
            status: StatusCode::BAD_REQUEST,
            code: None,
            detail: detail.into(),
            invalid: params,
        }
    }

    /// What the client is told.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    fn problem(&self, instance: Option<String>) -> Problem {
        let params = self.invalid.iter().map(|param| {
            (
                param.path.clone(),
                serde_json::to_value(param).unwrap_or(Value::Null),
            )
        });
        Problem {
            kind: self
                .code
                .map_or_else(|| "about:blank".to_owned(), |code| format!("{CODES}{code}")),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            detail: self.detail.clone().into_owned(),
            instance,
            status: self.status.as_u16(),
            code: self.code,
            invalid_params: (!self.invalid.is_empty()).then(|| params.collect()),
            error: self.detail.clone().into_owned(),
        }
    }

    fn respond(&self, instance: Option<String>) -> Response {
        let mut response = (self.status, Json(self.problem(instance))).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json; charset=utf-8"),
        );
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.respond(None);
        if !self.invalid.is_empty() {
            response.extensions_mut().insert(self);
        }
        response
    }
}

/// Tells wrong parameters with the address they were sent to, as PeerTube does.
pub(crate) async fn name_instance(request: Request, next: Next) -> Response {
    let path = request
        .extensions()
        .get::<OriginalUri>()
        .map_or_else(|| request.uri().path().to_owned(), |uri| uri.path().to_owned());
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<ApiError>() {
        Some(error) => error.respond(Some(path)),
        None => response,
    }
}

impl From<db::Error> for ApiError {
    fn from(error: db::Error) -> Self {
        if error.is_unavailable() {
            tracing::warn!(%error, "request not served");
            Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "The database is not available right now",
            )
        } else {
            tracing::error!(%error, "request failed");
            Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
        }
    }
}

impl From<federation::Error> for ApiError {
    fn from(error: federation::Error) -> Self {
        match error {
            federation::Error::Database(error) => error.into(),
            federation::Error::Signature(refusal) => Self::forbidden(refusal.to_string()),
            error if error.is_gone() => Self::not_found("It is not there any more"),
            federation::Error::Refused(reason) => Self::bad_request(reason),
            error @ (federation::Error::Invalid(_) | federation::Error::Fetch(_)) => {
                Self::new(StatusCode::BAD_GATEWAY, format!("The other server: {error}"))
            }
            federation::Error::Unfinished(reason) => Self::new(StatusCode::SERVICE_UNAVAILABLE, reason),
            error => {
                tracing::error!(%error, "request failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
            }
        }
    }
}

impl From<crate::auth::Error> for ApiError {
    fn from(error: crate::auth::Error) -> Self {
        use crate::auth::Error;
        let wrong =
            |field, msg: &Error| Self::invalid(vec![InvalidParam::new(field, None, msg.to_string(), "body")]);
        match error {
            Error::Database(error) => error.into(),
            Error::Username => wrong("username", &Error::Username),
            Error::Password => wrong("password", &Error::Password),
            Error::Email => wrong("email", &Error::Email),
            Error::WrongCredentials => {
                Self::bad_request("Invalid grant: user credentials are invalid").code("invalid_grant")
            }
            Error::Blocked => Self::bad_request("User is blocked.").code("invalid_grant"),
            Error::Taken => Self::conflict("User with this username or email already exists."),
            Error::NoSuchUser(_) => Self::not_found("User not found"),
            Error::Stopping => Self::new(StatusCode::SERVICE_UNAVAILABLE, "The server is stopping"),
            Error::Hash(error) => {
                tracing::error!(%error, "cannot hash a password");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
            }
        }
    }
}
