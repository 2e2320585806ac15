//! Signing in and out: OAuth 2 with one client that everyone may ask for.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::IntoResponse;
use db::{OauthClient, Tokens};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Body, Check, Given};
use crate::app::App;
use crate::auth;
use crate::http::error::ApiError;
use crate::http::extract::SignedIn;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Client {
    client_id: String,
    client_secret: String,
}

/// The client to sign in with.
#[utoipa::path(get, path = "/oauth-clients/local", tag = "Session",
    responses((status = 200, body = Client), (status = 403, description = "Asked for by another host name")))]
pub(crate) async fn local_client(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<Client>, ApiError> {
    // HTTP/2 says the host in the request line. Without a configured address any name is as good as another.
    let asked = uri
        .authority()
        .map(|authority| authority.as_str())
        .or_else(|| headers.get(header::HOST).and_then(|value| value.to_str().ok()));
    let expected = app.config.host();
    if !app.config.server.public_url.is_empty() && asked != Some(expected.as_str()) {
        return Err(ApiError::forbidden(format!(
            "Getting client tokens for host {} is forbidden (expected {expected})",
            asked.unwrap_or_default()
        )));
    }
    let client = client(&app).await?;
    Ok(Json(Client {
        client_id: client.client_id,
        client_secret: client.client_secret,
    }))
}

async fn client(app: &App) -> Result<OauthClient, ApiError> {
    OauthClient::local(&app.db)
        .await?
        .ok_or_else(|| ApiError::not_found("No client available."))
}

/// A form: PeerTube's clients send it URL-encoded.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct Grant {
    #[serde(default)]
    #[schema(value_type = String)]
    client_id: Given<String>,
    #[serde(default)]
    #[schema(value_type = String)]
    client_secret: Given<String>,
    /// `password` or `refresh_token`.
    #[serde(default)]
    #[schema(value_type = String)]
    grant_type: Given<String>,
    /// User name or e-mail address.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    username: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    password: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    refresh_token: Given<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Granted {
    token_type: &'static str,
    access_token: String,
    refresh_token: String,
    /// Seconds.
    expires_in: i64,
    refresh_token_expires_in: i64,
}

/// Signs in with a password, or exchanges a refresh token for a new pair.
#[utoipa::path(post, path = "/users/token", tag = "Session",
    request_body(content = Grant, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = Granted), (status = 400, description = "invalid_client, invalid_grant or unsupported_grant_type"),
        (status = 429, description = "15 tries in 5 minutes")))]
pub(crate) async fn issue(
    State(app): State<App>,
    Body(grant): Body<Grant>,
) -> Result<impl IntoResponse, ApiError> {
    let mut check = Check::body();
    let mut text = |field, given: &Given<String>| check.value(field, given, "Should have a string", |_| true);
    let id = text("client_id", &grant.client_id).unwrap_or_default();
    let secret = text("client_secret", &grant.client_secret).unwrap_or_default();
    let kind = text("grant_type", &grant.grant_type).unwrap_or_default();
    let username = text("username", &grant.username);
    let password = text("password", &grant.password);
    let refresh_token = text("refresh_token", &grant.refresh_token);
    check.finish()?;

    let client = client(&app).await?;
    if !auth::same_secret(&id, &client.client_id) || !auth::same_secret(&secret, &client.client_secret) {
        return Err(ApiError::bad_request("Invalid client: client is invalid").code("invalid_client"));
    }
    let now = Timestamp::now();
    let tokens = match (kind.as_str(), username, password, refresh_token) {
        ("password", Some(username), Some(password), _) => {
            auth::sign_in(&app.db, &username, password).await?.1
        }
        ("refresh_token", _, _, Some(refresh_token)) => {
            let mut tx = app.db.begin().await?;
            let tokens = Tokens::refresh(&mut tx, &refresh_token, now).await?;
            tx.commit().await?;
            tokens.ok_or_else(|| {
                ApiError::bad_request("Invalid grant: refresh token is invalid").code("invalid_grant")
            })?
        }
        ("password" | "refresh_token", ..) => {
            return Err(ApiError::bad_request("Missing parameter of this grant").code("invalid_request"));
        }
        _ => {
            return Err(
                ApiError::bad_request("Unsupported grant type: `grant_type` is invalid")
                    .code("unsupported_grant_type"),
            );
        }
    };
    let granted = Granted {
        token_type: "Bearer",
        expires_in: tokens.access_expires_at.as_second() - now.as_second(),
        refresh_token_expires_in: tokens.refresh_expires_at.as_second() - now.as_second(),
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
    };
    Ok((
        [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")],
        Json(granted),
    ))
}

/// Signs out: this token and its refresh token are worth nothing any more.
#[utoipa::path(post, path = "/users/revoke-token", tag = "Session", security(("token" = [])),
    responses((status = 204), (status = 401)))]
pub(crate) async fn revoke(State(app): State<App>, signed_in: SignedIn) -> Result<StatusCode, ApiError> {
    let mut tx = app.db.begin().await?;
    Tokens::revoke(&mut tx, signed_in.0.token_id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
