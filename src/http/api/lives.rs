//! Lives: where to publish, how the next session is to be, and the sessions that were.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use db::{LatencyMode, Live, LiveSession, LiveSettings, Privacy, Uuid, Video};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Body, Check, Given, Nested, Query};
use super::manage;
use super::paging::{Listed, Paging};
use super::shape::iso;
use super::video_input::{VideoInput, privacy};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{self, SignedIn, Viewer};
use crate::jobs::federate;

/// Longest wait for a lost encoder, and longest way back; beyond that people mean "the whole session", which is 0.
const MAX_GRACE_S: i64 = 600;
const MAX_DVR_WINDOW_S: i64 = 7 * 24 * 60 * 60;

#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub(crate) struct ReplayInput {
    #[serde(default)]
    #[schema(value_type = i64)]
    privacy: Given<i64>,
}

/// The wishes for a live; with a new one, also everything about its video.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LiveInput {
    /// The address outlives the session.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    permanent_live: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    save_replay: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<ReplayInput>)]
    replay_settings: Given<Nested<ReplayInput>>,
    /// 1 default, 2 high, 3 small.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    latency_mode: Given<i64>,
    /// Seconds that a lost encoder is waited for; `null`: as the server says.
    #[serde(default)]
    #[schema(value_type = Option<i64>, maximum = 600)]
    grace_period: Given<i64>,
    /// Seconds that viewers may rewind, 0 for all of the session; `null`: as the server says.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    dvr_window: Given<i64>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct NewLive {
    #[serde(flatten)]
    video: VideoInput,
    #[serde(flatten)]
    live: LiveInput,
}

impl LiveInput {
    /// `current` with what was said put in place; for a new live `video_privacy` is that of its replays unless said otherwise.
    fn settings(
        &self,
        check: &mut Check,
        current: &LiveSettings,
        video_privacy: Option<Privacy>,
    ) -> LiveSettings {
        let save_replay = check
            .flag("saveReplay", &self.save_replay)
            .unwrap_or(current.save_replay);
        let replay = check.value(
            "replaySettings",
            &self.replay_settings,
            "Should have replay settings",
            |_| true,
        );
        let replay_privacy = replay
            .as_ref()
            .and_then(|Nested(replay)| privacy(check, "replaySettings.privacy", &replay.privacy));
        if replay.is_some() && !save_replay {
            check.fail(
                "replaySettings",
                None,
                "Cannot set replay settings while live replay is not enabled",
            );
        }
        let known = replay_privacy
            .or(current.replay_privacy)
            .or(video_privacy)
            .filter(|_| save_replay);
        if save_replay && known.is_none() {
            check.required(
                "replaySettings.privacy",
                None::<()>,
                "Should have a replay privacy to save replays",
            );
        }
        let seconds = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        let grace = check.nullable(
            "gracePeriod",
            &self.grace_period,
            "Should have 0 to 600 seconds",
            |value| (0..=MAX_GRACE_S).contains(value),
        );
        let dvr = check.nullable(
            "dvrWindow",
            &self.dvr_window,
            "Should have seconds, a week at most",
            |value| (0..=MAX_DVR_WINDOW_S).contains(value),
        );
        LiveSettings {
            permanent: check
                .flag("permanentLive", &self.permanent_live)
                .unwrap_or(current.permanent),
            save_replay,
            replay_privacy: known,
            latency_mode: check
                .one_of(
                    "latencyMode",
                    &self.latency_mode,
                    "Should have a valid latency mode",
                )
                .unwrap_or(current.latency_mode),
            grace_s: grace.map_or(current.grace_s, seconds),
            dvr_window_s: dvr.map_or(current.dvr_window_s, seconds),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedLive {
    video: CreatedVideo,
}

/// How a video can be named.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedVideo {
    id: i64,
    uuid: String,
    #[serde(rename = "shortUUID")]
    short_uuid: String,
}

impl CreatedVideo {
    fn new(id: i64, uuid: Uuid) -> Self {
        Self {
            id,
            uuid: uuid.to_string(),
            short_uuid: uuid.short(),
        }
    }
}

/// Whether an account may make one more live. As in PeerTube, those that wait for their streamer count as well.
pub(in crate::http) async fn may_have_another(app: &App, account_id: i64) -> Result<bool, db::Error> {
    let most = app.config.live.max_user_lives;
    Ok(most < 0 || Live::count_open(&app.db, account_id).await? < most)
}

/// Makes a live.
#[utoipa::path(post, path = "/videos/live", tag = "Live videos", security(("token" = [])), request_body = NewLive,
    responses((status = 200, body = CreatedLive), (status = 400), (status = 401), (status = 403, description = "live_not_enabled, max_user_lives_limit_reached")))]
pub(crate) async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(input): Body<NewLive>,
) -> Result<Json<CreatedLive>, ApiError> {
    if !app.config.live.enabled {
        return Err(ApiError::forbidden("Live is not enabled on this instance").code("live_not_enabled"));
    }
    let defaults = LiveSettings {
        permanent: false,
        // PeerTube's clients say what they want; whoever says nothing gets what the server's owner chose.
        save_replay: app.config.live.save_replay,
        replay_privacy: None,
        latency_mode: LatencyMode::Default,
        grace_s: None,
        dvr_window_s: None,
    };
    let mut check = Check::body();
    let video = input.video.new_video(&mut check);
    let video_privacy = video
        .as_ref()
        .map(|video| video.privacy)
        .or(Some(Privacy::Private));
    let settings = input.live.settings(&mut check, &defaults, video_privacy);
    let video = check.finish_with(video)?;
    let channel = manage::owned_channel(&app, signed_in.user(), video.channel_id).await?;
    if !may_have_another(&app, channel.account.id).await? {
        return Err(ApiError::forbidden(
            "Cannot create this live because the max user lives limit is reached.",
        )
        .code("max_user_lives_limit_reached"));
    }
    let now = Timestamp::now();
    let mut tx = app.db.begin().await?;
    let (id, uuid) = Live::create(&mut tx, &video, &settings, now).await?;
    federate::enqueue(&mut tx, id, now).await?;
    tx.commit().await?;
    app.federation.jobs.notify_one();
    Ok(Json(CreatedLive {
        video: CreatedVideo::new(id, uuid),
    }))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplaySettings {
    privacy: i64,
}

impl ReplaySettings {
    fn new(saves: bool, privacy: Option<Privacy>) -> Option<Self> {
        privacy.filter(|_| saves).map(|privacy| Self {
            privacy: privacy.id(),
        })
    }
}

/// Where to publish, for the owner; `null` when that protocol is off.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Publishing {
    stream_key: String,
    rtmp_url: Option<String>,
    rtmps_url: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LiveShape {
    #[serde(flatten)]
    publishing: Option<Publishing>,
    permanent_live: bool,
    save_replay: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay_settings: Option<ReplaySettings>,
    latency_mode: i64,
    grace_period: Option<u32>,
    dvr_window: Option<u32>,
}

/// The settings of a live, and for its owner where to publish.
#[utoipa::path(get, path = "/videos/live/{id}", tag = "Live videos",
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 200, body = LiveShape), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn get(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Json<LiveShape>, ApiError> {
    let video = extract::visible_video(&app, &viewer, &id).await?;
    let live = Live::by_video(&app.db, video.id).await?;
    let live = live.ok_or_else(|| ApiError::not_found("Live video not found"))?;
    let settings = &live.settings;
    Ok(Json(LiveShape {
        publishing: viewer.manages(&live.video).then(|| Publishing {
            stream_key: live.stream_key().unwrap_or_default().to_owned(),
            rtmp_url: app.config.rtmp_url(),
            rtmps_url: app.config.rtmps_url(),
        }),
        permanent_live: settings.permanent,
        save_replay: settings.save_replay,
        replay_settings: ReplaySettings::new(settings.save_replay, settings.replay_privacy),
        latency_mode: settings.latency_mode.id(),
        grace_period: settings.grace_s,
        dvr_window: settings.dvr_window_s,
    }))
}

/// Changes the wishes for the next session. A live that is on air or over stays as it is.
#[utoipa::path(put, path = "/videos/live/{id}", tag = "Live videos", security(("token" = [])),
    params(("id" = String, Path, description = "Id, UUID or short UUID")), request_body = LiveInput,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn update(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Body(input): Body<LiveInput>,
) -> Result<StatusCode, ApiError> {
    let live = extract::owned_live(&app, &signed_in, &id).await?;
    let mut check = Check::body();
    let settings = input.settings(&mut check, &live.settings, None);
    check.finish()?;
    let now = Timestamp::now();
    let mut tx = app.db.begin().await?;
    if !Live::update(&mut tx, live.video.id, &settings, now).await? {
        return Err(ApiError::bad_request(
            "Cannot update a live that has already started or has ended",
        ));
    }
    federate::enqueue(&mut tx, live.video.id, now).await?;
    tx.commit().await?;
    app.federation.jobs.notify_one();
    Ok(StatusCode::NO_CONTENT)
}

/// One time on air.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionShape {
    id: i64,
    start_date: String,
    end_date: Option<String>,
    ending_processed: bool,
    save_replay: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay_settings: Option<ReplaySettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay_video: Option<CreatedVideo>,
    /// Why it ended by itself: 1 bad connection, 2 too long, 3 quota, 4 encoding, 5 blocked, 8 unknown, 9 invalid input.
    error: Option<i64>,
}

impl SessionShape {
    fn new(session: &LiveSession, replay: Option<&Video>) -> Self {
        Self {
            id: session.id,
            start_date: iso(session.started_at),
            end_date: session.ended_at.map(iso),
            ending_processed: session.ending_processed,
            save_replay: session.save_replay,
            replay_settings: ReplaySettings::new(session.save_replay, session.replay_privacy),
            replay_video: replay.map(|video| CreatedVideo::new(video.id, video.uuid)),
            error: session.error.map(db::SessionError::id),
        }
    }
}

/// The sessions of a live, oldest first; for its owner.
#[utoipa::path(get, path = "/videos/live/{id}/sessions", tag = "Live videos", security(("token" = [])),
    params(("id" = String, Path, description = "Id, UUID or short UUID"), Paging),
    responses((status = 200, body = Listed<SessionShape>), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn sessions(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<SessionShape>>, ApiError> {
    let (page, _) = paging.read("startDate", &[("startDate", ())])?;
    let video = extract::managed_video(&app, signed_in.user(), &id).await?;
    let sessions = LiveSession::of_live(&app.db, video.id, page).await?;
    Ok(Json(Listed::of(sessions, |(session, replay)| {
        SessionShape::new(&session, replay.as_ref())
    })))
}

/// The session a replay was recorded in.
#[utoipa::path(get, path = "/videos/{id}/live-session", tag = "Live videos",
    params(("id" = String, Path, description = "Id, UUID or short UUID of the replay")),
    responses((status = 200, body = SessionShape), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn of_replay(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Json<SessionShape>, ApiError> {
    let video = extract::visible_video(&app, &viewer, &id).await?;
    let session = LiveSession::of_replay(&app.db, video.id).await?;
    let session = session.ok_or_else(|| ApiError::not_found("No live replay found"))?;
    Ok(Json(SessionShape::new(&session, Some(&video))))
}

/// Ends the session that is on air. The replay is published as if the encoder had stopped.
#[utoipa::path(post, path = "/videos/live/{id}/end", tag = "Live videos", security(("token" = [])),
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 409, description = "Not on air")))]
pub(crate) async fn end(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let live = extract::owned_live(&app, &signed_in, &id).await?;
    if app.lives.end(live.video.uuid).await {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::conflict("This live is not on air"))
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewKey {
    stream_key: String,
}

/// Makes a new stream key. The old one opens nothing any more; a session that is on air goes on.
#[utoipa::path(post, path = "/videos/live/{id}/key", tag = "Live videos", security(("token" = [])),
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 200, body = NewKey), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn rotate_key(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<NewKey>, ApiError> {
    let live = extract::owned_live(&app, &signed_in, &id).await?;
    let mut tx = app.db.begin().await?;
    let stream_key = Live::rotate_key(&mut tx, live.video.id).await?;
    tx.commit().await?;
    Ok(Json(NewKey { stream_key }))
}
