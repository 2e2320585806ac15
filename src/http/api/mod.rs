//! (temporary, the API engineer replaces this file)
pub(crate) fn router(_: crate::app::App) -> axum::Router<crate::app::App> {
    axum::Router::new()
        .route("/ping", axum::routing::get(|| async { "pong" }))
        .route(
            "/videos/{id}/events",
            axum::routing::get(crate::http::events::follow),
        )
}
