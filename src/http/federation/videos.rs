//! Videos as other servers read them, and their collections: who shared them, how many like them.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use db::{Actor, Live, Share, StreamingPlaylist, Video};
use federation::activity::video::{Involved, announce as announced};
use federation::object::{collection, video};
use serde_json::{Value, json};

use super::collections::Part;
use super::{object, site};
use crate::app::App;
use crate::http::api::constants;
use crate::http::error::ApiError;
use crate::http::extract::{self, Viewer};
use crate::http::pictures;
use crate::jobs::live_note;
use crate::storage::Picture;

/// Everything there is to say about a video of here.
pub(crate) async fn describe(app: &App, video: &Video) -> Result<Value, db::Error> {
    let site = site(app);
    let tags = Video::tags(&app.db, video.id).await?;
    let playlist = StreamingPlaylist::of_video(&app.db, video.id).await?;
    let live = if video.is_live {
        Live::by_video(&app.db, video.id).await?
    } else {
        None
    };
    let pictures = [Picture::Thumbnail, Picture::Preview].map(|picture| {
        let (width, height) = picture.size();
        let url = format!("{}{}", site.url, pictures::path(picture, video.uuid));
        video::Picture { url, width, height }
    });
    let facts = video::Facts {
        video,
        tags: &tags,
        live: live.as_ref().map(|live| &live.settings),
        playlist: playlist.as_ref(),
        category: video.category.and_then(constants::category),
        licence: video.licence.and_then(constants::licence),
        language: video.language.as_deref().and_then(constants::language),
        pictures: &pictures,
    };
    Ok(video::describe(&facts, site))
}

/// The video as a server sees it that nobody is signed in to: public ones, and unlisted ones by their UUID.
pub(super) async fn visible(app: &App, id: &str) -> Result<Video, ApiError> {
    extract::visible_video(app, &Viewer { signed_in: None }, id).await
}

pub(super) async fn video_object(app: &App, id: &str) -> Result<Response, ApiError> {
    let video = visible(app, id).await?;
    if let Some(url) = &video.url {
        return Ok(Redirect::to(url).into_response());
    }
    Ok(object(&describe(app, &video).await?))
}

/// `GET /videos/watch/{id}/{collection}`
pub(super) async fn video_collection(
    State(app): State<App>,
    Path((id, name)): Path<(String, String)>,
    Query(part): Query<Part>,
) -> Result<Response, ApiError> {
    let video = visible(&app, &id).await?;
    let id = format!("{}/{name}", site(&app).video(&video));
    match name.as_str() {
        "announces" => {
            let shares = Share::of_video(&app.db, video.id, part.rows()).await?;
            let shares = shares.map(|share| match share.url {
                Some(url) => json!(url),
                None => json!(format!("{id}/{}", share.actor.id)),
            });
            Ok(object(&match part.number() {
                Some(number) => collection::page(&id, number, shares.total, shares.data),
                None => collection::paged(&id, shares.total),
            }))
        }
        "chapters" => Ok(object(&collection::chapters(&id))),
        _ => Err(ApiError::not_found("Not found")),
    }
}

/// `GET /videos/watch/{id}/announces/{actor}`: what an actor here sent when it shared the video.
pub(super) async fn announce(
    State(app): State<App>,
    Path((id, actor_id)): Path<(String, i64)>,
) -> Result<Response, ApiError> {
    let not_shared = || ApiError::not_found("Nobody here shared this video");
    let video = visible(&app, &id).await?;
    Share::by_actor(&app.db, video.id, actor_id)
        .await?
        .filter(|share| share.actor.is_local() && video.is_local())
        .ok_or_else(not_shared)?;
    let actor = Actor::by_id(&app.db, actor_id).await?.ok_or_else(not_shared)?;
    let involved = Involved::of(&app.federation, &video).await?;
    let url = site(&app).actor(&actor);
    Ok(object(&announced(&video, actor_id, &url, &involved, site(&app))))
}

/// `GET /videos/watch/{id}/lives/{session}`: the post about one time on air.
pub(super) async fn live_note(
    State(app): State<App>,
    Path((id, session)): Path<(String, i64)>,
) -> Result<Response, ApiError> {
    let video = visible(&app, &id).await?;
    let told = live_note::load(&app, session).await?;
    let told = told.filter(|told| told.is_of(video.id));
    let told = told.ok_or_else(|| ApiError::not_found("This video had no such live"))?;
    Ok(object(&told.note().describe(site(&app))))
}
