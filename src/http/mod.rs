//! Every address of the server, on one page.

pub(crate) mod api;
mod error;
mod events;
mod extract;
pub(crate) mod federation;
mod feeds;
mod health;
mod limit;
mod listener;
pub(crate) mod metrics;
pub(crate) mod pictures;
mod remote_files;
mod ui;
mod watch;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::get;
use tower::Layer;
use tower_http::cors::CorsLayer;
use tower_http::normalize_path::NormalizePathLayer;

use crate::app::App;

pub(crate) use limit::Limits;
pub(crate) use listener::Listener;
pub(crate) use metrics::install as install_metrics;
pub(crate) use ui::{AssetsError, check_assets};

/// Bodies of API and form requests; uploads have limits of their own (PeerTube: 500 kB).
const BODY_LIMIT_BYTES: usize = 500_000;

pub(crate) fn router(app: App, metrics: metrics_exporter_prometheus::PrometheusHandle) -> Router {
    let media = Router::new()
        .route(
            "/static/streaming-playlists/hls/{uuid}/{file}",
            get(watch::public),
        )
        .route(
            "/static/streaming-playlists/hls/private/{uuid}/{file}",
            get(watch::private),
        )
        .route("/lazy-static/thumbnails/{file}", get(pictures::thumbnail))
        .route("/lazy-static/previews/{file}", get(pictures::preview))
        .route("/lazy-static/video-captions/{file}", get(remote_files::captions))
        .route("/lazy-static/storyboards/{file}", get(remote_files::storyboard))
        .route("/lazy-static/avatars/{id}", get(remote_files::avatar))
        .layer(CorsLayer::permissive());
    // Express, which PeerTube is made with, overlooks a slash at the end, and yt-dlp writes one.
    let api =
        NormalizePathLayer::trim_trailing_slash().layer(api::router(app.clone()).with_state(app.clone()));
    Router::new()
        .merge(media)
        .nest_service("/api/v1", api)
        .merge(federation::router(app.clone()))
        .merge(feeds::router(app.clone()))
        .merge(
            ui::router(app.clone()).layer(middleware::from_fn_with_state(app.clone(), federation::negotiate)),
        )
        .route("/metrics", get(metrics::show).with_state((app.clone(), metrics)))
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .with_state(app)
}
