//! The signed-in user: settings, quota, own videos.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use db::{
    Account, Audience, Channel, Handle, NsfwPolicy, Page, Tokens, User, UserSettings, UserUpdate, Video,
    VideoFilter,
};
use federation::activity::actor::enqueue_update;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::channels;
use super::input::{Body, Check, Given, Query};
use super::paging::{Listed, Paging};
use super::shape::Site;
use super::shape::user::UserShape;
use super::shape::video::ListedVideo;
use super::video_query::{self, DEFAULT_SORT, SORTS};
use crate::app::App;
use crate::auth;
use crate::http::error::ApiError;
use crate::http::extract::SignedIn;

const MAX_LANGUAGES: usize = 500;
/// Channels in one answer; more than anybody may have.
pub(super) const ALL_CHANNELS: Page = Page::first(100);

/// Who is signed in.
#[utoipa::path(get, path = "/users/me", tag = "My user", security(("token" = [])),
    responses((status = 200, body = UserShape), (status = 401)))]
pub(crate) async fn get(State(app): State<App>, signed_in: SignedIn) -> Result<Json<UserShape>, ApiError> {
    let user = signed_in.user();
    let account = channels::account(&app, user).await?;
    let channels = Channel::list(&app.db, Some(account.id), None, false, ALL_CHANNELS)
        .await?
        .data;
    let mut shape = UserShape::new(user, &account, &channels, &Site::of(&app.config));
    shape.special_playlists = Some(Vec::new());
    Ok(Json(shape))
}

/// Any of the user's settings. A new password or e-mail address needs the current password.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MeInput {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    current_password: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    password: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    email: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    display_name: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    description: Given<String>,
    /// `do_not_list`, `blur` or `display`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    nsfw_policy: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    p2p_enabled: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    videos_history_enabled: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    auto_play_video: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    auto_play_next_video: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    auto_play_next_video_playlist: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    video_languages: Given<Vec<String>>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    theme: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    email_public: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    no_instance_config_warning_modal: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    no_welcome_modal: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    no_account_setup_warning_modal: Given<bool>,
}

impl MeInput {
    /// The settings with what was said put in place.
    fn settings(&self, check: &mut Check, current: &UserSettings) -> UserSettings {
        let mut flag = |field, given: &Given<bool>, current| check.flag(field, given).unwrap_or(current);
        let p2p_enabled = flag("p2pEnabled", &self.p2p_enabled, current.p2p_enabled);
        let history = flag(
            "videosHistoryEnabled",
            &self.videos_history_enabled,
            current.videos_history_enabled,
        );
        let auto_play = flag("autoPlayVideo", &self.auto_play_video, current.auto_play_video);
        let next = flag(
            "autoPlayNextVideo",
            &self.auto_play_next_video,
            current.auto_play_next_video,
        );
        let next_in_playlist = flag(
            "autoPlayNextVideoPlaylist",
            &self.auto_play_next_video_playlist,
            current.auto_play_next_video_playlist,
        );
        let email_public = flag("emailPublic", &self.email_public, current.email_public);
        let no_config_warning = flag(
            "noInstanceConfigWarningModal",
            &self.no_instance_config_warning_modal,
            current.no_instance_config_warning_modal,
        );
        let no_welcome = flag("noWelcomeModal", &self.no_welcome_modal, current.no_welcome_modal);
        let no_account_warning = flag(
            "noAccountSetupWarningModal",
            &self.no_account_setup_warning_modal,
            current.no_account_setup_warning_modal,
        );
        const POLICY: &str = "Should have a valid NSFW policy";
        let policy = check
            .text("nsfwPolicy", &self.nsfw_policy, 1..=20, POLICY)
            .and_then(|text| match text.as_str() {
                "do_not_list" => Some(NsfwPolicy::DoNotList),
                "blur" => Some(NsfwPolicy::Blur),
                "display" => Some(NsfwPolicy::Display),
                _ => {
                    check.fail("nsfwPolicy", Some(text.into()), POLICY);
                    None
                }
            });
        let languages = check.nullable(
            "videoLanguages",
            &self.video_languages,
            "Should have a list of languages",
            |list| {
                list.len() <= MAX_LANGUAGES
                    && list
                        .iter()
                        .all(|code| code == "_unknown" || super::constants::language(code).is_some())
            },
        );
        UserSettings {
            nsfw_policy: policy.unwrap_or(current.nsfw_policy),
            p2p_enabled,
            videos_history_enabled: history,
            auto_play_video: auto_play,
            auto_play_next_video: next,
            auto_play_next_video_playlist: next_in_playlist,
            video_languages: languages.unwrap_or_else(|| current.video_languages.clone()),
            theme: check
                .text("theme", &self.theme, 1..=50, "Should have a valid theme")
                .unwrap_or_else(|| current.theme.clone()),
            email_public,
            no_instance_config_warning_modal: no_config_warning,
            no_welcome_modal: no_welcome,
            no_account_setup_warning_modal: no_account_warning,
        }
    }
}

/// Changes settings of the signed-in user.
#[utoipa::path(put, path = "/users/me", tag = "My user", security(("token" = [])), request_body = MeInput,
    responses((status = 204), (status = 400), (status = 401), (status = 409, description = "The address is taken")))]
pub(crate) async fn update(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(input): Body<MeInput>,
) -> Result<StatusCode, ApiError> {
    let user = signed_in.user();
    let mut check = Check::body();
    let display_name = check.text(
        "displayName",
        &input.display_name,
        1..=120,
        "Should have a display name between 1 and 120 characters long",
    );
    let description = check.nullable_text(
        "description",
        &input.description,
        3..=1_000,
        "Should have a description between 3 and 1000 characters long",
    );
    let password = check.value(
        "password",
        &input.password,
        "Should have a password between 6 and 255 characters long",
        |text| auth::is_password(text),
    );
    let email = check.value("email", &input.email, "Should have a valid email", |text| {
        auth::is_email(text)
    });
    let current = check.value(
        "currentPassword",
        &input.current_password,
        "Should have the current password",
        |_| true,
    );
    let settings = input.settings(&mut check, &user.settings);
    if password.is_some() || email.is_some() {
        check.required(
            "currentPassword",
            current.as_ref(),
            "Should have the current password",
        );
    }
    check.finish()?;
    if let Some(current) = current.filter(|_| password.is_some() || email.is_some())
        && !auth::verify(current, user.password_hash.clone()).await?
    {
        return Err(
            ApiError::new(StatusCode::UNAUTHORIZED, "currentPassword is invalid.")
                .code("current_password_is_invalid"),
        );
    }

    let renewed = password.is_some();
    let password_hash = match password {
        Some(password) => Some(auth::hash(password).await?),
        None => None,
    };
    let account = channels::account(&app, user).await?;
    let update = UserUpdate {
        email,
        password_hash,
        settings: (settings != user.settings).then_some(settings),
        ..UserUpdate::default()
    };
    let now = Timestamp::now();
    let mut tx = app.db.begin().await?;
    User::update(&mut tx, user.id, &update, now)
        .await
        .map_err(super::users::taken)?;
    if display_name.is_some() || description.is_some() {
        let description = description.as_ref().map(|text| text.as_deref());
        Account::update(&mut tx, account.id, display_name.as_deref(), description, now).await?;
        enqueue_update(&mut tx, account.actor.id, now).await?;
    }
    if renewed {
        // Whoever knew the old password is out; so is this session, which signs in again.
        Tokens::revoke_all(&mut tx, user.id).await?;
    }
    tx.commit().await?;
    app.federation.jobs.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

/// Bytes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuotaUsed {
    video_quota_used: i64,
    video_quota_used_daily: i64,
}

/// How much the user's videos take.
#[utoipa::path(get, path = "/users/me/video-quota-used", tag = "My user", security(("token" = [])),
    responses((status = 200, body = QuotaUsed), (status = 401)))]
pub(crate) async fn quota(State(app): State<App>, signed_in: SignedIn) -> Result<Json<QuotaUsed>, ApiError> {
    let id = signed_in.user().id;
    let (video_quota_used, video_quota_used_daily) = quota_of(&app, id).await?;
    Ok(Json(QuotaUsed {
        video_quota_used,
        video_quota_used_daily,
    }))
}

/// Ever, and since yesterday at this time.
pub(super) async fn quota_of(app: &App, user_id: i64) -> Result<(i64, i64), ApiError> {
    let yesterday = Timestamp::now() - SignedDuration::from_hours(24);
    let ever = User::quota_used(&app.db, user_id, None).await?;
    Ok((ever, User::quota_used(&app.db, user_id, Some(yesterday)).await?))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct MyVideos {
    #[param(value_type = Option<String>)]
    search: Given<String>,
    #[param(value_type = Option<bool>)]
    is_live: Given<bool>,
    /// One of the user's channels.
    #[param(value_type = Option<i64>)]
    channel_id: Given<i64>,
    #[param(value_type = Option<String>)]
    channel_name_one_of: Given<String>,
}

/// The user's own videos, published or not.
#[utoipa::path(get, path = "/users/me/videos", tag = "My user", security(("token" = [])), params(Paging, MyVideos),
    responses((status = 200, body = Listed<ListedVideo>), (status = 400), (status = 401)))]
pub(crate) async fn videos(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
    Query(query): Query<MyVideos>,
) -> Result<Json<Listed<ListedVideo>>, ApiError> {
    let (page, order) = paging.read(DEFAULT_SORT, SORTS)?;
    let mut check = Check::query();
    let search = check.text(
        "search",
        &query.search,
        0..=200,
        "Should have a search of 200 characters at most",
    );
    let is_live = check.flag("isLive", &query.is_live);
    let channel_id = check.value("channelId", &query.channel_id, "Should have a channel id", |_| {
        true
    });
    let channel_name = check.value(
        "channelNameOneOf",
        &query.channel_name_one_of,
        "Should have a channel name",
        |_| true,
    );
    check.finish()?;
    let account = channels::account(&app, signed_in.user()).await?;
    let named = match channel_name {
        Some(name) => Channel::by_handle(&app.db, &Handle::parse(&name, &app.config.host()))
            .await?
            .map_or(Some(0), |c| Some(c.id)),
        None => None,
    };
    let filter = VideoFilter {
        audience: Audience::All,
        account_id: Some(account.id),
        channel_id: channel_id.or(named),
        is_live,
        search: search.filter(|text| !text.is_empty()),
        ..VideoFilter::default()
    };
    let videos = Video::list(&app.db, &filter, order, page).await?;
    Ok(Json(video_query::shape(&app, videos, true)))
}
