//! Notifications of the signed-in user.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use db::{Comment, Follow, List, Notification, Page, Video};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::input::{Body, Check, Given, Query};
use super::paging::{Listed, Paging};
use super::shape::Site;
use super::shape::notification::NotificationShape;
pub(crate) use super::shape::notification::Told;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::SignedIn;

/// Notifications marked at a time.
const MAX_IDS: usize = 100;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct NotificationQuery {
    /// Only those that were not read.
    #[param(value_type = Option<bool>)]
    unread: Given<bool>,
}

/// What happened, newest first.
#[utoipa::path(get, path = "/users/me/notifications", tag = "Notifications", security(("token" = [])),
    params(Paging, NotificationQuery),
    responses((status = 200, body = Listed<NotificationShape>), (status = 400), (status = 401)))]
pub(crate) async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
    Query(query): Query<NotificationQuery>,
) -> Result<Json<Listed<NotificationShape>>, ApiError> {
    let mut check = Check::query();
    let page = paging.page(&mut check);
    let unread = check.flag("unread", &query.unread).unwrap_or(false);
    check.finish()?;
    let told = load(&app, signed_in.user().id, unread, page).await?;
    let site = Site::of(&app.config);
    Ok(Json(Listed::of(told, |told| {
        NotificationShape::new(&told, &site)
    })))
}

/// A page of notifications, each with what it is about.
pub(crate) async fn load(app: &App, user_id: i64, unread: bool, page: Page) -> Result<List<Told>, db::Error> {
    let found = Notification::list(&app.db, user_id, unread, page).await?;
    let mut data = Vec::with_capacity(found.data.len());
    for notification in found.data {
        let video = match notification.video_id {
            Some(id) => Video::by_ref(&app.db, id).await?,
            None => None,
        };
        let comment = match notification.comment_id {
            Some(id) => Comment::by_id(&app.db, id).await?,
            None => None,
        };
        let follow = match notification.follow_id {
            Some(id) => Follow::by_id(&app.db, id).await?,
            None => None,
        };
        data.push(Told {
            notification,
            video,
            comment,
            follow,
        });
    }
    Ok(List {
        total: found.total,
        data,
    })
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ReadInput {
    #[serde(default)]
    #[schema(value_type = Vec<i64>)]
    ids: Given<Vec<i64>>,
}

/// Marks some as read.
#[utoipa::path(post, path = "/users/me/notifications/read", tag = "Notifications", security(("token" = [])),
    request_body = ReadInput, responses((status = 204), (status = 400), (status = 401)))]
pub(crate) async fn read(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(input): Body<ReadInput>,
) -> Result<StatusCode, ApiError> {
    const MESSAGE: &str = "Should have a valid array of notification ids, 100 at most";
    let mut check = Check::body();
    let ids = check.value("ids", &input.ids, MESSAGE, |ids| {
        (1..=MAX_IDS).contains(&ids.len())
    });
    let ids = check.required("ids", ids, MESSAGE);
    let ids = check.finish_with(ids)?;
    mark(&app, signed_in.user().id, Some(&ids)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Marks all as read.
#[utoipa::path(post, path = "/users/me/notifications/read-all", tag = "Notifications", security(("token" = [])),
    responses((status = 204), (status = 401)))]
pub(crate) async fn read_all(State(app): State<App>, signed_in: SignedIn) -> Result<StatusCode, ApiError> {
    mark(&app, signed_in.user().id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Marks these as read, or all.
pub(crate) async fn mark(app: &App, user_id: i64, ids: Option<&[i64]>) -> Result<(), db::Error> {
    let mut tx = app.db.begin().await?;
    Notification::mark_read(&mut tx, user_id, ids).await?;
    tx.commit().await
}
