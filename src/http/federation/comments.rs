//! Comments as other servers read them: the comments of a video, and each of those written here with what was sent of it.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use db::{Comment, CommentFilter, Page, Reader, Video};
use federation::activity::comment as activity;
use federation::object::collection::{self, PAGE_SIZE};
use federation::object::comment::{note, tombstone};
use serde_json::json;

use super::collections::Part;
use super::videos::visible;
use super::{object, site, vary_by_accept, wants_object};
use crate::app::App;
use crate::http::error::ApiError;

/// `GET /videos/watch/{id}/comments`
pub(super) async fn of_video(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(part): Query<Part>,
) -> Result<Response, ApiError> {
    let video = visible(&app, &id).await?;
    let id = format!("{}/comments", site(&app).video(&video));
    let number = part.number();
    let Some(number) = number else {
        return Ok(object(&collection::paged(&id, video.comments)));
    };
    let filter = CommentFilter {
        video_id: Some(video.id),
        ..CommentFilter::default()
    };
    let page = Page {
        start: (number - 1) * PAGE_SIZE,
        count: PAGE_SIZE,
        skip_total: true,
    };
    let comments = Comment::list(&app.db, &filter, Reader::default(), page)
        .await?
        .data;
    let members = comments.iter().map(|comment| json!(site(&app).comment(comment)));
    let page = collection::page(&id, number, video.comments, members.collect());
    Ok(object(&page))
}

/// `GET /videos/watch/{id}/comments/{comment}`: the Note, what is left of it, or where people read it.
pub(super) async fn comment(
    State(app): State<App>,
    Path((id, comment_id)): Path<(String, i64)>,
    headers: axum::http::HeaderMap,
) -> Result<Response, ApiError> {
    let (video, comment) = find(&app, &id, comment_id).await?;
    let mut response = if wants_object(&headers) {
        shown(&app, &video, &comment).await?
    } else {
        Redirect::to(&format!("/w/{}#comment-{}", video.uuid.short(), comment.id)).into_response()
    };
    vary_by_accept(&mut response);
    Ok(response)
}

async fn shown(app: &App, video: &Video, comment: &Comment) -> Result<Response, ApiError> {
    if let Some(url) = &comment.url {
        return Ok(Redirect::to(url).into_response());
    }
    let ancestors = Comment::ancestors(&app.db, comment.id).await?;
    if comment.is_deleted() {
        let left = tombstone(comment, video, &ancestors, site(app));
        // ActivityPub 6.4: a Tombstone comes with 410; PeerTube sends, and reads, it with 200.
        return Ok((StatusCode::OK, object(&left)).into_response());
    }
    if comment.held && video.is_local() {
        return Err(no_comment());
    }
    Ok(object(&note(comment, video, &ancestors, site(app))))
}

/// `GET /videos/watch/{id}/comments/{comment}/{part}`: `activity`, the Create; `approve-reply`, the ApproveReply.
pub(super) async fn sent(
    State(app): State<App>,
    Path((id, comment_id, part)): Path<(String, i64, String)>,
) -> Result<Response, ApiError> {
    let (video, comment) = find(&app, &id, comment_id).await?;
    if comment.is_deleted() || (comment.held && video.is_local()) {
        return Err(no_comment());
    }
    let site = site(&app);
    let told = match part.as_str() {
        "activity" if comment.is_local() => {
            let ancestors = Comment::ancestors(&app.db, comment.id).await?;
            activity::create(&comment, &video, &ancestors, site)
        }
        "approve-reply" if video.is_local() => {
            activity::approval(&video, comment.id, &site.comment(&comment), site)
        }
        _ => return Err(no_comment()),
    };
    Ok(object(&told))
}

fn no_comment() -> ApiError {
    ApiError::not_found("Video comment not found")
}

async fn find(app: &App, id: &str, comment_id: i64) -> Result<(Video, Comment), ApiError> {
    let video = visible(app, id).await?;
    let comment = Comment::by_id(&app.db, comment_id).await?;
    let comment = comment.filter(|comment| comment.video.id == video.id);
    Ok((video, comment.ok_or_else(no_comment)?))
}
