//! The dashboard of a live: how to set up the encoder, and how the stream does once it runs.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::error::PageError;
use super::super::format::{self, When};
use super::super::frame::{Frame, Visit};
use super::super::locale::Locale;
use super::super::player::{Player, Use, live_status, script_json};
use super::super::show;
use super::managed_live;
use crate::app::App;

/// Past sessions on one page, the newest ones.
const SESSIONS: i64 = 50;

#[derive(Debug)]
struct Replay {
    title: String,
    href: String,
}

#[derive(Debug)]
struct SessionRow {
    when: When,
    /// None while it runs.
    length: Option<String>,
    replay: Option<Replay>,
    preparing: bool,
    failed: bool,
}

#[derive(Debug, Template)]
#[template(path = "dashboard.html")]
struct Dashboard {
    frame: Frame,
    title: String,
    phase: &'static str,
    json: String,
    page: String,
    edit: String,
    end: String,
    rotate: String,
    sentence: String,
    last_error: Option<String>,
    rotated: bool,
    rtmp: Option<String>,
    rtmps: Option<String>,
    key: String,
    permanent: bool,
    player: Player,
    sessions: Vec<SessionRow>,
}

/// For the script.
#[derive(Debug, Serialize)]
struct Data {
    health: String,
    events: String,
    locale: &'static str,
    strings: BTreeMap<&'static str, String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct DashboardQuery {
    #[serde(default)]
    key: String,
}

/// `GET /studio/live/{id}`
pub(crate) async fn page(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Query(query): Query<DashboardQuery>,
) -> Result<Response, PageError> {
    let live = managed_live(&app, &visit, &id).await?;
    let (t, video) = (visit.t, &live.video);
    let base = format!("/studio/live/{}", video.uuid.short());
    let api = format!("/api/v1/videos/live/{}", video.uuid);
    let data = Data {
        health: format!("{api}/health/stream"),
        events: format!("/api/v1/videos/{}/events", video.uuid),
        locale: t.tag(),
        strings: t.for_script("dash-"),
    };
    let page = Dashboard {
        frame: Frame::bare(&app, &visit),
        title: video.name.clone(),
        phase: live_status(&app, video).state,
        json: script_json(&data),
        page: format!("/w/{}", video.uuid.short()),
        edit: format!("{base}/edit"),
        end: format!("{base}/end"),
        rotate: format!("{base}/key"),
        sentence: t.say("dash-starting"),
        last_error: app.lives.get(video.uuid).and_then(|address| address.last_error()),
        rotated: query.key == "new",
        rtmp: app.config.rtmp_url(),
        rtmps: app.config.rtmps_url(),
        key: live.stream_key().unwrap_or_default().to_owned(),
        permanent: live.settings.permanent,
        player: Player::live(&app, t, video, live_status(&app, video), Use::Preview),
        sessions: sessions(&app, t, &live).await?,
    };
    Ok(show(&page))
}

async fn sessions(app: &App, t: Locale, live: &db::Live) -> Result<Vec<SessionRow>, db::Error> {
    let now = Timestamp::now();
    let only_total = db::LiveSession::of_live(&app.db, live.video.id, db::Page::first(0))
        .await?
        .total;
    let page = db::Page {
        start: (only_total - SESSIONS).max(0),
        count: SESSIONS,
        skip_total: true,
    };
    let sessions = db::LiveSession::of_live(&app.db, live.video.id, page).await?.data;
    Ok(sessions
        .into_iter()
        .rev()
        .map(|(session, replay)| row(t, &session, replay.as_ref(), now))
        .collect())
}

fn row(t: Locale, session: &db::LiveSession, replay: Option<&db::Video>, now: Timestamp) -> SessionRow {
    let length = session
        .ended_at
        .map(|end| format::length(end.as_second() - session.started_at.as_second()));
    SessionRow {
        when: When::ago(t, session.started_at, now),
        length,
        replay: replay.map(|video| Replay {
            title: video.name.clone(),
            href: format!("/w/{}", video.uuid.short()),
        }),
        preparing: session.save_replay && session.ended_at.is_some() && !session.ending_processed,
        failed: session.error.is_some(),
    }
}

/// `POST /studio/live/{id}/key`
pub(crate) async fn rotate_key(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let live = managed_live(&app, &visit, &id).await?;
    let mut tx = app.db.begin().await?;
    db::Live::rotate_key(&mut tx, live.video.id).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/studio/live/{}?key=new", live.video.uuid.short())).into_response())
}

/// `POST /studio/live/{id}/end`
pub(crate) async fn end(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let live = managed_live(&app, &visit, &id).await?;
    app.lives.end(live.video.uuid).await;
    Ok(Redirect::to(&format!("/studio/live/{}", live.video.uuid.short())).into_response())
}
