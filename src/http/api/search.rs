//! Search by text among what is here, and by address or handle among what is anywhere.

use axum::Json;
use axum::extract::State;
use db::{Channel, Privacy, Video};
use federation::remote;
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

/// Videos whose name contains the text, or that have it as a tag; or the video with this address, from wherever it is.
#[utoipa::path(get, path = "/search/videos", tag = "Search", params(Paging, VideoQuery),
    responses((status = 200, body = Listed<ListedVideo>), (status = 400)))]
pub(crate) async fn videos(
    State(app): State<App>,
    viewer: Viewer,
    Query(paging): Query<Paging>,
    Query(query): Query<VideoQuery>,
) -> Result<Json<Listed<ListedVideo>>, ApiError> {
    if let Some(url) = query.url() {
        let found = by_url(&app, &viewer, url).await?;
        return Ok(Json(video_query::shape(&app, one(found), false)));
    }
    video_query::respond(&app, &viewer, &paging, &query, |_| {}).await
}

/// The video with this address. Only those who are signed in make us ask another server for it.
async fn by_url(app: &App, viewer: &Viewer, url: &str) -> Result<Option<Video>, ApiError> {
    let federation = &app.federation;
    let found = if let Some(local) = remote::video::local(federation, url).await? {
        Some(local)
    } else if viewer.signed_in.is_some() {
        told(remote::video::video(federation, url).await, url)?
    } else {
        Video::by_url(&app.db, url).await?
    };
    Ok(found.filter(|video| match video.privacy {
        Privacy::Public | Privacy::Unlisted => true,
        Privacy::Internal => viewer.signed_in.is_some(),
        Privacy::Private | Privacy::PasswordProtected => viewer.manages(video),
    }))
}

/// What cannot be found is not an error of the search.
fn told<T>(found: Result<T, federation::Error>, what: &str) -> Result<Option<T>, ApiError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(federation::Error::Database(error)) => Err(error.into()),
        Err(error) => {
            tracing::debug!(what, %error, "searched for in vain");
            Ok(None)
        }
    }
}

fn one<T>(found: Option<T>) -> db::List<T> {
    db::List {
        total: i64::from(found.is_some()),
        data: found.into_iter().collect(),
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChannelQuery {
    #[param(value_type = String)]
    search: Given<String>,
}

/// Channels with the text in one of their names; or the channel with this handle or address, from wherever it is.
#[utoipa::path(get, path = "/search/video-channels", tag = "Search", params(Paging, ChannelQuery),
    responses((status = 200, body = Listed<ChannelShape>), (status = 400)))]
pub(crate) async fn channels(
    State(app): State<App>,
    viewer: Viewer,
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
    let channels = match elsewhere(&search) {
        Some(whom) => one(by_handle(&app, &viewer, whom).await?),
        None => Channel::list(&app.db, None, Some(&search), newest_first, page).await?,
    };
    let site = Site::of(&app.config);
    Ok(Json(Listed::of(channels, |channel| {
        ChannelShape::full(&channel, &site)
    })))
}

/// A handle with a host, or an address.
fn elsewhere(search: &str) -> Option<&str> {
    let handle = search.strip_prefix('@').unwrap_or(search);
    let is_handle = handle
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    let is_url = search.starts_with("https://") || search.starts_with("http://");
    (is_url || is_handle).then_some(handle)
}

/// The channel that is meant. Only those who are signed in make us ask another server for it.
async fn by_handle(app: &App, viewer: &Viewer, whom: &str) -> Result<Option<Channel>, ApiError> {
    let federation = &app.federation;
    if viewer.signed_in.is_none() {
        let handle = db::Handle::parse(whom, &app.config.host());
        return Ok(Channel::by_handle(&app.db, &handle).await?);
    }
    match told(remote::actor::resolve(federation, whom).await, whom)? {
        Some(actor) => Ok(Channel::by_actor(&app.db, actor.id).await?),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::elsewhere;

    #[test]
    fn handles_and_addresses_are_not_text() {
        assert_eq!(elsewhere("@ana@tube.example"), Some("ana@tube.example"));
        assert_eq!(elsewhere("ana@tube.example:9000"), Some("ana@tube.example:9000"));
        assert_eq!(
            elsewhere("https://tube.example/c/ana"),
            Some("https://tube.example/c/ana")
        );
        for text in ["jazz", "@ana", "ana@", "a http://x"] {
            assert_eq!(elsewhere(text), None, "{text}");
        }
    }
}
