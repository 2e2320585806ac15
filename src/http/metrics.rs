//! `/metrics` in Prometheus format. Counters are kept where things happen; what is a state is read when asked.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use db::{Db, Delivery, InboxActivity, Job};
use metrics::{describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

use crate::app::App;

pub(crate) const BYTES_IN: &str = "tributary_ingest_bytes_total";
pub(crate) const BYTES_OUT: &str = "tributary_media_bytes_total";
pub(crate) const PARTS: &str = "tributary_parts_total";
pub(crate) const SEGMENTS: &str = "tributary_segments_total";
pub(crate) const SESSIONS: &str = "tributary_sessions_total";
pub(crate) const PUBLISHERS_LOST: &str = "tributary_publishers_lost_total";
pub(crate) const PUBLISHERS_REFUSED: &str = "tributary_publishers_refused_total";
pub(crate) const RECORDING_FAILURES: &str = "tributary_recording_failures_total";
pub(crate) const PICTURES: &str = "tributary_pictures_total";
pub(crate) const WAITING: &str = "tributary_waiting_requests";
pub(crate) const WAITS: &str = "tributary_waits_total";
const DELIVERIES_QUEUED: &str = "tributary_deliveries_queued";
const DELIVERIES_GIVEN_UP: &str = "tributary_deliveries_given_up";
const UNREACHABLE: &str = "tributary_unreachable_instances";
const INBOX_WAITING: &str = "tributary_inbox_waiting";
const JOBS: &str = "tributary_jobs";
const STREAMS: &str = "tributary_streams";
const VIEWERS: &str = "tributary_viewers";
const LATE: &str = "tributary_publisher_late_seconds";
const BITRATE: &str = "tributary_publisher_bits_per_second";
const FPS: &str = "tributary_publisher_frames_per_second";
const DROPPED: &str = "tributary_publisher_dropped_frames";

/// Installs the recorder; once per process.
pub(crate) fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new().install_recorder()?;
    describe_counter!(BYTES_IN, "Bytes received from publishers");
    describe_counter!(BYTES_OUT, "Bytes of parts, segments and files sent to viewers");
    describe_counter!(PARTS, "Parts closed");
    describe_counter!(SEGMENTS, "Segments closed");
    describe_counter!(SESSIONS, "Times a live went on air");
    describe_counter!(PUBLISHERS_LOST, "Publishers whose connection broke");
    describe_counter!(PUBLISHERS_REFUSED, "Publishers turned away, by reason");
    describe_counter!(RECORDING_FAILURES, "Recordings stopped by a full or broken disk");
    describe_counter!(PICTURES, "Pictures of lives and replays, drawn or not, by result");
    describe_counter!(WAITS, "Playlist and part requests that waited for the live edge");
    describe_counter!(
        federation::deliver::DELIVERIES,
        "Activities posted to other servers, by result: ok, failed (to be tried again), dropped"
    );
    describe_gauge!(DELIVERIES_QUEUED, "Deliveries to other servers that wait");
    describe_gauge!(DELIVERIES_GIVEN_UP, "Deliveries given up in the last days");
    describe_gauge!(
        UNREACHABLE,
        "Other servers that failed last and have deliveries waiting"
    );
    describe_counter!(
        federation::inbox::ACTIVITIES,
        "Activities posted by other servers, by outcome: stored, known, ignored, refused, busy (to come again)"
    );
    describe_gauge!(
        INBOX_WAITING,
        "Activities of other servers that wait to be worked off"
    );
    describe_gauge!(JOBS, "Jobs, by state: waiting or failed");
    describe_gauge!(WAITING, "Playlist and part requests waiting now");
    describe_gauge!(STREAMS, "Lives on air, by state");
    describe_gauge!(VIEWERS, "People watching now");
    describe_gauge!(
        LATE,
        "How much later than real time the newest frame of a publisher came"
    );
    describe_gauge!(BITRATE, "Bits per second received from a publisher");
    describe_gauge!(FPS, "Pictures per second received from a publisher");
    describe_gauge!(DROPPED, "Pictures missing in a publisher's timestamps");
    Ok(handle)
}

/// `GET /metrics`.
pub(crate) async fn show(
    State((app, handle)): State<(App, PrometheusHandle)>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if !allowed(&app.config.metrics.token, peer, &headers) {
        return (
            StatusCode::FORBIDDEN,
            "set metrics.token and send it as a bearer token\n",
        )
            .into_response();
    }
    observe(&app);
    if let Err(error) = observe_queues(&app.db).await {
        tracing::warn!(%error, "cannot count what waits");
    }
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        handle.render(),
    )
        .into_response()
}

/// Without a token only this machine may ask, and not somebody else through its reverse proxy.
fn allowed(token: &str, peer: SocketAddr, headers: &HeaderMap) -> bool {
    if token.is_empty() {
        return peer.ip().is_loopback() && !headers.contains_key("x-forwarded-for");
    }
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.strip_prefix("Bearer "));
    given.is_some_and(|given| crate::auth::same_secret(given, token))
}

/// Gauges of what is on air. Streams are named by their video, never by their key.
fn observe(app: &App) {
    let on_air = app.lives.on_air();
    gauge!(STREAMS).set(f64::from(u32::try_from(on_air.len()).unwrap_or(u32::MAX)));
    gauge!(VIEWERS).set(float(app.viewers.total()));
    for live in on_air {
        let video = live.uuid.to_string();
        let health = live
            .health
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let recent = health.recent();
        gauge!(BITRATE, "video" => video.clone()).set(float(recent.bitrate));
        gauge!(FPS, "video" => video.clone()).set(recent.fps);
        gauge!(DROPPED, "video" => video.clone()).set(float(health.dropped_frames));
        gauge!(LATE, "video" => video).set(float(u64::try_from(health.late_ms).unwrap_or(0)) / 1_000.0);
    }
}

/// Gauges of what waits in the database.
async fn observe_queues(db: &Db) -> Result<(), db::Error> {
    let (deliveries, (waiting, failed)) = (Delivery::counts(db).await?, Job::counts(db).await?);
    for (name, count) in [
        (DELIVERIES_QUEUED, deliveries.queued),
        (DELIVERIES_GIVEN_UP, deliveries.given_up),
        (UNREACHABLE, deliveries.unreachable),
        (INBOX_WAITING, InboxActivity::waiting(db).await?),
    ] {
        gauge!(name).set(float(count.unsigned_abs()));
    }
    gauge!(JOBS, "state" => "waiting").set(float(waiting.unsigned_abs()));
    gauge!(JOBS, "state" => "failed").set(float(failed.unsigned_abs()));
    Ok(())
}

/// Prometheus knows only floats; what is beyond 2^32 here is a mistake anyway.
fn float(n: u64) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
