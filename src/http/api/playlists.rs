//! Playlists: those of other servers, which are received with what they follow. None are made here yet.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use db::{Account, Channel, Handle, List, ListedPlaylist, Page, PlaylistOf, Privacy, Video, VideoRef};
use serde::Deserialize;
use utoipa::IntoParams;

use super::input::{Check, Given, Query};
use super::paging::{Listed, Paging};
use super::shape::Site;
use super::shape::playlist::{ElementShape, PRIVACIES, PlaylistShape};
use super::shape::video::ListedVideo;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{self, Viewer};

const MAX_SEARCH_CHARS: usize = 200;

async fn find(app: &App, id: &str) -> Result<ListedPlaylist, ApiError> {
    let reference: VideoRef = id.parse().map_err(|_| extract::wrong_id(id))?;
    let playlist = ListedPlaylist::by_ref(&app.db, reference).await?;
    // Whoever has the link may look; numbers can be counted through.
    let may_look = |playlist: &ListedPlaylist| match playlist.privacy {
        Privacy::Public => true,
        Privacy::Unlisted => !matches!(reference, VideoRef::Id(_)),
        _ => false,
    };
    playlist
        .filter(may_look)
        .ok_or_else(|| ApiError::not_found("Video playlist not found"))
}

/// `None` if its owner is gone meanwhile.
async fn shape(app: &App, playlist: &ListedPlaylist) -> Result<Option<PlaylistShape>, ApiError> {
    let Some(account) = Account::by_id(&app.db, playlist.playlist.account_id).await? else {
        return Ok(None);
    };
    let channel = match playlist.playlist.channel_id {
        Some(id) => Channel::by_id(&app.db, id).await?,
        None => None,
    };
    let site = Site::of(&app.config);
    Ok(Some(PlaylistShape::new(
        playlist,
        &account,
        channel.as_ref(),
        &site,
    )))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct PlaylistQuery {
    /// Part of the name.
    #[param(value_type = Option<String>)]
    search: Given<String>,
}

async fn respond(
    app: &App,
    of: PlaylistOf,
    paging: &Paging,
    query: &PlaylistQuery,
) -> Result<Json<Listed<PlaylistShape>>, ApiError> {
    let (page, ((), newest_first)) = paging.read(
        "-updatedAt",
        &[("updatedAt", ()), ("createdAt", ()), ("displayName", ())],
    )?;
    let mut check = Check::query();
    let search = check.text(
        "search",
        &query.search,
        0..=MAX_SEARCH_CHARS,
        "Should have a shorter search",
    );
    check.finish()?;
    let search = search.as_deref().filter(|search| !search.is_empty());
    let list = ListedPlaylist::list(&app.db, of, search, newest_first, page).await?;
    let mut data = Vec::with_capacity(list.data.len());
    for playlist in &list.data {
        data.extend(shape(app, playlist).await?);
    }
    Ok(Json(Listed {
        total: list.total,
        data,
    }))
}

/// Public playlists, those changed last first.
#[utoipa::path(get, path = "/video-playlists", tag = "Video Playlists", params(Paging, PlaylistQuery),
    responses((status = 200, body = Listed<PlaylistShape>), (status = 400)))]
pub(crate) async fn list(
    State(app): State<App>,
    Query(paging): Query<Paging>,
    Query(query): Query<PlaylistQuery>,
) -> Result<Json<Listed<PlaylistShape>>, ApiError> {
    respond(&app, PlaylistOf::Everyone, &paging, &query).await
}

/// Public playlists of an account.
#[utoipa::path(get, path = "/accounts/{handle}/video-playlists", tag = "Accounts",
    params(("handle" = String, Path, description = "`name` or `name@host`"), Paging, PlaylistQuery),
    responses((status = 200, body = Listed<PlaylistShape>), (status = 400), (status = 404)))]
pub(crate) async fn of_account(
    State(app): State<App>,
    Path(handle): Path<String>,
    Query(paging): Query<Paging>,
    Query(query): Query<PlaylistQuery>,
) -> Result<Json<Listed<PlaylistShape>>, ApiError> {
    let account = Account::by_handle(&app.db, &Handle::parse(&handle, &app.config.host())).await?;
    let account = account.ok_or_else(|| ApiError::not_found("Account not found"))?;
    respond(&app, PlaylistOf::Account(account.id), &paging, &query).await
}

/// Public playlists of a channel.
#[utoipa::path(get, path = "/video-channels/{handle}/video-playlists", tag = "Video channels",
    params(("handle" = String, Path, description = "`name` or `name@host`"), Paging, PlaylistQuery),
    responses((status = 200, body = Listed<PlaylistShape>), (status = 400), (status = 404)))]
pub(crate) async fn of_channel(
    State(app): State<App>,
    Path(handle): Path<String>,
    Query(paging): Query<Paging>,
    Query(query): Query<PlaylistQuery>,
) -> Result<Json<Listed<PlaylistShape>>, ApiError> {
    let channel = Channel::by_handle(&app.db, &Handle::parse(&handle, &app.config.host())).await?;
    let channel = channel.ok_or_else(|| ApiError::not_found("Video channel not found"))?;
    respond(&app, PlaylistOf::Channel(channel.id), &paging, &query).await
}

/// Who a playlist can be for.
#[utoipa::path(get, path = "/video-playlists/privacies", tag = "Video Playlists",
    responses((status = 200, body = BTreeMap<String, String>)))]
pub(crate) async fn privacies() -> Json<BTreeMap<String, String>> {
    let named = |(id, label): (i64, &str)| (id.to_string(), label.to_owned());
    Json(PRIVACIES.into_iter().map(named).collect())
}

/// One playlist.
#[utoipa::path(get, path = "/video-playlists/{id}", tag = "Video Playlists",
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 200, body = PlaylistShape), (status = 400), (status = 404)))]
pub(crate) async fn get(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<PlaylistShape>, ApiError> {
    let playlist = find(&app, &id).await?;
    let shape = shape(&app, &playlist).await?;
    shape
        .map(Json)
        .ok_or_else(|| ApiError::not_found("Video playlist not found"))
}

/// What is in a playlist, in its order.
#[utoipa::path(get, path = "/video-playlists/{id}/videos", tag = "Video Playlists",
    params(("id" = String, Path, description = "Id, UUID or short UUID"), Paging),
    responses((status = 200, body = Listed<ElementShape>), (status = 400), (status = 404)))]
pub(crate) async fn elements(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<ElementShape>>, ApiError> {
    let mut check = Check::query();
    let page: Page = paging.page(&mut check);
    check.finish()?;
    let playlist = find(&app, &id).await?;
    let List { total, data: items } = playlist.items(&app.db, page).await?;
    let site = Site::of(&app.config);
    let mut data = Vec::with_capacity(items.len());
    for item in &items {
        let video = match item.video_id {
            Some(id) => Video::by_ref(&app.db, id).await?,
            None => None,
        };
        let shown = video.filter(|video| match video.privacy {
            Privacy::Public | Privacy::Unlisted => true,
            Privacy::Internal => viewer.signed_in.is_some(),
            Privacy::Private | Privacy::PasswordProtected => viewer.manages(video),
        });
        let shown = shown.map(|video| ListedVideo::new(&video, app.viewers.count(video.uuid), false, &site));
        data.push(ElementShape::new(item, shown));
    }
    Ok(Json(Listed { total, data }))
}
