//! Where other servers post what happened there.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use federation::INSTANCE_ACTOR;
use federation::inbox::{self, Refused};
use jiff::Timestamp;

use super::readers::{name_host, signed};
use super::{find_account, find_channel};
use crate::app::App;
use crate::http::error::ApiError;

/// Who sends half a megabyte for longer than this does so on purpose.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// `POST /inbox`
pub(super) async fn shared(State(app): State<App>, request: Request) -> Response {
    receive(&app, request).await
}

/// `POST /accounts/{name}/inbox`
pub(super) async fn account(
    State(app): State<App>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    if !name.eq_ignore_ascii_case(INSTANCE_ACTOR) && !find_account(&app, &name).await?.actor.is_local() {
        return Err(super::no_actor());
    }
    Ok(receive(&app, request).await)
}

/// `POST /video-channels/{name}/inbox`
pub(super) async fn channel(
    State(app): State<App>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    if !find_channel(&app, &name).await?.is_local() {
        return Err(super::no_actor());
    }
    Ok(receive(&app, request).await)
}

async fn receive(app: &App, request: Request) -> Response {
    if !app.federation.settings.enabled {
        return ApiError::not_found("This server does not talk to others").into_response();
    }
    let (mut parts, body) = request.into_parts();
    name_host(&mut parts);
    let body = match read(&parts, body).await {
        Ok(body) => body,
        Err(error) => return error.into_response(),
    };
    let request = signed(&parts, Some(&body));
    match inbox::receive(&app.federation, &request, Timestamp::now()).await {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(refused) => refusal(refused),
    }
}

/// The body, within the bound that the router sets.
async fn read(parts: &axum::http::request::Parts, body: Body) -> Result<Bytes, ApiError> {
    let request = Request::from_parts(parts.clone(), body);
    match tokio::time::timeout(BODY_TIMEOUT, Bytes::from_request(request, &())).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(rejection)) => Err(ApiError::new(rejection.status(), rejection.body_text())),
        Err(_) => Err(ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            "The body did not come in time",
        )),
    }
}

fn refusal(refused: Refused) -> Response {
    let retry_after = refused.retry_after;
    let mut response = ApiError::new(refused.status, refused.reason).into_response();
    if let Some(wait) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, wait.as_secs().into());
    }
    response
}
