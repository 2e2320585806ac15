//! What was reported, for moderators: they look, decide, and do something about it.

mod row;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use db::{Abuse, AbuseFilter, AbuseSort, AbuseState, Blocklist, Comment, Video};
use federation::activity::comment;
use jiff::Timestamp;
use serde::Deserialize;

use super::{DoneQuery, done, moderator};
use crate::app::App;
use crate::http::api::abuses::REASON_CHARS;
use crate::http::api::{blocklists, manage};
use crate::http::ui::error::PageError;
use crate::http::ui::frame::{Frame, Visit};
use crate::http::ui::pager::{Pager, PagerQuery};
use crate::http::ui::show;
use row::{About, Row, is_own};

const PATH: &str = "/admin/reports";
const ROWS: i64 = 20;
const DONE: &[&str] = &[
    "admin-done-accepted",
    "admin-done-rejected",
    "admin-done-reopened",
    "admin-done-noted",
    "admin-done-deleted",
    "admin-done-blocked",
];

#[derive(Debug, Template)]
#[template(path = "admin_reports.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    done: Option<&'static str>,
    rows: Vec<Row>,
    /// Where the forms lead back to.
    page: String,
    max_chars: usize,
    newer: Option<String>,
    older: Option<String>,
}

/// `GET /admin/reports`: those that wait first.
pub(crate) async fn list(
    State(app): State<App>,
    visit: Visit,
    Query(query): Query<DoneQuery>,
) -> Result<Response, PageError> {
    moderator(&visit)?;
    let filter = AbuseFilter {
        sort: AbuseSort::PendingFirst,
        ..AbuseFilter::default()
    };
    draw(&app, &visit, query, &filter).await
}

/// `GET /admin/reports/{id}`: one of them.
pub(crate) async fn one(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    moderator(&visit)?;
    let filter = AbuseFilter {
        id: Some(find(&app, &id).await?.id),
        ..AbuseFilter::default()
    };
    draw(&app, &visit, DoneQuery::default(), &filter).await
}

async fn draw(
    app: &App,
    visit: &Visit,
    query: DoneQuery,
    filter: &AbuseFilter,
) -> Result<Response, PageError> {
    let done = query.key(DONE);
    let pager = Pager::new(
        PagerQuery {
            page: query.page.clone(),
        },
        ROWS,
    );
    let mut found = Abuse::list(&app.db, filter, pager.page()).await?.data;
    let (newer, older) = pager.links(PATH, &mut found);
    let now = Timestamp::now();
    let mut rows = Vec::with_capacity(found.len());
    for abuse in found {
        rows.push(Row::load(app, visit, abuse, now).await?);
    }
    Ok(show(&Page {
        frame: Frame::with_side(app, visit).await?,
        tab: "reports",
        done,
        rows,
        page: query.page,
        max_chars: *REASON_CHARS.end(),
        newer,
        older,
    }))
}

async fn find(app: &App, id: &str) -> Result<Abuse, PageError> {
    let id = id.parse().map_err(|_| PageError::NotFound)?;
    Abuse::by_id(&app.db, id).await?.ok_or(PageError::NotFound)
}

/// Back to the page of the list the form was on.
fn back(page: &str, what: &str) -> Response {
    let redirect: Redirect = match page.parse::<u32>() {
        Ok(page) => done(&format!("{PATH}?page={page}"), what),
        Err(_) => done(PATH, what),
    };
    redirect.into_response()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ActionForm {
    page: String,
    action: String,
}

/// `POST /admin/reports/{id}`: what a row's buttons do.
pub(crate) async fn act(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Form(form): Form<ActionForm>,
) -> Result<Response, PageError> {
    moderator(&visit)?;
    let abuse = find(&app, &id).await?;
    let what = match form.action.as_str() {
        "accept" => decide(&app, &abuse, AbuseState::Accepted, "accepted").await?,
        "reject" => decide(&app, &abuse, AbuseState::Rejected, "rejected").await?,
        "reopen" => decide(&app, &abuse, AbuseState::Pending, "reopened").await?,
        "delete" => delete(&app, &abuse).await?,
        "block-account" => block_account(&app, &visit, &abuse).await?,
        "block-server" => block_server(&app, &abuse).await?,
        _ => return Err(PageError::Invalid),
    };
    Ok(back(&form.page, what))
}

async fn decide(
    app: &App,
    abuse: &Abuse,
    state: AbuseState,
    what: &'static str,
) -> Result<&'static str, PageError> {
    let mut tx = app.db.begin().await?;
    Abuse::update(&mut tx, abuse.id, Some(state), None, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(what)
}

/// The comment or the video it is about; somebody else may have been faster.
async fn delete(app: &App, abuse: &Abuse) -> Result<&'static str, PageError> {
    const DELETED: &str = "deleted";
    let Some(id) = abuse.video_id else {
        return Ok(DELETED);
    };
    let video = Video::by_ref(&app.db, id).await?.ok_or(PageError::NotFound)?;
    match abuse.comment_id {
        Some(id) => {
            if let Some(said) = Comment::by_id(&app.db, id).await? {
                comment::remove(&app.federation, &said, &video).await?;
            }
        }
        None if video.is_local() => manage::remove(app, &video).await?,
        None => return Err(PageError::Forbidden),
    }
    Ok(DELETED)
}

async fn block_account(app: &App, visit: &Visit, abuse: &Abuse) -> Result<&'static str, PageError> {
    let account = abuse.account.as_ref().ok_or(PageError::NotFound)?;
    if is_own(visit, account) {
        return Err(PageError::Invalid);
    }
    let mut tx = app.db.begin().await?;
    Blocklist::add_account(&mut tx, None, account.id, Timestamp::now()).await?;
    tx.commit().await?;
    Ok("blocked")
}

async fn block_server(app: &App, abuse: &Abuse) -> Result<&'static str, PageError> {
    let account = abuse.account.as_ref().ok_or(PageError::NotFound)?;
    let host = account.actor.host.as_deref().ok_or(PageError::Invalid)?;
    let mut tx = app.db.begin().await?;
    blocklists::block_host(app, &mut tx, host, Timestamp::now()).await?;
    tx.commit().await?;
    Ok("blocked")
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NoteForm {
    page: String,
    note: String,
}

/// `POST /admin/reports/{id}/note`: what moderators tell each other; nothing takes it away.
pub(crate) async fn note(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Form(form): Form<NoteForm>,
) -> Result<Response, PageError> {
    moderator(&visit)?;
    let abuse = find(&app, &id).await?;
    let note = Some(form.note.trim()).filter(|note| !note.is_empty());
    if note.is_some_and(|note| !REASON_CHARS.contains(&note.chars().count())) {
        return Err(PageError::Invalid);
    }
    let mut tx = app.db.begin().await?;
    Abuse::update(&mut tx, abuse.id, None, Some(note), Timestamp::now()).await?;
    tx.commit().await?;
    Ok(back(&form.page, "noted"))
}
