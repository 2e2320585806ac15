//! Subscriptions: the channels that somebody of here follows, wherever they are.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use db::{Account, Actor, ActorKind, Channel, Follow, FollowFilter, FollowState, Handle};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::input::{Body, Check, Given, Query};
use super::paging::{Listed, Paging};
use super::shape::Site;
use super::shape::actor::ChannelShape;
use super::shape::video::ListedVideo;
use super::video_query::{self, VideoQuery};
use crate::app::App;
use crate::http::error::{ApiError, InvalidParam};
use crate::http::extract::{SignedIn, Viewer};

/// Handles in one question.
const MAX_URIS: usize = 100;
/// Longer than any handle of a name and a host (RFC 1035: 253).
const MAX_URI_CHARS: usize = 400;
const URI: &str = "Should have a valid URI: name or name@host";
const URIS: &str = "Should have a list of valid URIs, 100 at most";

/// Who is signed in, as somebody who follows.
pub(crate) async fn own_actor(app: &App, signed_in: &SignedIn) -> Result<Actor, ApiError> {
    let account = Account::by_user(&app.db, signed_in.user().id).await?;
    Ok(account
        .ok_or_else(|| ApiError::not_found("Account not found"))?
        .actor)
}

/// The handle in a path or a list.
fn handle(app: &App, uri: &str) -> Option<Handle> {
    let name = uri.trim_start_matches('@');
    let ok = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:[]".contains(&byte))
    };
    let valid = uri.len() <= MAX_URI_CHARS
        && match name.split_once('@') {
            Some((name, host)) => ok(name) && ok(host),
            None => ok(name),
        };
    valid.then(|| Handle::parse(name, &app.config.host()))
}

/// The follow of a channel that is meant.
async fn find(app: &App, signed_in: &SignedIn, uri: &str) -> Result<(Follow, Channel), ApiError> {
    let handle = handle(app, uri)
        .ok_or_else(|| ApiError::invalid(vec![InvalidParam::new("uri", Some(uri.into()), URI, "params")]))?;
    let none = || ApiError::not_found(format!("Subscription {uri} not found."));
    let channel = Channel::by_handle(&app.db, &handle).await?.ok_or_else(none)?;
    let me = own_actor(app, signed_in).await?;
    let follow = Follow::between(&app.db, me.id, channel.actor.id).await?;
    Ok((follow.ok_or_else(none)?, channel))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct SubscriptionQuery {
    /// Part of a name or a host.
    #[param(value_type = Option<String>)]
    search: Given<String>,
}

/// The channels I follow; those that have not answered yet as well.
#[utoipa::path(get, path = "/users/me/subscriptions", tag = "My subscriptions", security(("token" = [])),
    params(Paging, SubscriptionQuery),
    responses((status = 200, body = Listed<ChannelShape>), (status = 400), (status = 401)))]
pub(crate) async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
    Query(query): Query<SubscriptionQuery>,
) -> Result<Json<Listed<ChannelShape>>, ApiError> {
    let (page, ((), newest_first)) = paging.read(
        "-createdAt",
        &[("createdAt", ()), ("id", ()), ("channelUpdatedAt", ())],
    )?;
    let mut check = Check::query();
    let search = check.text(
        "search",
        &query.search,
        0..=MAX_URI_CHARS,
        "Should have a shorter search",
    );
    check.finish()?;
    let filter = FollowFilter {
        follower_id: Some(own_actor(&app, &signed_in).await?.id),
        target_kind: Some(ActorKind::Group),
        search: search.filter(|search| !search.is_empty()),
        newest_first,
        ..FollowFilter::default()
    };
    let follows = Follow::list(&app.db, &filter, page).await?;
    let site = Site::of(&app.config);
    let mut data = Vec::with_capacity(follows.data.len());
    for follow in &follows.data {
        if let Some(channel) = Channel::by_actor(&app.db, follow.target.id).await? {
            data.push(ChannelShape::full(&channel, &site));
        }
    }
    Ok(Json(Listed {
        total: follows.total,
        data,
    }))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct SubscriptionInput {
    /// `name`, `name@host` or an address.
    #[serde(default)]
    #[schema(value_type = String)]
    uri: Given<String>,
}

/// Follows a channel or an account. Unlike PeerTube's, this waits until it is known who that is.
#[utoipa::path(post, path = "/users/me/subscriptions", tag = "My subscriptions", security(("token" = [])),
    request_body = SubscriptionInput,
    responses((status = 204), (status = 400), (status = 401), (status = 404), (status = 502)))]
pub(crate) async fn add(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(input): Body<SubscriptionInput>,
) -> Result<StatusCode, ApiError> {
    let mut check = Check::body();
    let uri = check.text("uri", &input.uri, 1..=MAX_URI_CHARS, URI);
    let uri = check.required("uri", uri, URI);
    let uri = check.finish_with(uri)?;
    let me = own_actor(&app, &signed_in).await?;
    follow(&app, &me, &uri).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Follows whoever is meant. Who lives here is meant by the name alone.
pub(crate) async fn follow(app: &App, me: &Actor, uri: &str) -> Result<Follow, ApiError> {
    let federation = &app.federation;
    let Some(handle) = handle(app, uri).filter(|handle| handle.host.is_none()) else {
        if !uri.contains("://") && handle(app, uri).is_none() {
            return Err(ApiError::invalid(vec![InvalidParam::new(
                "uri",
                Some(uri.into()),
                URI,
                "body",
            )]));
        }
        return Ok(federation::follow(federation, me, uri).await?);
    };
    let local = match Channel::by_handle(&app.db, &handle).await? {
        Some(channel) => Some(channel.actor),
        None => Account::by_handle(&app.db, &handle)
            .await?
            .map(|account| account.actor),
    };
    let target = local.ok_or_else(|| ApiError::not_found(format!("Nobody here is called {handle}.")))?;
    Ok(federation::activity::follow::follow_actor(federation, me, &target).await?)
}

/// The videos of the channels and accounts I follow.
#[utoipa::path(get, path = "/users/me/subscriptions/videos", tag = "My subscriptions", security(("token" = [])),
    params(Paging, VideoQuery),
    responses((status = 200, body = Listed<ListedVideo>), (status = 400), (status = 401)))]
pub(crate) async fn videos(
    State(app): State<App>,
    signed_in: SignedIn,
    viewer: Viewer,
    Query(paging): Query<Paging>,
    Query(query): Query<VideoQuery>,
) -> Result<Json<Listed<ListedVideo>>, ApiError> {
    let me = own_actor(&app, &signed_in).await?;
    video_query::respond(&app, &viewer, &paging, &query, |filter| {
        filter.followed_by = Some(me.id);
    })
    .await
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExistQuery {
    /// `name` or `name@host`, 100 at most.
    #[param(value_type = Vec<String>)]
    uris: Given<Vec<String>>,
}

/// Which of these channels I follow.
#[utoipa::path(get, path = "/users/me/subscriptions/exist", tag = "My subscriptions", security(("token" = [])),
    params(ExistQuery),
    responses((status = 200, body = BTreeMap<String, bool>), (status = 400), (status = 401)))]
pub(crate) async fn exist(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<ExistQuery>,
) -> Result<Json<BTreeMap<String, bool>>, ApiError> {
    let mut check = Check::query();
    let uris = check.value("uris", &query.uris, URIS, |uris| {
        uris.len() <= MAX_URIS && uris.iter().all(|uri| handle(&app, uri).is_some())
    });
    let uris = check.required("uris", uris, URIS);
    let uris = check.finish_with(uris)?;
    let me = own_actor(&app, &signed_in).await?;
    let mut answer = BTreeMap::new();
    for uri in uris {
        let channel = match handle(&app, &uri) {
            Some(handle) => Channel::by_handle(&app.db, &handle).await?,
            None => None,
        };
        let follow = match channel {
            Some(channel) => Follow::between(&app.db, me.id, channel.actor.id).await?,
            None => None,
        };
        answer.insert(
            uri,
            follow.is_some_and(|follow| follow.state != FollowState::Rejected),
        );
    }
    Ok(Json(answer))
}

/// A channel, if I follow it.
#[utoipa::path(get, path = "/users/me/subscriptions/{uri}", tag = "My subscriptions", security(("token" = [])),
    params(("uri" = String, Path, description = "`name` or `name@host`")),
    responses((status = 200, body = ChannelShape), (status = 400), (status = 401), (status = 404)))]
pub(crate) async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(uri): Path<String>,
) -> Result<Json<ChannelShape>, ApiError> {
    let (_, channel) = find(&app, &signed_in, &uri).await?;
    Ok(Json(ChannelShape::full(&channel, &Site::of(&app.config))))
}

/// Follows a channel no longer.
#[utoipa::path(delete, path = "/users/me/subscriptions/{uri}", tag = "My subscriptions", security(("token" = [])),
    params(("uri" = String, Path, description = "`name` or `name@host`")),
    responses((status = 204), (status = 400), (status = 401), (status = 404)))]
pub(crate) async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(uri): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (follow, _) = find(&app, &signed_in, &uri).await?;
    federation::unfollow(&app.federation, &follow).await?;
    Ok(StatusCode::NO_CONTENT)
}
