//! Channels: what videos belong to.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use db::{Account, Channel, ChannelUpdate, Handle, NewChannel, Page, User};
use federation::activity::actor::{Farewell, enqueue_update};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Body, Check, Given, Query};
use super::manage;
use super::paging::{Listed, Paging};
use super::shape::Site;
use super::shape::actor::ChannelShape;
use super::shape::video::ListedVideo;
use super::video_query::{self, VideoQuery};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{SignedIn, Viewer};

/// Channels of one user; PeerTube's default.
pub(crate) const MAX_PER_USER: i64 = 20;
/// Channels are listed in the order they were made, which is also that of their last change for want of a better one.
pub(crate) const SORTS: &[(&str, ())] = &[("createdAt", ()), ("updatedAt", ()), ("id", ())];

const NAME: &str = "Should have a name of 1 to 50 letters, digits, -, _, . and :";
const DISPLAY_NAME: &str = "Should have a display name between 1 and 120 characters long";
const DESCRIPTION: &str = "Should have a description between 3 and 1000 characters long";
const SUPPORT: &str = "Should have a support text between 3 and 1000 characters long";

async fn find(app: &App, handle: &str) -> Result<Channel, ApiError> {
    let handle = Handle::parse(handle, &app.config.host());
    Channel::by_handle(&app.db, &handle)
        .await?
        .ok_or_else(|| ApiError::not_found("Video channel not found"))
}

async fn find_owned(app: &App, user: &User, handle: &str) -> Result<Channel, ApiError> {
    let channel = find(app, handle).await?;
    if !channel.is_local() {
        return Err(ApiError::forbidden("This channel is not owned by the platform"));
    }
    if user.is_moderator() || channel.belongs_to(user.id) {
        Ok(channel)
    } else {
        Err(ApiError::forbidden("User cannot manage this channel"))
    }
}

/// What a channel is made of, and what can be changed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChannelInput {
    /// Only for a new channel; unique among channels and accounts.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    name: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    display_name: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    description: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    support: Given<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChannelCreated {
    video_channel: Id,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Id {
    pub id: i64,
}

/// All channels.
#[utoipa::path(get, path = "/video-channels", tag = "Channels", params(Paging),
    responses((status = 200, body = Listed<ChannelShape>), (status = 400)))]
pub(crate) async fn list(
    State(app): State<App>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<ChannelShape>>, ApiError> {
    let (page, ((), newest_first)) = paging.read("-createdAt", SORTS)?;
    let site = Site::of(&app.config);
    let channels = Channel::list(&app.db, None, None, newest_first, page).await?;
    Ok(Json(Listed::of(channels, |channel| {
        ChannelShape::full(&channel, &site)
    })))
}

/// Makes a channel.
#[utoipa::path(post, path = "/video-channels", tag = "Channels", security(("token" = [])), request_body = ChannelInput,
    responses((status = 200, body = ChannelCreated), (status = 400), (status = 401), (status = 409, description = "The name is taken")))]
pub(crate) async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(input): Body<ChannelInput>,
) -> Result<Json<ChannelCreated>, ApiError> {
    let mut check = Check::body();
    let name = check.value("name", &input.name, NAME, |name| is_channel_name(name));
    let name = check.required("name", name, NAME);
    let display_name = check.text("displayName", &input.display_name, 1..=120, DISPLAY_NAME);
    let display_name = check.required("displayName", display_name, DISPLAY_NAME);
    let description = check
        .nullable_text("description", &input.description, 3..=1_000, DESCRIPTION)
        .flatten();
    let support = check
        .nullable_text("support", &input.support, 3..=1_000, SUPPORT)
        .flatten();
    let (name, display_name) = check.finish_with(name.zip(display_name))?;

    let account = account(&app, signed_in.user()).await?;
    let owned = Channel::list(&app.db, Some(account.id), None, false, Page::first(0))
        .await?
        .total;
    if owned >= MAX_PER_USER {
        return Err(ApiError::bad_request(format!(
            "You cannot create more than {MAX_PER_USER} channels"
        )));
    }
    let new = NewChannel {
        name,
        display_name,
        description,
        support,
    };
    let mut tx = app.db.begin().await?;
    let id = Channel::create(&mut tx, account.id, &new, Timestamp::now())
        .await
        .map_err(taken)?;
    tx.commit().await?;
    Ok(Json(ChannelCreated {
        video_channel: Id { id },
    }))
}

fn taken(error: db::Error) -> ApiError {
    if error.is_conflict() {
        let detail = "Another actor (account/channel) with this name on this instance already exists or has already existed.";
        return ApiError::conflict(detail);
    }
    error.into()
}

/// One channel.
#[utoipa::path(get, path = "/video-channels/{handle}", tag = "Channels",
    params(("handle" = String, Path, description = "`name` or `name@host`")),
    responses((status = 200, body = ChannelShape), (status = 404)))]
pub(crate) async fn get(
    State(app): State<App>,
    Path(handle): Path<String>,
) -> Result<Json<ChannelShape>, ApiError> {
    let channel = find(&app, &handle).await?;
    Ok(Json(ChannelShape::full(&channel, &Site::of(&app.config))))
}

/// Changes a channel.
#[utoipa::path(put, path = "/video-channels/{handle}", tag = "Channels", security(("token" = [])),
    params(("handle" = String, Path, description = "`name`")), request_body = ChannelInput,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn update(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(handle): Path<String>,
    Body(input): Body<ChannelInput>,
) -> Result<StatusCode, ApiError> {
    let channel = find_owned(&app, signed_in.user(), &handle).await?;
    let mut check = Check::body();
    let update = ChannelUpdate {
        display_name: check.text("displayName", &input.display_name, 1..=120, DISPLAY_NAME),
        description: check.nullable_text("description", &input.description, 3..=1_000, DESCRIPTION),
        support: check.nullable_text("support", &input.support, 3..=1_000, SUPPORT),
    };
    check.finish()?;
    let now = Timestamp::now();
    let mut tx = app.db.begin().await?;
    Channel::update(&mut tx, &channel, &update, now).await?;
    enqueue_update(&mut tx, channel.actor.id, now).await?;
    tx.commit().await?;
    app.federation.jobs.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a channel with its videos. The last one of an account stays: there would be nowhere to publish.
#[utoipa::path(delete, path = "/video-channels/{handle}", tag = "Channels", security(("token" = [])),
    params(("handle" = String, Path, description = "`name`")),
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 409, description = "The last one")))]
pub(crate) async fn delete(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(handle): Path<String>,
) -> Result<StatusCode, ApiError> {
    let channel = find_owned(&app, signed_in.user(), &handle).await?;
    let owned = Channel::list(&app.db, Some(channel.account.id), None, false, Page::first(0))
        .await?
        .total;
    if owned <= 1 {
        return Err(ApiError::conflict("Cannot remove the last channel of this user"));
    }
    let farewell = Farewell::of(&app.federation, &channel.actor).await?;
    let mut tx = app.db.begin().await?;
    farewell.write(&mut tx, Timestamp::now()).await?;
    let removed = Channel::delete(&mut tx, &channel).await?;
    tx.commit().await?;
    app.federation.deliveries.notify_one();
    manage::clean_up(&app, removed).await;
    Ok(StatusCode::NO_CONTENT)
}

/// The videos of a channel.
#[utoipa::path(get, path = "/video-channels/{handle}/videos", tag = "Channels",
    params(("handle" = String, Path, description = "`name` or `name@host`"), Paging, VideoQuery),
    responses((status = 200, body = Listed<ListedVideo>), (status = 400), (status = 404)))]
pub(crate) async fn videos(
    State(app): State<App>,
    Path(handle): Path<String>,
    viewer: Viewer,
    Query(paging): Query<Paging>,
    Query(query): Query<VideoQuery>,
) -> Result<Json<Listed<ListedVideo>>, ApiError> {
    let channel = find(&app, &handle).await?;
    video_query::respond(&app, &viewer, &paging, &query, |filter| {
        filter.channel_id = Some(channel.id)
    })
    .await
}

/// The account of somebody who is signed in.
pub(crate) async fn account(app: &App, user: &User) -> Result<Account, ApiError> {
    Account::by_user(&app.db, user.id)
        .await?
        .ok_or_else(|| ApiError::not_found("Account not found"))
}

/// PeerTube's alphabet of actor names.
pub(crate) fn is_channel_name(name: &str) -> bool {
    (1..=50).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'))
}
