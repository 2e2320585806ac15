//! Accounts: people as others see them.

use axum::Json;
use axum::extract::{Path, State};
use db::{Account, Channel, Handle};

use super::input::Query;
use super::paging::{Listed, Paging};
use super::shape::Site;
use super::shape::actor::{AccountShape, ChannelShape};
use super::shape::video::ListedVideo;
use super::video_query::{self, VideoQuery};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::Viewer;

async fn find(app: &App, handle: &str) -> Result<Account, ApiError> {
    let handle = Handle::parse(handle, &app.config.host());
    Account::by_handle(&app.db, &handle)
        .await?
        .ok_or_else(|| ApiError::not_found("Account not found"))
}

/// All accounts.
#[utoipa::path(get, path = "/accounts", tag = "Accounts", params(Paging),
    responses((status = 200, body = Listed<AccountShape>), (status = 400)))]
pub(crate) async fn list(
    State(app): State<App>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<AccountShape>>, ApiError> {
    let (page, ((), newest_first)) = paging.read("createdAt", &[("createdAt", ())])?;
    let site = Site::of(&app.config);
    let accounts = Account::list(&app.db, page, newest_first).await?;
    Ok(Json(Listed::of(accounts, |account| {
        AccountShape::new(&account, &site)
    })))
}

/// One account.
#[utoipa::path(get, path = "/accounts/{handle}", tag = "Accounts",
    params(("handle" = String, Path, description = "`name` or `name@host`")),
    responses((status = 200, body = AccountShape), (status = 404)))]
pub(crate) async fn get(
    State(app): State<App>,
    Path(handle): Path<String>,
) -> Result<Json<AccountShape>, ApiError> {
    let account = find(&app, &handle).await?;
    Ok(Json(AccountShape::new(&account, &Site::of(&app.config))))
}

/// The videos of an account.
#[utoipa::path(get, path = "/accounts/{handle}/videos", tag = "Accounts",
    params(("handle" = String, Path, description = "`name` or `name@host`"), Paging, VideoQuery),
    responses((status = 200, body = Listed<ListedVideo>), (status = 400), (status = 404)))]
pub(crate) async fn videos(
    State(app): State<App>,
    Path(handle): Path<String>,
    viewer: Viewer,
    Query(paging): Query<Paging>,
    Query(query): Query<VideoQuery>,
) -> Result<Json<Listed<ListedVideo>>, ApiError> {
    let account = find(&app, &handle).await?;
    video_query::respond(&app, &viewer, &paging, &query, |filter| {
        filter.account_id = Some(account.id)
    })
    .await
}

/// The channels of an account.
#[utoipa::path(get, path = "/accounts/{handle}/video-channels", tag = "Accounts",
    params(("handle" = String, Path, description = "`name` or `name@host`"), Paging),
    responses((status = 200, body = Listed<ChannelShape>), (status = 400), (status = 404)))]
pub(crate) async fn channels(
    State(app): State<App>,
    Path(handle): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<ChannelShape>>, ApiError> {
    let (page, ((), newest_first)) = paging.read("-createdAt", super::channels::SORTS)?;
    let account = find(&app, &handle).await?;
    let site = Site::of(&app.config);
    let channels = Channel::list(&app.db, Some(account.id), None, newest_first, page).await?;
    Ok(Json(Listed::of(channels, |channel| {
        ChannelShape::full(&channel, &site)
    })))
}
