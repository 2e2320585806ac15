//! What somebody follows: who of it is on air, what was published last, and the list to unfollow from.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use db::{Account, Actor, ActorKind, Follow, FollowFilter, FollowState, User};
use serde::Deserialize;

use super::card::Card;
use super::error::PageError;
use super::follow::FollowButton;
use super::frame::{Frame, Visit, Who};
use super::pager::{Pager, PagerQuery};
use super::{login, show};
use crate::app::App;
use crate::http::api::subscriptions;

const VIDEOS: i64 = 24;
const ON_AIR: i64 = 24;
/// On one page; more are found by searching for them.
const FOLLOWED: i64 = 200;

#[derive(Debug)]
struct Followed {
    who: Who,
    /// What the forms send.
    handle: String,
    pending: bool,
}

#[derive(Debug, Template)]
#[template(path = "subscriptions.html")]
struct Subscriptions {
    frame: Frame,
    on_air: Vec<Card>,
    videos: Vec<Card>,
    followed: Vec<Followed>,
    newer: Option<String>,
    older: Option<String>,
}

/// The account of who is signed in.
async fn me(app: &App, visit: &Visit) -> Result<Account, PageError> {
    let user = visit.user().ok_or(PageError::SignInFirst)?;
    Account::by_user(&app.db, user.id)
        .await?
        .ok_or(PageError::NotFound)
}

/// `GET /subscriptions`
pub(crate) async fn page(
    State(app): State<App>,
    visit: Visit,
    Query(query): Query<PagerQuery>,
) -> Result<Response, PageError> {
    let me = me(&app, &visit).await?;
    let pager = Pager::new(query, VIDEOS);
    let filter = |is_live| db::VideoFilter {
        audience: db::Audience::Members,
        followed_by: Some(me.actor.id),
        is_live: Some(is_live),
        ..db::VideoFilter::default()
    };
    let newest = (db::VideoSort::PublishedAt, true);
    let mut videos = db::Video::list(&app.db, &filter(false), newest, pager.page())
        .await?
        .data;
    let (newer, older) = pager.links("/subscriptions", &mut videos);
    let (mut on_air, mut followed) = (Vec::new(), Vec::new());
    if pager.is_first() {
        let page = db::Page {
            skip_total: true,
            ..db::Page::first(ON_AIR)
        };
        on_air = db::Video::list(&app.db, &filter(true), newest, page).await?.data;
        followed = followed_by(&app, &me.actor).await?;
    }
    Ok(show(&Subscriptions {
        frame: Frame::with_side(&app, &visit).await?,
        on_air: Card::all(&app, visit.t, &on_air),
        videos: Card::all(&app, visit.t, &videos),
        followed,
        newer,
        older,
    }))
}

async fn followed_by(app: &App, me: &Actor) -> Result<Vec<Followed>, db::Error> {
    let filter = FollowFilter {
        follower_id: Some(me.id),
        newest_first: true,
        ..FollowFilter::default()
    };
    let page = db::Page {
        skip_total: true,
        ..db::Page::first(FOLLOWED)
    };
    let follows = Follow::list(&app.db, &filter, page).await?.data;
    let shown = follows
        .into_iter()
        .filter(|follow| follow.state != FollowState::Rejected);
    Ok(shown
        .map(|follow| Followed {
            who: Who::of(&follow.target),
            handle: follow.target.handle().to_string(),
            pending: follow.state == FollowState::Pending,
        })
        .collect())
}

/// `GET /subscriptions/feed`: the feed with its token, made when it is first asked for.
pub(crate) async fn feed(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let me = me(&app, &visit).await?;
    let user = visit.user().ok_or(PageError::SignInFirst)?;
    let mut tx = app.db.begin().await?;
    let token = User::feed_token(&mut tx, user.id).await?;
    tx.commit().await?;
    let address = format!("/feeds/subscriptions.xml?accountId={}&token={token}", me.id);
    Ok(Redirect::to(&address).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FollowForm {
    who: String,
    back: String,
}

#[derive(Debug, Template)]
#[template(path = "follow_failed.html")]
struct Failed {
    frame: Frame,
    who: String,
    problem: String,
    back: String,
}

/// `POST /subscriptions/follow`
pub(crate) async fn follow(
    State(app): State<App>,
    visit: Visit,
    Form(form): Form<FollowForm>,
) -> Result<Response, PageError> {
    let me = me(&app, &visit).await?;
    let back = login::local(&form.back);
    match subscriptions::follow(&app, &me.actor, &form.who).await {
        Ok(_) => Ok(Redirect::to(&back).into_response()),
        Err(error) => {
            let page = Failed {
                frame: Frame::bare(&app, &visit),
                who: form.who,
                problem: error.detail().to_owned(),
                back,
            };
            Ok((error.status(), show(&page)).into_response())
        }
    }
}

/// `POST /subscriptions/unfollow`
pub(crate) async fn unfollow(
    State(app): State<App>,
    visit: Visit,
    Form(form): Form<FollowForm>,
) -> Result<Response, PageError> {
    let me = me(&app, &visit).await?;
    let handle = db::Handle::parse(form.who.trim_start_matches('@'), &app.config.host());
    if let Some(target) = Actor::by_handle(&app.db, &handle).await?
        && let Some(follow) = Follow::between(&app.db, me.actor.id, target.id).await?
    {
        federation::unfollow(&app.federation, &follow).await?;
    }
    Ok(Redirect::to(&login::local(&form.back)).into_response())
}

/// Whether an actor is this visitor, or a channel of theirs.
pub(super) async fn is_own(app: &App, visit: &Visit, actor: &Actor) -> Result<bool, db::Error> {
    let Some(user) = visit.user() else {
        return Ok(false);
    };
    Ok(if actor.kind == ActorKind::Group {
        db::Channel::by_actor(&app.db, actor.id)
            .await?
            .is_some_and(|channel| channel.belongs_to(user.id))
    } else {
        Account::by_actor(&app.db, actor.id)
            .await?
            .is_some_and(|account| account.user_id == Some(user.id))
    })
}

/// The button of somebody.
pub(super) async fn button(app: &App, visit: &Visit, actor: &Actor) -> Result<FollowButton, db::Error> {
    let is_own = is_own(app, visit, actor).await?;
    FollowButton::of(app, visit, actor, is_own).await
}
