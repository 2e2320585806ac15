//! A running stream's measurements for the streamer's dashboard: once, or once a second.

use std::convert::Infallible;
use std::sync::PoisonError;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use db::Uuid;
use futures_util::stream::{self, Stream};
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::MissedTickBehavior;

use super::error::ApiError;
use super::events::state_name;
use super::extract::{self, SignedIn};
use crate::app::App;
use crate::live::{Advice, Level, Point, State as LiveState};

const EVERY: Duration = Duration::from_secs(1);

/// What the dashboard shows.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StreamHealth {
    #[schema(example = "on-air")]
    state: &'static str,
    on_air_since: Option<String>,
    uptime_ms: i64,
    protocol: Option<String>,
    encoder: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    video_codec: Option<&'static str>,
    audio_codec: Option<&'static str>,
    /// Bits per second over the last five seconds.
    bitrate: u64,
    fps: f64,
    keyframe_interval_ms: Option<i64>,
    /// How much later than real time the newest frame came.
    late_ms: i64,
    /// Pictures missing in the timestamps.
    dropped_frames: u64,
    viewers: u64,
    /// "on", "off", or "stopped: " and why.
    recording: String,
    advice: Vec<Advice>,
    /// Why the last encoder was refused or let go.
    last_error: Option<String>,
    /// One point a second over the last ten minutes; in the stream of events, only the newest.
    history: Vec<Point>,
}

/// The state of a stream and the measurements of its encoder; for the owner.
#[utoipa::path(
    get, path = "/videos/live/{id}/health", tag = "Live videos",
    params(("id" = String, Path, description = "Id, UUID or short UUID of the live")),
    responses((status = 200, body = StreamHealth), (status = 401), (status = 403), (status = 404)),
)]
pub(crate) async fn once(
    State(app): State<App>,
    Path(id): Path<String>,
    signed_in: SignedIn,
) -> Result<Json<StreamHealth>, ApiError> {
    let live = extract::owned_live(&app, &signed_in, &id).await?;
    Ok(Json(look(
        &app,
        live.video.uuid,
        live.settings.save_replay,
        usize::MAX,
    )))
}

/// The same as server-sent events (`health`), once a second: first with the whole history, then with its newest point.
#[utoipa::path(
    get, path = "/videos/live/{id}/health/stream", tag = "Live videos",
    params(("id" = String, Path, description = "Id, UUID or short UUID of the live")),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 401), (status = 403), (status = 404)),
)]
pub(crate) async fn follow(
    State(app): State<App>,
    Path(id): Path<String>,
    signed_in: SignedIn,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let live = extract::owned_live(&app, &signed_in, &id).await?;
    let (uuid, saves) = (live.video.uuid, live.settings.save_replay);
    let mut ticks = tokio::time::interval(EVERY);
    // A browser that slept gets one event, not all those it missed.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let events = stream::unfold(
        (app, ticks, usize::MAX),
        move |(app, mut ticks, points)| async move {
            tokio::select! {
                () = app.stopping.cancelled() => return None,
                _ = ticks.tick() => {}
            }
            let event = Event::default()
                .event("health")
                .json_data(look(&app, uuid, saves, points))
                .ok()?;
            Some((Ok(event), (app, ticks, 1)))
        },
    );
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

fn look(app: &App, uuid: Uuid, saves: bool, points: usize) -> StreamHealth {
    let viewers = app.viewers.count(uuid);
    let mut seen = StreamHealth {
        state: state_name(LiveState::Waiting),
        on_air_since: None,
        uptime_ms: 0,
        protocol: None,
        encoder: None,
        width: None,
        height: None,
        video_codec: None,
        audio_codec: None,
        bitrate: 0,
        fps: 0.0,
        keyframe_interval_ms: None,
        late_ms: 0,
        dropped_frames: 0,
        viewers,
        recording: if saves { "on" } else { "off" }.to_owned(),
        advice: Vec::new(),
        last_error: None,
        history: Vec::new(),
    };
    let Some(live) = app.lives.get(uuid) else {
        return seen;
    };
    let status = live.status();
    seen.state = state_name(status.state);
    seen.last_error = live.last_error();
    if !matches!(status.state, LiveState::OnAir | LiveState::Interrupted { .. }) {
        return seen;
    }
    if let Some(session) = status.session {
        seen.on_air_since = Some(session.started_at.to_string());
        seen.uptime_ms = Timestamp::now()
            .duration_since(session.started_at)
            .as_millis()
            .try_into()
            .unwrap_or(i64::MAX);
        seen.protocol = Some(session.protocol.clone());
        seen.encoder.clone_from(&session.encoder);
    }
    let health = live.health.lock().unwrap_or_else(PoisonError::into_inner);
    let recent = health.recent();
    seen.advice = health.advice();
    if let Some(why) = live.recording_failure() {
        let text = format!(
            "Recording stopped: {why}. The stream goes on, but the replay ends here. Tell the admin."
        );
        seen.advice.insert(
            0,
            Advice {
                level: Level::Error,
                code: "recording",
                text,
            },
        );
        seen.recording = format!("stopped: {why}");
    }
    (seen.bitrate, seen.fps) = (recent.bitrate, recent.fps);
    (seen.width, seen.height) = (health.width, health.height);
    (seen.video_codec, seen.audio_codec) = (health.video_codec, health.audio_codec);
    (seen.late_ms, seen.dropped_frames) = (health.late_ms, health.dropped_frames);
    seen.keyframe_interval_ms = health.keyframe_interval_ms;
    let skip = health.history.len().saturating_sub(points);
    seen.history = health.history.iter().skip(skip).copied().collect();
    seen
}
