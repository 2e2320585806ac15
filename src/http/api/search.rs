//! Search by text among what is here.

use axum::Json;
use axum::extract::State;
use db::Channel;
use serde::Deserialize;
use utoipa::IntoParams;

use super::input::{Check, Given, Query};
use super::paging::{Listed, Paging};
use super::shape::Site;
use super::shape::actor::ChannelShape;
use super::shape::video::ListedVideo;
use super::video_query::{self, VideoQuery};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::Viewer;

/// Videos whose name contains the text, or that have it as a tag.
#[utoipa::path(get, path = "/search/videos", tag = "Search", params(Paging, VideoQuery),
    responses((status = 200, body = Listed<ListedVideo>), (status = 400)))]
pub(crate) async fn videos(
    State(app): State<App>,
    viewer: Viewer,
    Query(paging): Query<Paging>,
    Query(query): Query<VideoQuery>,
) -> Result<Json<Listed<ListedVideo>>, ApiError> {
    video_query::respond(&app, &viewer, &paging, &query, |_| {}).await
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChannelQuery {
    #[param(value_type = String)]
    search: Given<String>,
}

/// Channels with the text in one of their names.
#[utoipa::path(get, path = "/search/video-channels", tag = "Search", params(Paging, ChannelQuery),
    responses((status = 200, body = Listed<ChannelShape>), (status = 400)))]
pub(crate) async fn channels(
    State(app): State<App>,
    Query(paging): Query<Paging>,
    Query(query): Query<ChannelQuery>,
) -> Result<Json<Listed<ChannelShape>>, ApiError> {
    let (page, ((), newest_first)) =
        paging.read("-match", &[("match", ()), ("createdAt", ()), ("displayName", ())])?;
    let mut check = Check::query();
    let search = check.text(
        "search",
        &query.search,
        1..=200,
        "Should have a search of 1 to 200 characters",
    );
    let search = check.required("search", search, "Should have a search of 1 to 200 characters");
    let search = check.finish_with(search)?;
    let site = Site::of(&app.config);
    let channels = Channel::list(&app.db, None, Some(&search), newest_first, page).await?;
    Ok(Json(Listed::of(channels, |channel| {
        ChannelShape::full(&channel, &site)
    })))
}
