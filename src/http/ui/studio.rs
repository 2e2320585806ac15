//! The streamer's own pages: what they have, the form of a live, the dashboard of one.

pub(crate) mod dashboard;
pub(crate) mod form;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use super::card::{Card, picture};
use super::error::PageError;
use super::format;
use super::frame::{Frame, Visit};
use super::pager::{Pager, PagerQuery};
use super::player::live_status;
use super::show;
use crate::app::App;
use crate::http::events::state_name;
use crate::http::extract;
use crate::live::State as LiveState;
use crate::storage::Picture;

const VIDEOS: i64 = 24;
/// Lives on one page; whoever has more finds them by their addresses.
const LIVES: i64 = 100;

/// A live in the studio's list.
#[derive(Debug)]
struct LiveRow {
    title: String,
    href: String,
    manage: String,
    hue: u8,
    picture: Option<String>,
    on_air: bool,
    /// Key of its state's name.
    state: &'static str,
    kind: &'static str,
    channel: String,
}

#[derive(Debug, Template)]
#[template(path = "studio.html")]
struct Studio {
    frame: Frame,
    lives: Vec<LiveRow>,
    videos: Vec<Card>,
    newer: Option<String>,
    older: Option<String>,
}

/// `GET /studio`
pub(crate) async fn list(
    State(app): State<App>,
    visit: Visit,
    Query(query): Query<PagerQuery>,
) -> Result<Response, PageError> {
    let account = own_account(&app, &visit).await?;
    let pager = Pager::new(query, VIDEOS);
    let filter = db::VideoFilter {
        audience: db::Audience::All,
        account_id: Some(account.id),
        is_live: Some(false),
        ..db::VideoFilter::default()
    };
    let newest = (db::VideoSort::PublishedAt, true);
    let mut videos = db::Video::list(&app.db, &filter, newest, pager.page())
        .await?
        .data;
    let (newer, older) = pager.links("/studio", &mut videos);
    let lives = db::Live::of_account(&app.db, account.id, LIVES).await?;
    let page = Studio {
        frame: Frame::with_side(&app, &visit).await?,
        lives: lives.iter().map(|live| row(&app, live)).collect(),
        videos: Card::all(&app, visit.t, &videos),
        newer,
        older,
    };
    Ok(show(&page))
}

fn row(app: &App, live: &db::Live) -> LiveRow {
    let status = live_status(app, &live.video);
    let short = live.video.uuid.short();
    LiveRow {
        title: live.video.name.clone(),
        href: format!("/w/{short}"),
        manage: format!("/studio/live/{short}"),
        hue: format::hue(&short),
        picture: picture(app, &live.video, Picture::Thumbnail),
        on_air: status.state == state_name(LiveState::OnAir),
        // The states' names are keys of the translations.
        state: status.state,
        kind: if live.settings.permanent {
            "studio-permanent"
        } else {
            "studio-once"
        },
        channel: live.video.channel.actor.display_name.clone(),
    }
}

/// The account of whoever is signed in.
async fn own_account(app: &App, visit: &Visit) -> Result<db::Account, PageError> {
    let user = visit.user().ok_or(PageError::SignInFirst)?;
    db::Account::by_user(&app.db, user.id)
        .await?
        .ok_or(PageError::Internal)
}

/// A live this visitor may manage.
async fn managed_live(app: &App, visit: &Visit, id: &str) -> Result<db::Live, PageError> {
    let user = visit.user().ok_or(PageError::SignInFirst)?;
    let video = extract::managed_video(app, user, id).await?;
    db::Live::by_video(&app.db, db::VideoRef::Id(video.id))
        .await?
        .ok_or(PageError::NotFound)
}
