//! Servers that follow this one, and those it follows; and who follows the channels of somebody of here.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use db::{Account, Actor, ActorKind, Channel, Follow, FollowFilter, FollowState, Handle, Instance, Page};
use futures_util::future::join_all;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::blocklists::is_host;
use super::input::{Body, Check, Given, Query};
use super::paging::{Listed, Paging};
use super::shape::follow::{FollowShape, STATES};
use crate::app::App;
use crate::http::error::{ApiError, InvalidParam};
use crate::http::extract::{self, SignedIn};

/// Servers followed by one request: each is asked who it is, and the answer is waited for.
const MAX_TARGETS: usize = 20;
const MAX_SEARCH_CHARS: usize = 200;
/// By age; or by state, and by age among equals. Of the rest of PeerTube's columns nothing is kept.
const SORTS: &[(&str, bool)] = &[("createdAt", false), ("state", true)];

/// Whoever may decide about other servers.
pub(crate) fn administrator(signed_in: &SignedIn) -> Result<(), ApiError> {
    if signed_in.user().is_admin() {
        Ok(())
    } else {
        Err(extract::not_enough_rights())
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct FollowsQuery {
    /// `pending`, `accepted` or `rejected`.
    #[param(value_type = Option<String>)]
    state: Given<String>,
    /// `Person`, `Group`, `Application`, `Service` or `Organization`.
    #[param(value_type = Option<String>)]
    actor_type: Given<String>,
    /// Part of a name or a host.
    #[param(value_type = Option<String>)]
    search: Given<String>,
}

impl FollowsQuery {
    fn read(&self, paging: &Paging) -> Result<(FollowFilter, Option<ActorKind>, Page), ApiError> {
        const STATE: &str = "Should have a valid state: pending, accepted or rejected";
        const KIND: &str = "Should have a valid actor type";
        let (page, (by_state, newest_first)) = paging.read("-createdAt", SORTS)?;
        let mut check = Check::query();
        let state = named(&mut check, "state", &self.state, STATE, |name| {
            STATES
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, state)| *state)
        });
        let kind = named(
            &mut check,
            "actorType",
            &self.actor_type,
            KIND,
            |name| match name {
                "Person" => Some(ActorKind::Person),
                "Group" => Some(ActorKind::Group),
                "Application" => Some(ActorKind::Application),
                "Service" => Some(ActorKind::Service),
                "Organization" => Some(ActorKind::Organization),
                _ => None,
            },
        );
        let search = check.text(
            "search",
            &self.search,
            0..=MAX_SEARCH_CHARS,
            "Should have a search of 200 characters at most",
        );
        check.finish()?;
        let filter = FollowFilter {
            state,
            search: search.filter(|search| !search.is_empty()),
            by_state,
            newest_first,
            ..FollowFilter::default()
        };
        Ok((filter, kind, page))
    }
}

fn named<T>(
    check: &mut Check,
    field: &str,
    given: &Given<String>,
    message: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let name = check.value(field, given, message, |name| read(name).is_some())?;
    read(&name)
}

async fn respond(
    app: &App,
    filter: &FollowFilter,
    page: Page,
) -> Result<Json<Listed<FollowShape>>, ApiError> {
    let follows = Follow::list(&app.db, filter, page).await?;
    Ok(Json(Listed::of(follows, |follow| {
        FollowShape::new(&follow, &app.federation.site)
    })))
}

/// What this server follows.
#[utoipa::path(get, path = "/server/following", tag = "Instance follows", params(Paging, FollowsQuery),
    responses((status = 200, body = Listed<FollowShape>), (status = 400)))]
pub(crate) async fn following(
    State(app): State<App>,
    Query(paging): Query<Paging>,
    Query(query): Query<FollowsQuery>,
) -> Result<Json<Listed<FollowShape>>, ApiError> {
    let (filter, target_kind, page) = query.read(&paging)?;
    let filter = FollowFilter {
        follower_id: Some(app.federation.instance_actor().await?),
        target_kind,
        ..filter
    };
    respond(&app, &filter, page).await
}

/// Who follows this server.
#[utoipa::path(get, path = "/server/followers", tag = "Instance follows", params(Paging, FollowsQuery),
    responses((status = 200, body = Listed<FollowShape>), (status = 400)))]
pub(crate) async fn followers(
    State(app): State<App>,
    Query(paging): Query<Paging>,
    Query(query): Query<FollowsQuery>,
) -> Result<Json<Listed<FollowShape>>, ApiError> {
    let (filter, follower_kind, page) = query.read(&paging)?;
    let filter = FollowFilter {
        target_id: Some(app.federation.instance_actor().await?),
        follower_kind,
        ..filter
    };
    respond(&app, &filter, page).await
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct FollowingInput {
    /// Names of servers.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    hosts: Given<Vec<String>>,
    /// `name@host` of channels and accounts of other servers.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    handles: Given<Vec<String>>,
}

/// Follows servers, channels or accounts in the name of this server. Unlike PeerTube's, this waits until it is known who they are.
#[utoipa::path(post, path = "/server/following", tag = "Instance follows", security(("token" = [])),
    request_body = FollowingInput,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404), (status = 502)))]
pub(crate) async fn follow(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(input): Body<FollowingInput>,
) -> Result<StatusCode, ApiError> {
    const HOSTS: &str = "Should have an array of unique hosts, 20 at most";
    const HANDLES: &str = "Should have an array of handles, 20 at most";
    administrator(&signed_in)?;
    let mut check = Check::body();
    let hosts = check.value("hosts", &input.hosts, HOSTS, |hosts| {
        hosts.len() <= MAX_TARGETS && hosts.iter().all(|host| is_host(host))
    });
    let handles = check.value("handles", &input.handles, HANDLES, |handles| {
        handles.len() <= MAX_TARGETS && handles.iter().all(|handle| is_handle(handle))
    });
    check.finish()?;
    let mut targets: Vec<String> = hosts.into_iter().chain(handles).flatten().collect();
    targets.sort();
    targets.dedup();
    if targets.is_empty() {
        return Err(ApiError::bad_request(
            "You must provide at least one handle or one host.",
        ));
    }
    let me = Actor::instance(&app.db).await?;
    let follows = targets
        .iter()
        .map(|target| federation::follow(&app.federation, &me, target));
    let done = join_all(follows).await;
    match targets
        .iter()
        .zip(done)
        .find_map(|(target, done)| Some((target, done.err()?)))
    {
        None => Ok(StatusCode::NO_CONTENT),
        Some((target, error)) => Err(ApiError::from(error).about(target)),
    }
}

fn is_handle(text: &str) -> bool {
    let handle = text.strip_prefix('@').unwrap_or(text);
    handle
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && is_host(host))
}

/// What this server follows by this name: a server, or somebody there.
pub(crate) async fn followed(app: &App, text: &str) -> Result<Option<Follow>, ApiError> {
    let name = text.strip_prefix('@').unwrap_or(text);
    let me = app.federation.instance_actor().await?;
    let target = if name.contains('@') {
        Actor::by_handle(&app.db, &Handle::parse(name, &app.config.host())).await?
    } else {
        // Whatever the actor of that server is called.
        let filter = FollowFilter {
            follower_id: Some(me),
            target_kind: Some(ActorKind::Application),
            search: Some(name.to_owned()),
            ..FollowFilter::default()
        };
        let found = Follow::list(&app.db, &filter, Page::first(100)).await?;
        let is_it = |host: &String| host.eq_ignore_ascii_case(name);
        let mut targets = found.data.into_iter().map(|follow| follow.target);
        targets.find(|target| target.host.as_ref().is_some_and(is_it))
    };
    match target {
        Some(target) => Ok(Follow::between(&app.db, me, target.id).await?),
        None => Ok(None),
    }
}

/// Follows a server, a channel or an account no longer.
#[utoipa::path(delete, path = "/server/following/{host_or_handle}", tag = "Instance follows", security(("token" = [])),
    params(("host_or_handle" = String, Path, description = "A host, or `name@host`")),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn unfollow(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    administrator(&signed_in)?;
    let follow = followed(&app, &name).await?;
    let follow = follow.ok_or_else(|| ApiError::not_found(format!("Follow {name} not found.")))?;
    federation::unfollow(&app.federation, &follow).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The follow of this server by `name@host`.
async fn follower(app: &App, name: &str) -> Result<Follow, ApiError> {
    if !is_handle(name) {
        let message = "Should have a valid handle: name@host";
        return Err(ApiError::invalid(vec![InvalidParam::new(
            "nameWithHost",
            Some(name.into()),
            message,
            "params",
        )]));
    }
    let none = || ApiError::not_found(format!("Follower {name} is not following us."));
    let handle = Handle::parse(name.strip_prefix('@').unwrap_or(name), &app.config.host());
    let actor = Actor::by_handle(&app.db, &handle).await?.ok_or_else(none)?;
    let instance = app.federation.instance_actor().await?;
    Follow::between(&app.db, actor.id, instance)
        .await?
        .ok_or_else(none)
}

/// Lets a server follow this one.
#[utoipa::path(post, path = "/server/followers/{handle}/accept", tag = "Instance follows", security(("token" = [])),
    params(("handle" = String, Path, description = "`name@host`")),
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn accept(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    administrator(&signed_in)?;
    let follow = follower(&app, &name).await?;
    if follow.state == FollowState::Accepted {
        return Err(ApiError::bad_request("Follow is not in pending/rejected state."));
    }
    federation::accept_follower(&app.federation, &follow).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Does not let a server follow this one, now and when it asks again.
#[utoipa::path(post, path = "/server/followers/{handle}/reject", tag = "Instance follows", security(("token" = [])),
    params(("handle" = String, Path, description = "`name@host`")),
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn reject(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    administrator(&signed_in)?;
    let follow = follower(&app, &name).await?;
    if follow.state == FollowState::Rejected {
        return Err(ApiError::bad_request("Follow is not in pending/accepted state."));
    }
    federation::reject_follower(&app.federation, &follow).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets a follower, who may ask again.
#[utoipa::path(delete, path = "/server/followers/{handle}", tag = "Instance follows", security(("token" = [])),
    params(("handle" = String, Path, description = "`name@host`")),
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    administrator(&signed_in)?;
    let follow = follower(&app, &name).await?;
    federation::remove_follower(&app.federation, &follow).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who follows an account or one of its channels; told to its owner.
#[utoipa::path(get, path = "/accounts/{handle}/followers", tag = "Accounts", security(("token" = [])),
    params(("handle" = String, Path, description = "`name` of a local account"), Paging, FollowsQuery),
    responses((status = 200, body = Listed<FollowShape>), (status = 400), (status = 401), (status = 403),
        (status = 404)))]
pub(crate) async fn of_account(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
    Query(paging): Query<Paging>,
    Query(query): Query<FollowsQuery>,
) -> Result<Json<Listed<FollowShape>>, ApiError> {
    let account = Account::by_handle(&app.db, &Handle::parse(&name, &app.config.host())).await?;
    let account = account.ok_or_else(|| ApiError::not_found("Account not found"))?;
    if account.user_id != Some(signed_in.user().id) && !signed_in.user().is_moderator() {
        return Err(ApiError::forbidden(
            "Only owner of this account can access this resource.",
        ));
    }
    let (filter, follower_kind, page) = query.read(&paging)?;
    let filter = FollowFilter {
        target_account_id: Some(account.id),
        follower_kind,
        state: Some(FollowState::Accepted),
        ..filter
    };
    respond(&app, &filter, page).await
}

/// Who follows a channel; told to its owner.
#[utoipa::path(get, path = "/video-channels/{handle}/followers", tag = "Video channels", security(("token" = [])),
    params(("handle" = String, Path, description = "`name` of a local channel"), Paging, FollowsQuery),
    responses((status = 200, body = Listed<FollowShape>), (status = 400), (status = 401), (status = 403),
        (status = 404)))]
pub(crate) async fn of_channel(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
    Query(paging): Query<Paging>,
    Query(query): Query<FollowsQuery>,
) -> Result<Json<Listed<FollowShape>>, ApiError> {
    let channel = Channel::by_handle(&app.db, &Handle::parse(&name, &app.config.host())).await?;
    let channel = channel.ok_or_else(|| ApiError::not_found("Video channel not found"))?;
    if !channel.belongs_to(signed_in.user().id) && !signed_in.user().is_moderator() {
        return Err(ApiError::forbidden("User cannot manage this channel"));
    }
    let (filter, follower_kind, page) = query.read(&paging)?;
    let filter = FollowFilter {
        target_id: Some(channel.actor.id),
        follower_kind,
        state: Some(FollowState::Accepted),
        ..filter
    };
    respond(&app, &filter, page).await
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RedundancyInput {
    #[serde(default)]
    #[schema(value_type = bool)]
    redundancy_allowed: Given<bool>,
}

/// Says whether a server's videos may be mirrored here.
#[utoipa::path(put, path = "/server/redundancy/{host}", tag = "Video mirroring", security(("token" = [])),
    params(("host" = String, Path, description = "A known server")), request_body = RedundancyInput,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn redundancy(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(host): Path<String>,
    Body(input): Body<RedundancyInput>,
) -> Result<StatusCode, ApiError> {
    administrator(&signed_in)?;
    let mut check = Check::body();
    let allowed = check.flag("redundancyAllowed", &input.redundancy_allowed);
    let allowed = check.required(
        "redundancyAllowed",
        allowed,
        "Should have a redundancyAllowed boolean",
    );
    let allowed = check.finish_with(allowed)?;
    let instance = Instance::by_host(&app.db, &host).await?;
    let instance = instance.ok_or_else(|| ApiError::not_found(format!("Server {host} not found.")))?;
    let mut tx = app.db.begin().await?;
    Instance::set_redundancy_allowed(&mut tx, instance.id, allowed).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
