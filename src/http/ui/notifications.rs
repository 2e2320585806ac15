//! What happened that concerns the visitor.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use db::{Actor, NotificationKind};
use jiff::Timestamp;

use super::error::PageError;
use super::format::When;
use super::frame::{Frame, Visit};
use super::locale::Locale;
use super::pager::{Pager, PagerQuery};
use super::{rich_text, show};
use crate::app::App;
use crate::http::api::notifications::{self as api, Told};

/// Notifications on a page.
const ROWS: i64 = 30;
/// What is shown of a comment.
const EXCERPT_CHARS: usize = 160;

#[derive(Debug)]
struct Row {
    text: String,
    excerpt: Option<String>,
    href: String,
    when: When,
    read: bool,
}

#[derive(Debug, Template)]
#[template(path = "notifications.html")]
struct NotificationsPage {
    frame: Frame,
    rows: Vec<Row>,
    any_unread: bool,
    newer: Option<String>,
    older: Option<String>,
}

/// `GET /notifications`
pub(crate) async fn page(
    State(app): State<App>,
    visit: Visit,
    Query(query): Query<PagerQuery>,
) -> Result<Response, PageError> {
    let user = visit.user().ok_or(PageError::SignInFirst)?;
    let pager = Pager::new(query, ROWS);
    let mut told = api::load(&app, user.id, false, pager.page()).await?.data;
    let (newer, older) = pager.links("/notifications", &mut told);
    let now = Timestamp::now();
    let rows: Vec<Row> = told.iter().map(|told| row(visit.t, told, now)).collect();
    Ok(show(&NotificationsPage {
        frame: Frame::bare(&app, &visit),
        any_unread: rows.iter().any(|row| !row.read),
        rows,
        newer,
        older,
    }))
}

/// `POST /notifications/read`: all of them.
pub(crate) async fn read(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let user = visit.user().ok_or(PageError::SignInFirst)?;
    api::mark(&app, user.id, None).await?;
    Ok(Redirect::to("/notifications").into_response())
}

fn row(t: Locale, told: &Told, now: Timestamp) -> Row {
    let somebody = || t.say("notified-somebody");
    let video = told.video.as_ref();
    let title = video.map(|video| video.name.clone()).unwrap_or_default();
    let watch = video.map(|video| format!("/w/{}", video.uuid.short()));
    let channel = || video.map_or_else(somebody, |video| video.channel.actor.display_name.clone());
    let author = || {
        let account = told.comment.as_ref().and_then(|comment| comment.account.as_ref());
        account.map_or_else(somebody, |account| named(&account.actor))
    };
    let (key, who, what) = match told.notification.kind {
        NotificationKind::CommentOnMyVideo => ("notified-comment", author(), title),
        NotificationKind::Reply => ("notified-reply", author(), title),
        NotificationKind::NewVideo => ("notified-video", channel(), title),
        NotificationKind::NewLive => ("notified-live", channel(), title),
        NotificationKind::NewAbuse => ("notified-abuse", String::new(), String::new()),
        NotificationKind::NewFollow => {
            let follow = told.follow.as_ref();
            (
                "notified-follow",
                follow.map_or_else(somebody, |follow| named(&follow.follower)),
                follow.map_or_else(String::new, |follow| follow.target.display_name.clone()),
            )
        }
    };
    let follower = told.follow.as_ref().map(|follow| {
        let folder = if follow.follower.kind == db::ActorKind::Group {
            "c"
        } else {
            "a"
        };
        format!("/{folder}/{}", follow.follower.handle())
    });
    let report = told
        .notification
        .abuse_id
        .map(|id| format!("/admin/reports/{id}"));
    let comment = told.comment.as_ref().filter(|comment| !comment.is_deleted());
    let href = match (watch, told.comment.as_ref()) {
        (Some(watch), Some(comment)) => format!("{watch}#comment-{}", comment.id),
        (Some(watch), None) => watch,
        (None, _) => report.or(follower).unwrap_or_else(|| "/notifications".to_owned()),
    };
    Row {
        text: t.who_did_what(key, &who, &what),
        excerpt: comment.map(|comment| excerpt(&rich_text::plain(&comment.text, comment.markup))),
        href,
        when: When::ago(t, told.notification.created_at, now),
        read: told.notification.read,
    }
}

/// With the server for those of others: names alone can be anybody's.
fn named(actor: &Actor) -> String {
    match &actor.host {
        Some(host) => format!("{} (@{}@{host})", actor.display_name, actor.name),
        None => actor.display_name.clone(),
    }
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    }
}
