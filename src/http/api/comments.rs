//! Comments on videos: threads, replies, and what waits for approval.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use db::{Comment, CommentFilter, CommentsPolicy, Reader, ThreadSort, Video};
use federation::activity::comment;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::channels;
use super::input::{Body, Check, Given, Query};
use super::paging::{Listed, Paging};
use super::shape::Site;
use super::shape::comment::{CommentShape, CommentTree, ManagedComment};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{self, SignedIn, Viewer};

/// PeerTube's bound.
pub(crate) const MAX_CHARS: usize = 10_000;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommentThreads {
    total: i64,
    total_not_deleted_comments: i64,
    data: Vec<CommentShape>,
}

/// Threads under a video, newest first.
#[utoipa::path(get, path = "/videos/{id}/comment-threads", tag = "Comments",
    params(("id" = String, Path, description = "Id, UUID or short UUID"), Paging),
    responses((status = 200, body = CommentThreads), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn threads(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<Json<CommentThreads>, ApiError> {
    let orders = [("createdAt", false), ("totalReplies", true)];
    let (page, (by_replies, descending)) = paging.read("-createdAt", &orders)?;
    let sort = match (by_replies, descending) {
        (true, _) => ThreadSort::MostReplies,
        (false, true) => ThreadSort::Newest,
        (false, false) => ThreadSort::Oldest,
    };
    let video = extract::visible_video(&app, &viewer, &id).await?;
    let reader = reader(&app, &viewer, &video).await?;
    let found = Comment::threads(&app.db, video.id, reader, sort, page).await?;
    let site = Site::of(&app.config);
    let shape = |thread| CommentShape::of_thread(&thread, url(&app, &thread.comment), &site);
    Ok(Json(CommentThreads {
        total: found.threads.total,
        total_not_deleted_comments: found.comments,
        data: found.threads.data.into_iter().map(shape).collect(),
    }))
}

/// One thread with all its replies.
#[utoipa::path(get, path = "/videos/{id}/comment-threads/{thread}", tag = "Comments",
    params(("id" = String, Path, description = "Id, UUID or short UUID"), ("thread" = i64, Path, description = "Its first comment")),
    responses((status = 200, body = CommentTree), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn thread(
    State(app): State<App>,
    viewer: Viewer,
    Path((id, thread_id)): Path<(String, String)>,
) -> Result<Json<CommentTree>, ApiError> {
    let video = extract::visible_video(&app, &viewer, &id).await?;
    let reader = reader(&app, &viewer, &video).await?;
    let root = find(&app, &video, &thread_id).await?;
    let is_own = root.account.as_ref().map(|account| account.id) == reader.account_id;
    if root.thread_id.is_some() || (root.held && !reader.manages && !is_own) {
        return Err(no_comment());
    }
    let replies = Comment::replies(&app.db, &[root.id], reader).await?;
    let site = Site::of(&app.config);
    let shape = |comment: &Comment| CommentShape::new(comment, url(&app, comment), &site);
    let tree = CommentTree::grow(shape(&root), replies.iter().map(shape).collect());
    Ok(Json(tree))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct CommentInput {
    /// Markdown.
    #[serde(default)]
    #[schema(value_type = String, max_length = 10_000)]
    text: Given<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewComment {
    comment: CommentShape,
}

/// Begins a thread.
#[utoipa::path(post, path = "/videos/{id}/comment-threads", tag = "Comments", security(("token" = [])),
    params(("id" = String, Path, description = "Id, UUID or short UUID")), request_body = CommentInput,
    responses((status = 200, body = NewComment), (status = 400), (status = 401), (status = 403), (status = 404),
        (status = 409, description = "Nobody can comment on this video")))]
pub(crate) async fn begin(
    State(app): State<App>,
    viewer: Viewer,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Body(input): Body<CommentInput>,
) -> Result<Json<NewComment>, ApiError> {
    let video = extract::visible_video(&app, &viewer, &id).await?;
    publish(&app, &signed_in, &video, None, &input).await
}

/// Answers a comment.
#[utoipa::path(post, path = "/videos/{id}/comments/{comment}", tag = "Comments", security(("token" = [])),
    params(("id" = String, Path, description = "Id, UUID or short UUID"), ("comment" = i64, Path)),
    request_body = CommentInput,
    responses((status = 200, body = NewComment), (status = 400), (status = 401), (status = 403), (status = 404),
        (status = 409, description = "Nobody can comment on this video")))]
pub(crate) async fn reply(
    State(app): State<App>,
    viewer: Viewer,
    signed_in: SignedIn,
    Path((id, comment_id)): Path<(String, String)>,
    Body(input): Body<CommentInput>,
) -> Result<Json<NewComment>, ApiError> {
    let video = extract::visible_video(&app, &viewer, &id).await?;
    let parent = find(&app, &video, &comment_id).await?;
    publish(&app, &signed_in, &video, Some(&parent), &input).await
}

async fn publish(
    app: &App,
    signed_in: &SignedIn,
    video: &Video,
    parent: Option<&Comment>,
    input: &CommentInput,
) -> Result<Json<NewComment>, ApiError> {
    const MESSAGE: &str = "Should have a comment between 1 and 10000 characters long";
    let mut check = Check::body();
    let text = check.text("text", &input.text, 1..=MAX_CHARS, MESSAGE);
    let text = check.required("text", text, MESSAGE);
    let text = check.finish_with(text)?;
    if video.comments_policy == CommentsPolicy::Disabled {
        return Err(ApiError::conflict("Video comments are disabled for this video."));
    }
    let author = channels::account(app, signed_in.user()).await?;
    let said = comment::publish(&app.federation, &author, video, parent, &text).await?;
    Ok(Json(NewComment {
        comment: CommentShape::new(&said, url(app, &said), &Site::of(&app.config)),
    }))
}

/// Deletes a comment: one's own, or any on one's own video.
#[utoipa::path(delete, path = "/videos/{id}/comments/{comment}", tag = "Comments", security(("token" = [])),
    params(("id" = String, Path, description = "Id, UUID or short UUID"), ("comment" = i64, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn delete(
    State(app): State<App>,
    viewer: Viewer,
    signed_in: SignedIn,
    Path((id, comment_id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let video = extract::visible_video(&app, &viewer, &id).await?;
    let said = find(&app, &video, &comment_id).await?;
    if !said.belongs_to(signed_in.user().id) && !viewer.manages(&video) {
        return Err(ApiError::forbidden("Cannot remove video comment of another user"));
    }
    comment::remove(&app.federation, &said, &video).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows a comment that waits for it.
#[utoipa::path(post, path = "/videos/{id}/comments/{comment}/approve", tag = "Comments", security(("token" = [])),
    params(("id" = String, Path, description = "Id, UUID or short UUID"), ("comment" = i64, Path)),
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn approve(
    State(app): State<App>,
    signed_in: SignedIn,
    Path((id, comment_id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let video = extract::managed_video(&app, signed_in.user(), &id).await?;
    let said = find(&app, &video, &comment_id).await?;
    if !said.held {
        return Err(ApiError::bad_request("Comment is not held for review"));
    }
    comment::approve(&app.federation, &said, &video).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct CommentQuery {
    /// Part of the text.
    #[param(value_type = Option<String>)]
    search: Given<String>,
    #[param(value_type = Option<bool>)]
    is_held_for_review: Given<bool>,
    #[param(value_type = Option<bool>)]
    is_local: Given<bool>,
    #[param(value_type = Option<i64>)]
    video_id: Given<i64>,
    #[param(value_type = Option<i64>)]
    video_channel_id: Given<i64>,
}

/// Comments on one's own videos, newest first.
#[utoipa::path(get, path = "/users/me/videos/comments", tag = "Comments", security(("token" = [])),
    params(Paging, CommentQuery), responses((status = 200, body = Listed<ManagedComment>), (status = 400), (status = 401)))]
pub(crate) async fn on_mine(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
    Query(query): Query<CommentQuery>,
) -> Result<Json<Listed<ManagedComment>>, ApiError> {
    let account = channels::account(&app, signed_in.user()).await?;
    list(&app, &paging, &query, Some(account.id)).await
}

/// Comments on all videos, newest first, for moderators.
#[utoipa::path(get, path = "/videos/comments", tag = "Comments", security(("token" = [])),
    params(Paging, CommentQuery),
    responses((status = 200, body = Listed<ManagedComment>), (status = 400), (status = 401), (status = 403)))]
pub(crate) async fn on_all(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
    Query(query): Query<CommentQuery>,
) -> Result<Json<Listed<ManagedComment>>, ApiError> {
    if !signed_in.user().is_moderator() {
        return Err(extract::not_enough_rights());
    }
    list(&app, &paging, &query, None).await
}

async fn list(
    app: &App,
    paging: &Paging,
    query: &CommentQuery,
    owner_id: Option<i64>,
) -> Result<Json<Listed<ManagedComment>>, ApiError> {
    let mut check = Check::query();
    let page = paging.page(&mut check);
    let filter = CommentFilter {
        video_id: check.value("videoId", &query.video_id, "Should have a valid video id", |_| {
            true
        }),
        owner_id,
        channel_id: check.value(
            "videoChannelId",
            &query.video_channel_id,
            "Should have a valid channel id",
            |_| true,
        ),
        held: check.flag("isHeldForReview", &query.is_held_for_review),
        is_local: check.flag("isLocal", &query.is_local),
        search: check.value(
            "search",
            &query.search,
            "Should have a text to search for",
            |_| true,
        ),
        public: false,
    };
    check.finish()?;
    let reader = Reader {
        account_id: owner_id,
        manages: true,
    };
    let comments = Comment::list(&app.db, &filter, reader, page).await?;
    let site = Site::of(&app.config);
    Ok(Json(Listed::of(comments, |comment| {
        ManagedComment::new(&comment, url(app, &comment), &site)
    })))
}

/// As whom a viewer reads the comments on a video.
pub(crate) async fn reader(app: &App, viewer: &Viewer, video: &Video) -> Result<Reader, ApiError> {
    let account_id = match viewer.user() {
        Some(user) => Some(channels::account(app, user).await?.id),
        None => None,
    };
    Ok(Reader {
        account_id,
        manages: viewer.manages(video),
    })
}

/// A comment on this video that is not deleted, or what is left of one.
pub(crate) async fn find(app: &App, video: &Video, id: &str) -> Result<Comment, ApiError> {
    let id = id.parse().map_err(|_| no_comment())?;
    let comment = Comment::by_id(&app.db, id).await?;
    comment
        .filter(|comment| comment.video.id == video.id)
        .ok_or_else(no_comment)
}

fn no_comment() -> ApiError {
    ApiError::not_found("Video comment not found")
}

fn url(app: &App, comment: &Comment) -> String {
    app.federation.site.comment(comment)
}
