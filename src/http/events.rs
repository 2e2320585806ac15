//! Server-sent events of a live, so that a page that waits plays by itself within a second of the start.

mod elsewhere;

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream, StreamExt as _};
use serde::Serialize;

use crate::app::App;
use crate::http::error::ApiError;
use crate::live::{Follower, State as LiveState, Status};

/// How often the number of viewers is looked at.
const VIEWERS_EVERY: Duration = Duration::from_secs(5);
/// Proxies close connections that are silent for a minute.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(20);

/// A live's state as pages see it.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LiveStatus {
    pub state: &'static str,
    pub since: String,
    pub session: Option<i64>,
    /// Page of the replay that the last session left.
    pub replay: Option<String>,
    pub grace_ends_at: Option<String>,
    /// Where a live of another server is watched, while it is on air.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub playlist: Option<String>,
}

pub(crate) use elsewhere::status as status_elsewhere;

impl From<&Status> for LiveStatus {
    fn from(status: &Status) -> Self {
        Self {
            state: state_name(status.state),
            since: status.since.to_string(),
            session: match status.state {
                LiveState::OnAir | LiveState::Interrupted { .. } => status.session.as_ref().map(|s| s.number),
                LiveState::Waiting | LiveState::Ended => None,
            },
            replay: status.replay.map(|uuid| format!("/w/{}", uuid.short())),
            grace_ends_at: match status.state {
                LiveState::Interrupted { until } => Some(until.to_string()),
                _ => None,
            },
            playlist: None,
        }
    }
}

pub(crate) fn state_name(state: LiveState) -> &'static str {
    match state {
        LiveState::Waiting => "waiting",
        LiveState::OnAir => "on-air",
        LiveState::Interrupted { .. } => "interrupted",
        LiveState::Ended => "ended",
    }
}

/// What happens to a live, as server-sent events: `state` at once and at each change, `viewers` when their number changes.
#[utoipa::path(
    get, path = "/videos/{id}/events", tag = "Live videos",
    params(("id" = String, Path, description = "Id, UUID or short UUID of the live")),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 401), (status = 403), (status = 404)),
)]
pub(crate) async fn follow(
    State(app): State<App>,
    Path(id): Path<String>,
    viewer: super::extract::Viewer,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let video = super::extract::visible_video(&app, &viewer, &id).await?;
    if !video.is_local() {
        let events = stream::unfold(
            elsewhere::Following::new(app, &video),
            |mut following| async move {
                let event = following.next().await?;
                Some((Ok(event), following))
            },
        );
        return Ok(keep_alive(events.left_stream()));
    }
    let over = video.state == db::VideoState::LiveEnded;
    let follower = app.lives.follow(
        video.uuid,
        if over {
            LiveState::Ended
        } else {
            LiveState::Waiting
        },
    );
    let events = stream::unfold(
        Following::new(app, video.uuid, follower),
        |mut following| async move {
            let event = following.next().await?;
            Some((Ok(event), following))
        },
    );
    Ok(keep_alive(events.right_stream()))
}

fn keep_alive<S>(events: S) -> Sse<impl Stream<Item = Result<Event, Infallible>>>
where
    S: Stream<Item = Result<Event, Infallible>> + Send + 'static,
{
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE_EVERY))
}

fn state_event(status: &LiveStatus) -> Option<Event> {
    Event::default().event("state").json_data(status).ok()
}

fn viewers_event(viewers: u64) -> Option<Event> {
    let data = serde_json::json!({ "viewers": viewers });
    Event::default().event("viewers").json_data(data).ok()
}

struct Following {
    app: App,
    uuid: db::Uuid,
    follower: Follower,
    viewers_told: Option<u64>,
    state_told: bool,
    look: tokio::time::Interval,
}

impl Following {
    fn new(app: App, uuid: db::Uuid, follower: Follower) -> Self {
        Self {
            app,
            uuid,
            follower,
            viewers_told: None,
            state_told: false,
            look: tokio::time::interval(VIEWERS_EVERY),
        }
    }

    /// The next thing worth telling; `None` when the server stops.
    async fn next(&mut self) -> Option<Event> {
        if !std::mem::replace(&mut self.state_told, true) {
            return self.state();
        }
        loop {
            tokio::select! {
                () = self.app.stopping.cancelled() => return None,
                more = self.follower.changed() => return if more { self.state() } else { None },
                _ = self.look.tick() => {
                    let viewers = self.app.viewers.count(self.uuid);
                    if self.viewers_told.replace(viewers) != Some(viewers) {
                        return viewers_event(viewers);
                    }
                }
            }
        }
    }

    fn state(&mut self) -> Option<Event> {
        let status = self.follower.status();
        state_event(&LiveStatus::from(&status))
    }
}
