//! The home page: who is on air, then what was published last.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use super::card::Card;
use super::error::PageError;
use super::frame::{Frame, Visit};
use super::pager::{Pager, PagerQuery};
use super::{live_list, show};
use crate::app::App;

/// Fills three rows on a wide screen.
const RECENT: i64 = 24;

#[derive(Debug, Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    description: String,
    on_air: Vec<Card>,
    recent: Vec<Card>,
    has_lives: bool,
    newer: Option<String>,
    older: Option<String>,
}

/// `GET /`
pub(crate) async fn page(
    State(app): State<App>,
    visit: Visit,
    Query(query): Query<PagerQuery>,
) -> Result<Response, PageError> {
    let pager = Pager::new(query, RECENT);
    let audience = if visit.user().is_some() {
        db::Audience::Members
    } else {
        db::Audience::Public
    };
    let filter = db::VideoFilter {
        audience,
        is_live: Some(false),
        ..db::VideoFilter::default()
    };
    let order = (db::VideoSort::PublishedAt, true);
    let mut videos = db::Video::list(&app.db, &filter, order, pager.page()).await?.data;
    let (newer, older) = pager.links("/", &mut videos);
    let on_air = if pager.is_first() {
        live_list::on_air(&app).await?
    } else {
        Vec::new()
    };
    let home = Home {
        frame: Frame::with_side(&app, &visit).await?,
        description: app.settings.instance().short_description.clone(),
        has_lives: has_lives(&app, &visit).await?,
        on_air: Card::all(&app, visit.t, &on_air),
        recent: Card::all(&app, visit.t, &videos),
        newer,
        older,
    };
    Ok(show(&home))
}

/// Whether the second of the first three steps is done.
async fn has_lives(app: &App, visit: &Visit) -> Result<bool, db::Error> {
    let Some(user) = visit.user() else {
        return Ok(false);
    };
    let Some(account) = db::Account::by_user(&app.db, user.id).await? else {
        return Ok(false);
    };
    Ok(!db::Live::of_account(&app.db, account.id, 1).await?.is_empty())
}
