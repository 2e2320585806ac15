//! The pages of channels and accounts: who they are, what they have on air, what they published.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::card::Card;
use super::error::PageError;
use super::follow::FollowButton;
use super::frame::{Frame, Visit, Who};
use super::pager::{Pager, PagerQuery};
use super::{show, subscriptions};
use crate::app::App;

const VIDEOS: i64 = 24;
/// Nobody has more channels than this on one page.
const CHANNELS: i64 = 50;
const ON_AIR: i64 = 12;

#[derive(Debug, Template)]
#[template(path = "channel.html")]
struct Profile {
    frame: Frame,
    who: Who,
    handle: String,
    owner: Option<Who>,
    about: Option<String>,
    canonical: String,
    feeds: Feeds,
    follow: FollowButton,
    channels: Vec<Who>,
    on_air: Vec<Card>,
    videos: Vec<Card>,
    newer: Option<String>,
    older: Option<String>,
}

/// Where programs hear of what is on the page.
#[derive(Debug)]
struct Feeds {
    rss: String,
    /// Channels are podcasts; an account may have several.
    podcast: Option<String>,
}

/// Whose videos a page shows.
#[derive(Debug, Clone, Copy)]
enum Of {
    Channel(i64),
    Account(i64),
}

/// `GET /c/{handle}`
pub(crate) async fn channel(
    State(app): State<App>,
    visit: Visit,
    Path(handle): Path<String>,
    Query(query): Query<PagerQuery>,
) -> Result<Response, PageError> {
    let handle = db::Handle::parse(&handle, &app.config.host());
    let channel = db::Channel::by_handle(&app.db, &handle)
        .await?
        .ok_or(PageError::NotFound)?;
    let who = Who::channel(&channel);
    let list = Lists::load(
        &app,
        &visit,
        Of::Channel(channel.id),
        Pager::new(query, VIDEOS),
        &who.href,
    )
    .await?;
    let page = Profile {
        frame: Frame::with_side(&app, &visit).await?,
        handle: full_handle(&app, &channel.actor),
        owner: Some(Who::account(&channel.account)),
        about: channel.actor.description.clone(),
        canonical: format!("{}{}", app.config.public_url(), who.href),
        feeds: Feeds {
            rss: format!("/feeds/videos.xml?videoChannelId={}", channel.id),
            podcast: Some(format!("/feeds/podcast/videos.xml?videoChannelId={}", channel.id)),
        },
        follow: subscriptions::button(&app, &visit, &channel.actor).await?,
        who,
        channels: Vec::new(),
        on_air: list.on_air,
        videos: list.videos,
        newer: list.newer,
        older: list.older,
    };
    Ok(show(&page))
}

/// `GET /a/{handle}`
pub(crate) async fn account(
    State(app): State<App>,
    visit: Visit,
    Path(handle): Path<String>,
    Query(query): Query<PagerQuery>,
) -> Result<Response, PageError> {
    let handle = db::Handle::parse(&handle, &app.config.host());
    let account = db::Account::by_handle(&app.db, &handle)
        .await?
        .ok_or(PageError::NotFound)?;
    let page = db::Page {
        skip_total: true,
        ..db::Page::first(CHANNELS)
    };
    let channels = db::Channel::list(&app.db, Some(account.id), None, false, page)
        .await?
        .data;
    let who = Who::account(&account);
    let list = Lists::load(
        &app,
        &visit,
        Of::Account(account.id),
        Pager::new(query, VIDEOS),
        &who.href,
    )
    .await?;
    let page = Profile {
        frame: Frame::with_side(&app, &visit).await?,
        handle: full_handle(&app, &account.actor),
        owner: None,
        about: account.actor.description.clone(),
        canonical: format!("{}{}", app.config.public_url(), who.href),
        feeds: Feeds {
            rss: format!("/feeds/videos.xml?accountId={}", account.id),
            podcast: None,
        },
        follow: subscriptions::button(&app, &visit, &account.actor).await?,
        who,
        channels: channels.iter().map(Who::channel).collect(),
        on_air: list.on_air,
        videos: list.videos,
        newer: list.newer,
        older: list.older,
    };
    Ok(show(&page))
}

/// `@name@host`, as people elsewhere type it.
fn full_handle(app: &App, actor: &db::Actor) -> String {
    let host = actor.host.clone().unwrap_or_else(|| app.config.host());
    format!("@{}@{host}", actor.name)
}

struct Lists {
    on_air: Vec<Card>,
    videos: Vec<Card>,
    newer: Option<String>,
    older: Option<String>,
}

impl Lists {
    async fn load(app: &App, visit: &Visit, of: Of, pager: Pager, path: &str) -> Result<Self, db::Error> {
        let (channel_id, account_id) = match of {
            Of::Channel(id) => (Some(id), None),
            Of::Account(id) => (None, Some(id)),
        };
        let audience = if visit.user().is_some() {
            db::Audience::Members
        } else {
            db::Audience::Public
        };
        let filter = |is_live| db::VideoFilter {
            audience,
            channel_id,
            account_id,
            is_live: Some(is_live),
            ..db::VideoFilter::default()
        };
        let newest = (db::VideoSort::PublishedAt, true);
        let mut videos = db::Video::list(&app.db, &filter(false), newest, pager.page())
            .await?
            .data;
        let (newer, older) = pager.links(path, &mut videos);
        let on_air = if pager.is_first() {
            let page = db::Page {
                skip_total: true,
                ..db::Page::first(ON_AIR)
            };
            db::Video::list(&app.db, &filter(true), newest, page).await?.data
        } else {
            Vec::new()
        };
        Ok(Self {
            on_air: Card::all(app, visit.t, &on_air),
            videos: Card::all(app, visit.t, &videos),
            newer,
            older,
        })
    }
}
