//! Comments under a video, and the forms they are written, deleted and approved with. All of it works without scripts; with
//! them, only this part of the page changes and the player plays on.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use db::{Account, Comment, CommentsPolicy, ThreadSort, Video};
use federation::activity::{comment, rate};
use jiff::Timestamp;
use serde::Deserialize;

use super::error::PageError;
use super::format::When;
use super::frame::{Visit, Who};
use super::locale::Locale;
use super::pager::{Pager, PagerQuery};
use super::{login, rich_text};
use crate::app::App;
use crate::http::api::comments::{self as api, MAX_CHARS};
use crate::http::api::rates;
use crate::http::extract;

/// Threads on a page.
const THREADS: i64 = 20;
/// Deeper replies are not moved further in.
const MAX_DEPTH: usize = 4;

/// A comment as it is shown.
#[derive(Debug)]
pub(crate) struct Shown {
    pub id: i64,
    pub depth: usize,
    /// `None` when it is deleted.
    pub author: Option<Who>,
    /// Of the video.
    pub is_owner: bool,
    pub when: When,
    pub edited: bool,
    pub html: String,
    pub held: bool,
    pub is_own: bool,
    pub may_delete: bool,
    pub may_approve: bool,
    pub may_reply: bool,
}

/// The comments of a video, for this visitor.
#[derive(Debug)]
pub(crate) struct Comments {
    /// Where the forms go: that and `/comments`, `/rate`, `/report`.
    pub action: String,
    pub total: i64,
    pub closed: bool,
    pub signed_in: bool,
    pub login: String,
    pub max_chars: usize,
    pub waits_for_approval: bool,
    /// It is the visitor's own video.
    pub is_mine: bool,
    pub shown: Vec<Shown>,
    pub newer: Option<String>,
    pub older: Option<String>,
}

impl Comments {
    pub(crate) async fn of(
        app: &App,
        visit: &Visit,
        video: &Video,
        page: PagerQuery,
    ) -> Result<Self, PageError> {
        let reader = api::reader(app, &visit.viewer, video).await?;
        let pager = Pager::new(page, THREADS);
        let mut found = Comment::threads(&app.db, video.id, reader, ThreadSort::Newest, pager.page()).await?;
        let action = format!("/w/{}", video.uuid.short());
        let (newer, older) = pager.links(&action, &mut found.threads.data);
        let roots: Vec<i64> = found
            .threads
            .data
            .iter()
            .map(|thread| thread.comment.id)
            .collect();
        let replies = Comment::replies(&app.db, &roots, reader).await?;
        let is_mine = reader.account_id == Some(video.channel.account.id);
        let closed = video.comments_policy == CommentsPolicy::Disabled;
        let see = Sight {
            t: visit.t,
            me: reader.account_id,
            owner: video.channel.account.id,
            manages: reader.manages,
            approves: reader.manages && video.is_local(),
            replies: visit.user().is_some() && !closed,
            now: Timestamp::now(),
        };
        let threads = found.threads.data.into_iter().map(|thread| thread.comment);
        let at_comments = |url: String| format!("{url}#comments");
        Ok(Self {
            total: found.comments,
            closed,
            signed_in: visit.user().is_some(),
            login: login::address(&action),
            action,
            max_chars: MAX_CHARS,
            waits_for_approval: video.comments_policy == CommentsPolicy::RequiresApproval && !is_mine,
            is_mine,
            shown: in_order(threads, replies)
                .into_iter()
                .map(|(depth, comment)| see.shown(&comment, depth))
                .collect(),
            newer: newer.map(at_comments),
            older: older.map(at_comments),
        })
    }
}

/// What decides how a comment is shown.
struct Sight {
    t: Locale,
    me: Option<i64>,
    owner: i64,
    manages: bool,
    approves: bool,
    replies: bool,
    now: Timestamp,
}

impl Sight {
    fn shown(&self, comment: &Comment, depth: usize) -> Shown {
        let account = comment.account.as_ref().filter(|_| !comment.is_deleted());
        let is_own = account.is_some_and(|account| Some(account.id) == self.me);
        Shown {
            id: comment.id,
            depth: depth.min(MAX_DEPTH),
            author: account.map(Who::account),
            is_owner: account.is_some_and(|account| account.id == self.owner),
            when: When::ago(self.t, comment.created_at, self.now),
            // PeerTube's are a few milliseconds younger than they are old.
            edited: comment.updated_at.duration_since(comment.created_at).as_secs() > 0,
            html: rich_text::html(&comment.text, comment.markup),
            held: comment.held,
            is_own,
            may_delete: account.is_some() && (is_own || self.manages),
            may_approve: comment.held && self.approves && account.is_some(),
            may_reply: self.replies && account.is_some() && (!comment.held || self.manages),
        }
    }
}

/// Each comment before those that answer it, with how deep it is. What is deleted is there while something hangs on it.
fn in_order(roots: impl Iterator<Item = Comment>, replies: Vec<Comment>) -> Vec<(usize, Comment)> {
    let mut answers: HashMap<i64, Vec<Comment>> = HashMap::new();
    for reply in replies.into_iter().rev() {
        answers
            .entry(reply.in_reply_to_id.unwrap_or(0))
            .or_default()
            .push(reply);
    }
    let mut rows: Vec<(usize, Comment)> = Vec::new();
    for root in roots {
        let mut next = vec![(0, root)];
        while let Some((depth, comment)) = next.pop() {
            let below = answers.remove(&comment.id).unwrap_or_default();
            next.extend(below.into_iter().map(|answer| (depth + 1, answer)));
            rows.push((depth, comment));
        }
    }
    let mut kept: Vec<(usize, Comment)> = Vec::with_capacity(rows.len());
    while let Some((depth, comment)) = rows.pop() {
        let has_answers = kept.last().is_some_and(|(below, _)| *below > depth);
        if has_answers || !comment.is_deleted() {
            kept.push((depth, comment));
        }
    }
    kept.reverse();
    kept
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CommentForm {
    text: String,
    /// The number of the comment that is answered; empty for a new thread.
    reply_to: String,
}

/// The account of who is signed in.
pub(super) async fn account(app: &App, visit: &Visit) -> Result<Account, PageError> {
    let user = visit.user().ok_or(PageError::SignInFirst)?;
    Account::by_user(&app.db, user.id)
        .await?
        .ok_or(PageError::Forbidden)
}

/// `POST /w/{id}/comments`
pub(crate) async fn publish(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Form(form): Form<CommentForm>,
) -> Result<Response, PageError> {
    let author = account(&app, &visit).await?;
    let video = extract::visible_video(&app, &visit.viewer, &id).await?;
    let text = form.text.trim();
    if text.is_empty() || text.chars().count() > MAX_CHARS {
        return Err(PageError::Invalid);
    }
    let parent = match form.reply_to.as_str() {
        "" => None,
        id => Some(api::find(&app, &video, id).await?),
    };
    let said = comment::publish(&app.federation, &author, &video, parent.as_ref(), text).await?;
    Ok(back(&video, &format!("comment-{}", said.id)))
}

/// `POST /w/{id}/comments/{comment}/delete`
pub(crate) async fn delete(
    State(app): State<App>,
    visit: Visit,
    Path((id, comment_id)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let user = visit.user().ok_or(PageError::SignInFirst)?;
    let video = extract::visible_video(&app, &visit.viewer, &id).await?;
    let said = api::find(&app, &video, &comment_id).await?;
    if !said.belongs_to(user.id) && !visit.manages(&video) {
        return Err(PageError::Forbidden);
    }
    comment::remove(&app.federation, &said, &video).await?;
    Ok(back(&video, "comments"))
}

/// `POST /w/{id}/comments/{comment}/approve`
pub(crate) async fn approve(
    State(app): State<App>,
    visit: Visit,
    Path((id, comment_id)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let user = visit.user().ok_or(PageError::SignInFirst)?;
    let video = extract::managed_video(&app, user, &id).await?;
    let said = api::find(&app, &video, &comment_id).await?;
    comment::approve(&app.federation, &said, &video).await?;
    Ok(back(&video, &format!("comment-{comment_id}")))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RateForm {
    rating: String,
}

/// `POST /w/{id}/rate`
pub(crate) async fn rate(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Form(form): Form<RateForm>,
) -> Result<Response, PageError> {
    let account = account(&app, &visit).await?;
    let video = extract::visible_video(&app, &visit.viewer, &id).await?;
    let rating = rates::parse(&form.rating).ok_or(PageError::Invalid)?;
    rate::rate(&app.federation, &account, &video, rating).await?;
    Ok(back(&video, "rates"))
}

fn back(video: &Video, part: &str) -> Response {
    Redirect::to(&format!("/w/{}#{part}", video.uuid.short())).into_response()
}

/// The two buttons, and what this visitor chose.
#[derive(Debug, Template)]
#[template(path = "rates.html")]
pub(crate) struct Rates {
    pub t: Locale,
    pub action: String,
    pub login: Option<String>,
    pub likes: i64,
    pub dislikes: i64,
    pub mine: Option<db::Rating>,
}

impl Rates {
    pub(crate) async fn of(app: &App, visit: &Visit, video: &Video) -> Result<Self, PageError> {
        let mine = match visit.user() {
            Some(_) => {
                let account = account(app, visit).await?;
                db::Rate::of(&app.db, account.id, video.id).await?
            }
            None => None,
        };
        let action = format!("/w/{}", video.uuid.short());
        Ok(Self {
            t: visit.t,
            login: visit.user().is_none().then(|| login::address(&action)),
            action,
            likes: video.likes,
            dislikes: video.dislikes,
            mine,
        })
    }

    fn likes_it(&self) -> bool {
        self.mine == Some(db::Rating::Like)
    }

    fn dislikes_it(&self) -> bool {
        self.mine == Some(db::Rating::Dislike)
    }
}
