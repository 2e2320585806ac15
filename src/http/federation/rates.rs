//! Likes and dislikes as other servers read them.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use db::{Page, Privacy, Rate, Rating, Video};
use federation::activity::rate;
use federation::object::collection::{self, PAGE_SIZE};
use serde_json::json;

use super::collections::Part;
use super::videos::visible;
use super::{find_account, object, site};
use crate::app::App;
use crate::http::error::ApiError;

/// `GET /videos/watch/{id}/likes`
pub(super) async fn likes(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(part): Query<Part>,
) -> Result<Response, ApiError> {
    of_video(&app, &id, Rating::Like, &part).await
}

/// `GET /videos/watch/{id}/dislikes`
pub(super) async fn dislikes(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(part): Query<Part>,
) -> Result<Response, ApiError> {
    of_video(&app, &id, Rating::Dislike, &part).await
}

async fn of_video(app: &App, id: &str, rating: Rating, part: &Part) -> Result<Response, ApiError> {
    let video = visible(app, id).await?;
    let (name, total) = match rating {
        Rating::Like => ("likes", video.likes),
        Rating::Dislike => ("dislikes", video.dislikes),
    };
    let id = format!("{}/{name}", site(app).video(&video));
    let Some(number) = part.number() else {
        return Ok(object(&collection::paged(&id, total)));
    };
    let page = Page {
        start: (number - 1) * PAGE_SIZE,
        count: PAGE_SIZE,
        skip_total: true,
    };
    let rates = Rate::of_video(&app.db, video.id, rating, page).await?.data;
    let member = |made: Rate| {
        let own = || rate::id(&made.actor, video.id, rating, site(app));
        json!(made.url.clone().unwrap_or_else(own))
    };
    let members = rates.into_iter().map(member).collect();
    Ok(object(&collection::page(&id, number, total, members)))
}

/// `GET /accounts/{name}/likes/{video}`
pub(super) async fn like(
    State(app): State<App>,
    Path((name, video_id)): Path<(String, i64)>,
) -> Result<Response, ApiError> {
    of_account(&app, &name, video_id, Rating::Like).await
}

/// `GET /accounts/{name}/dislikes/{video}`
pub(super) async fn dislike(
    State(app): State<App>,
    Path((name, video_id)): Path<(String, i64)>,
) -> Result<Response, ApiError> {
    of_account(&app, &name, video_id, Rating::Dislike).await
}

async fn of_account(app: &App, name: &str, video_id: i64, rating: Rating) -> Result<Response, ApiError> {
    let not_rated = || ApiError::not_found("Account video rate not found");
    let account = find_account(app, name).await?;
    let video = Video::by_ref(&app.db, video_id).await?;
    let video = video
        .filter(|video| account.actor.is_local() && video.privacy == Privacy::Public)
        .ok_or_else(not_rated)?;
    match Rate::of(&app.db, account.id, video.id).await? {
        Some(made) if made == rating => Ok(object(&rate::object(&account, &video, rating, site(app)))),
        _ => Err(not_rated()),
    }
}
