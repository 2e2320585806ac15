//! Likes and dislikes.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use db::{Account, Handle, Rate, Rating};
use federation::activity::rate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::channels;
use super::input::{Body, Check, Given, Query};
use super::paging::{Listed, Paging};
use super::shape::Site;
use super::shape::video::VideoShape;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{self, SignedIn, Viewer};

const MESSAGE: &str = "Should have a valid rate: like, dislike or none";

/// PeerTube's words; `None`: none of them.
pub(crate) fn parse(text: &str) -> Option<Option<Rating>> {
    match text {
        "like" => Some(Some(Rating::Like)),
        "dislike" => Some(Some(Rating::Dislike)),
        "none" => Some(None),
        _ => None,
    }
}

fn name(rating: Option<Rating>) -> &'static str {
    match rating {
        Some(Rating::Like) => "like",
        Some(Rating::Dislike) => "dislike",
        None => "none",
    }
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct RateInput {
    /// `like`, `dislike` or `none`.
    #[serde(default)]
    #[schema(value_type = String)]
    rating: Given<String>,
}

/// Likes or dislikes a video, or neither.
#[utoipa::path(put, path = "/videos/{id}/rate", tag = "Rates", security(("token" = [])),
    params(("id" = String, Path, description = "Id, UUID or short UUID")), request_body = RateInput,
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn put(
    State(app): State<App>,
    viewer: Viewer,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Body(input): Body<RateInput>,
) -> Result<StatusCode, ApiError> {
    let video = extract::visible_video(&app, &viewer, &id).await?;
    let mut check = Check::body();
    let rating = check.value("rating", &input.rating, MESSAGE, |text| parse(text).is_some());
    let rating = check.required("rating", rating.as_deref().and_then(parse), MESSAGE);
    let rating = check.finish_with(rating)?;
    let account = channels::account(&app, signed_in.user()).await?;
    rate::rate(&app.federation, &account, &video, rating).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MyRating {
    video_id: i64,
    /// `like`, `dislike` or `none`.
    rating: &'static str,
}

/// What one thinks of a video.
#[utoipa::path(get, path = "/users/me/videos/{id}/rating", tag = "Rates", security(("token" = [])),
    params(("id" = String, Path, description = "Id, UUID or short UUID")),
    responses((status = 200, body = MyRating), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn mine(
    State(app): State<App>,
    viewer: Viewer,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<MyRating>, ApiError> {
    let video = extract::visible_video(&app, &viewer, &id).await?;
    let account = channels::account(&app, signed_in.user()).await?;
    Ok(Json(MyRating {
        video_id: video.id,
        rating: name(Rate::of(&app.db, account.id, video.id).await?),
    }))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct RateQuery {
    /// `like` or `dislike`; both if not said.
    #[param(value_type = Option<String>)]
    rating: Given<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountRating {
    video: VideoShape,
    rating: &'static str,
}

/// What an account likes and dislikes. Everyone sees their own only.
#[utoipa::path(get, path = "/accounts/{handle}/ratings", tag = "Rates", security(("token" = [])),
    params(("handle" = String, Path, description = "`name`"), Paging, RateQuery),
    responses((status = 200, body = Listed<AccountRating>), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn of_account(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(handle): Path<String>,
    Query(paging): Query<Paging>,
    Query(query): Query<RateQuery>,
) -> Result<Json<Listed<AccountRating>>, ApiError> {
    let mut check = Check::query();
    let page = paging.page(&mut check);
    let rating = check.value("rating", &query.rating, MESSAGE, |text| {
        matches!(parse(text), Some(Some(_)))
    });
    check.finish()?;
    let handle = Handle::parse(&handle, &app.config.host());
    let account = Account::by_handle(&app.db, &handle).await?;
    let account = account.ok_or_else(|| ApiError::not_found("Account not found"))?;
    if account.user_id != Some(signed_in.user().id) {
        return Err(ApiError::forbidden("Only the account of this user"));
    }
    let rating = rating.as_deref().and_then(parse).flatten();
    let rated = Rate::of_account(&app.db, account.id, rating, page).await?;
    let site = Site::of(&app.config);
    Ok(Json(Listed::of(rated, |(rating, video)| AccountRating {
        video: VideoShape::new(&video, app.viewers.count(video.uuid), &site),
        rating: name(Some(rating)),
    })))
}
