//! The token in the address of one's subscription feed.

use axum::Json;
use axum::extract::State;
use db::User;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::SignedIn;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScopedTokens {
    feed_token: String,
}

/// The token that opens `/feeds/subscriptions.xml?accountId=&token=`.
#[utoipa::path(get, path = "/users/scoped-tokens", tag = "My user", security(("token" = [])),
    responses((status = 200, body = ScopedTokens), (status = 401)))]
pub(crate) async fn get(State(app): State<App>, signed_in: SignedIn) -> Result<Json<ScopedTokens>, ApiError> {
    let mut tx = app.db.begin().await?;
    let feed_token = User::feed_token(&mut tx, signed_in.user().id).await?;
    tx.commit().await?;
    Ok(Json(ScopedTokens { feed_token }))
}

/// A new token; addresses with the old one stop working.
#[utoipa::path(post, path = "/users/scoped-tokens", tag = "My user", security(("token" = [])),
    responses((status = 200, body = ScopedTokens), (status = 401)))]
pub(crate) async fn renew(
    State(app): State<App>,
    signed_in: SignedIn,
) -> Result<Json<ScopedTokens>, ApiError> {
    let mut tx = app.db.begin().await?;
    let feed_token = User::renew_feed_token(&mut tx, signed_in.user().id).await?;
    tx.commit().await?;
    Ok(Json(ScopedTokens { feed_token }))
}
