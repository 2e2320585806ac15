//! Users, for those who look after them: administrators all of them, moderators those who are neither.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use db::{Account, Actor, Channel, Live, Role, Tokens, User, UserSort, UserUpdate};
use federation::activity::actor::Farewell;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::channels::{self, Id};
use super::input::{Body, Check, Given, Query};
use super::manage;
use super::me::{ALL_CHANNELS, quota_of};
use super::paging::{Listed, Paging};
use super::shape::Site;
use super::shape::user::UserShape;
use crate::app::App;
use crate::auth;
use crate::http::error::{ApiError, InvalidParam};
use crate::http::extract::{self, SignedIn};

const SORTS: &[(&str, UserSort)] = &[
    ("createdAt", UserSort::CreatedAt),
    ("id", UserSort::Id),
    ("username", UserSort::Username),
    ("lastLoginDate", UserSort::LastLoginDate),
    ("role", UserSort::Role),
];
const QUOTA: &str = "Should have a valid quota in bytes, -1 for none";
/// Lives of a user that are ended when the user is blocked.
const MAX_LIVES: i64 = 1_000;

fn moderator(signed_in: &SignedIn) -> Result<&User, ApiError> {
    if signed_in.user().is_moderator() {
        Ok(signed_in.user())
    } else {
        Err(extract::not_enough_rights())
    }
}

async fn find(app: &App, id: &str) -> Result<User, ApiError> {
    let number = id.parse().map_err(|_| {
        let param = InvalidParam::new("id", Some(id.into()), "Should have a valid id", "params");
        ApiError::invalid(vec![param])
    })?;
    User::by_id(&app.db, number)
        .await?
        .ok_or_else(|| ApiError::not_found("User not found"))
}

/// A user whom this moderator may change.
async fn find_managed(app: &App, signed_in: &SignedIn, id: &str) -> Result<User, ApiError> {
    let by = moderator(signed_in)?;
    let user = find(app, id).await?;
    if by.is_admin() || user.role == Role::User {
        Ok(user)
    } else {
        Err(ApiError::forbidden("A moderator can only manage users."))
    }
}

async fn shape(app: &App, user: &User) -> Result<UserShape, ApiError> {
    let account = channels::account(app, user).await?;
    let channels = Channel::list(&app.db, Some(account.id), None, false, ALL_CHANNELS)
        .await?
        .data;
    let mut shape = UserShape::new(user, &account, &channels, &Site::of(&app.config));
    let (used, daily) = quota_of(app, user.id).await?;
    shape.video_quota_used = Some(used);
    shape.video_quota_used_daily = Some(daily);
    shape.total_video_file_size = Some(used);
    Ok(shape)
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserQuery {
    /// Part of the name or the e-mail address.
    #[param(value_type = Option<String>)]
    search: Given<String>,
    #[param(value_type = Option<bool>)]
    blocked: Given<bool>,
}

/// All users.
#[utoipa::path(get, path = "/users", tag = "Users", security(("token" = [])), params(Paging, UserQuery),
    responses((status = 200, body = Listed<UserShape>), (status = 400), (status = 401), (status = 403)))]
pub(crate) async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
    Query(query): Query<UserQuery>,
) -> Result<Json<Listed<UserShape>>, ApiError> {
    moderator(&signed_in)?;
    let (page, order) = paging.read("createdAt", SORTS)?;
    let mut check = Check::query();
    let search = check.text(
        "search",
        &query.search,
        0..=200,
        "Should have a search of 200 characters at most",
    );
    let blocked = check.flag("blocked", &query.blocked);
    check.finish()?;
    let search = search.filter(|text| !text.is_empty());
    let users = User::list(&app.db, search.as_deref(), blocked, order, page).await?;
    let mut data = Vec::with_capacity(users.data.len());
    for user in &users.data {
        data.push(shape(&app, user).await?);
    }
    Ok(Json(Listed {
        total: users.total,
        data,
    }))
}

/// A new user, or what changes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserInput {
    /// Only for a new user.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    username: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    password: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    email: Given<String>,
    /// 0 administrator, 1 moderator, 2 user.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    role: Given<i64>,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    video_quota: Given<i64>,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    video_quota_daily: Given<i64>,
    /// The first channel of a new user, `NAME_channel` if not said.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    channel_name: Given<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserCreated {
    user: CreatedUser,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedUser {
    id: i64,
    account: Id,
}

/// Creates a user with an account and a channel.
#[utoipa::path(post, path = "/users", tag = "Users", security(("token" = [])), request_body = UserInput,
    responses((status = 200, body = UserCreated), (status = 400), (status = 401), (status = 403), (status = 409, description = "Name or address are taken")))]
pub(crate) async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(input): Body<UserInput>,
) -> Result<Json<UserCreated>, ApiError> {
    let by = moderator(&signed_in)?;
    let mut check = Check::body();
    let changes = input.changes(&mut check);
    let username = check.value(
        "username",
        &input.username,
        "Should have a valid username",
        |name| auth::is_username(name),
    );
    let username = check.required("username", username, "Should have a valid username");
    let password = input.password(&mut check);
    let password = check.required("password", password, "Should have a valid password");
    let email = check.required("email", changes.email, "Should have a valid email");
    let channel_name = check.value(
        "channelName",
        &input.channel_name,
        "Should have a valid channel name",
        |name| channels::is_channel_name(name),
    );
    let ((username, password), email) = check.finish_with(username.zip(password).zip(email))?;
    let role = changes.role.unwrap_or(Role::User);
    may_give(by, role)?;

    let mut user = auth::new_user(&username, &email, password, role).await?;
    user.video_quota = changes.video_quota.unwrap_or(-1);
    user.video_quota_daily = changes.video_quota_daily.unwrap_or(-1);
    if let Some(name) = channel_name {
        user.channel.display_name.clone_from(&name);
        user.channel.name = name;
    }
    if Actor::name_taken(&app.db, &user.channel.name).await? || user.channel.name == username {
        return Err(ApiError::conflict(format!(
            "Channel with name {} already exists.",
            user.channel.name
        )));
    }
    let mut tx = app.db.begin().await?;
    let (id, account) = User::create(&mut tx, &user, Timestamp::now())
        .await
        .map_err(taken)?;
    tx.commit().await?;
    Ok(Json(UserCreated {
        user: CreatedUser {
            id,
            account: Id { id: account },
        },
    }))
}

pub(super) fn taken(error: db::Error) -> ApiError {
    if error.is_conflict() {
        return ApiError::conflict("User with this username or email already exists.");
    }
    error.into()
}

fn may_give(by: &User, role: Role) -> Result<(), ApiError> {
    if by.is_admin() || role == Role::User {
        Ok(())
    } else {
        Err(ApiError::forbidden(
            "You can only create users (and not administrators or moderators)",
        ))
    }
}

impl UserInput {
    fn password(&self, check: &mut Check) -> Option<String> {
        check.value(
            "password",
            &self.password,
            "Should have a valid password",
            |text| auth::is_password(text),
        )
    }

    /// All but names and the password, which is not hashed yet.
    fn changes(&self, check: &mut Check) -> UserUpdate {
        UserUpdate {
            email: check.value("email", &self.email, "Should have a valid email", |text| {
                auth::is_email(text)
            }),
            password_hash: None,
            role: check.one_of("role", &self.role, "Should have a valid role"),
            video_quota: check.value("videoQuota", &self.video_quota, QUOTA, |bytes| *bytes >= -1),
            video_quota_daily: check.value("videoQuotaDaily", &self.video_quota_daily, QUOTA, |bytes| {
                *bytes >= -1
            }),
            settings: None,
        }
    }
}

/// One user.
#[utoipa::path(get, path = "/users/{id}", tag = "Users", security(("token" = [])),
    params(("id" = i64, Path)),
    responses((status = 200, body = UserShape), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<UserShape>, ApiError> {
    moderator(&signed_in)?;
    let user = find(&app, &id).await?;
    Ok(Json(shape(&app, &user).await?))
}

/// Changes a user. A new password signs them out everywhere.
#[utoipa::path(put, path = "/users/{id}", tag = "Users", security(("token" = [])),
    params(("id" = i64, Path)), request_body = UserInput,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404), (status = 409)))]
pub(crate) async fn update(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Body(input): Body<UserInput>,
) -> Result<StatusCode, ApiError> {
    let user = find_managed(&app, &signed_in, &id).await?;
    let mut check = Check::body();
    let mut update = input.changes(&mut check);
    let password = input.password(&mut check);
    check.finish()?;
    if let Some(role) = update.role {
        may_give(signed_in.user(), role)?;
        if is_root(&user) && role != Role::Administrator {
            return Err(ApiError::bad_request("Cannot change root role."));
        }
    }
    if let Some(password) = password {
        update.password_hash = Some(auth::hash(password).await?);
    }
    let mut tx = app.db.begin().await?;
    User::update(&mut tx, user.id, &update, Timestamp::now())
        .await
        .map_err(taken)?;
    if update.password_hash.is_some() {
        Tokens::revoke_all(&mut tx, user.id).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The one user who is always there.
fn is_root(user: &User) -> bool {
    user.username == "root"
}

/// Deletes a user with account, channels and videos.
#[utoipa::path(delete, path = "/users/{id}", tag = "Users", security(("token" = [])),
    params(("id" = i64, Path)),
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn delete(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let user = find_managed(&app, &signed_in, &id).await?;
    if is_root(&user) {
        return Err(ApiError::bad_request("Cannot remove the root user"));
    }
    let account = super::channels::account(&app, &user).await?;
    let farewells = Farewell::of_account(&app.federation, &account).await?;
    let mut tx = app.db.begin().await?;
    for farewell in farewells {
        farewell.write(&mut tx, Timestamp::now()).await?;
    }
    let removed = User::delete(&mut tx, user.id).await?;
    tx.commit().await?;
    app.federation.deliveries.notify_one();
    manage::clean_up(&app, removed).await;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct BlockInput {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    reason: Given<String>,
}

/// Blocks a user: signed out everywhere, off air, and cannot come back.
#[utoipa::path(post, path = "/users/{id}/block", tag = "Users", security(("token" = [])),
    params(("id" = i64, Path)), request_body = BlockInput,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn block(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Body(input): Body<BlockInput>,
) -> Result<StatusCode, ApiError> {
    let user = find_managed(&app, &signed_in, &id).await?;
    if is_root(&user) {
        return Err(ApiError::bad_request("Cannot block/unblock a root user"));
    }
    let mut check = Check::body();
    let reason = check.text(
        "reason",
        &input.reason,
        3..=250,
        "Should have a reason between 3 and 250 characters long",
    );
    check.finish()?;
    set_blocked(&app, &user, true, reason.as_deref()).await?;
    let account = Account::by_user(&app.db, user.id).await?;
    if let Some(account) = account {
        for live in Live::of_account(&app.db, account.id, MAX_LIVES).await? {
            app.lives.end(live.video.uuid).await;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a blocked user in again.
#[utoipa::path(post, path = "/users/{id}/unblock", tag = "Users", security(("token" = [])),
    params(("id" = i64, Path)),
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn unblock(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let user = find_managed(&app, &signed_in, &id).await?;
    set_blocked(&app, &user, false, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_blocked(app: &App, user: &User, blocked: bool, reason: Option<&str>) -> Result<(), ApiError> {
    let mut tx = app.db.begin().await?;
    User::set_blocked(&mut tx, user.id, blocked, reason, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(())
}
