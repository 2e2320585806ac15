//! Other servers: which this one follows, which follow it, and who may.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use db::{Actor, Follow, FollowFilter, FollowState};
use federation::Followers;
use jiff::Timestamp;
use serde::Deserialize;

use super::{DoneQuery, administrator, done};
use crate::app::App;
use crate::http::ui::error::PageError;
use crate::http::ui::format::When;
use crate::http::ui::frame::{Frame, Visit};
use crate::http::ui::{search, show};
use crate::settings::Chosen;

const PATH: &str = "/admin/federation";
/// Of each kind on the page; the REST API has all of them.
const ROWS: i64 = 200;
const DONE: &[&str] = &[
    "admin-done-followed",
    "admin-done-unfollowed",
    "admin-done-accepted",
    "admin-done-rejected",
    "admin-done-removed",
    "admin-done-saved",
];

/// A server, and where the follow between it and this one stands.
#[derive(Debug)]
struct Row {
    id: i64,
    host: String,
    /// Of somebody who is no server: its name there.
    name: Option<String>,
    state: FollowState,
    since: When,
}

impl Row {
    fn is_pending(&self) -> bool {
        self.state == FollowState::Pending
    }

    fn is_accepted(&self) -> bool {
        self.state == FollowState::Accepted
    }

    /// Keys of the name of the state, and of its badge's colour.
    fn badge(&self) -> (&'static str, &'static str) {
        match self.state {
            FollowState::Pending => ("admin-follow-pending", "badge badge-warn"),
            FollowState::Accepted => ("admin-follow-accepted", "badge badge-ok"),
            FollowState::Rejected => ("admin-follow-rejected", "badge"),
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "admin_federation.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    done: Option<&'static str>,
    problem: Option<String>,
    /// What was typed, if it did not work.
    host: String,
    followers: Vec<Row>,
    following: Vec<Row>,
    policy: Followers,
    follow_back: bool,
    enabled: bool,
}

impl Page {
    async fn load(app: &App, visit: &Visit) -> Result<Self, PageError> {
        let instance = app.federation.instance_actor().await?;
        let now = Timestamp::now();
        let page = db::Page {
            skip_total: true,
            ..db::Page::first(ROWS)
        };
        let row = |follow: Follow, actor: Actor| Row {
            id: follow.id,
            host: actor.host.clone().unwrap_or_else(|| app.config.host()),
            name: (actor.name != federation::INSTANCE_ACTOR).then_some(actor.name),
            state: follow.state,
            since: When::ago(visit.t, follow.created_at, now),
        };
        // Whoever waits for an answer comes first.
        let filter = FollowFilter {
            by_state: true,
            ..FollowFilter::default()
        };
        let to_us = FollowFilter {
            target_id: Some(instance),
            ..filter.clone()
        };
        let of_us = FollowFilter {
            follower_id: Some(instance),
            ..filter
        };
        let followers = Follow::list(&app.db, &to_us, page).await?.data;
        let following = Follow::list(&app.db, &of_us, page).await?.data;
        let policy = app.federation.follow_policy();
        let follower_row = |follow: Follow| {
            let actor = follow.follower.clone();
            row(follow, actor)
        };
        let following_row = |follow: Follow| {
            let actor = follow.target.clone();
            row(follow, actor)
        };
        Ok(Self {
            frame: Frame::with_side(app, visit).await?,
            tab: "federation",
            done: None,
            problem: None,
            host: String::new(),
            followers: followers.into_iter().map(follower_row).collect(),
            following: following.into_iter().map(following_row).collect(),
            policy: policy.followers,
            follow_back: policy.follow_back,
            enabled: app.federation.settings.enabled,
        })
    }

    fn policies(&self) -> [(Followers, &'static str, &'static str); 3] {
        [
            (Followers::Auto, "auto", "admin-followers-auto"),
            (Followers::Manual, "manual", "admin-followers-manual"),
            (Followers::Nobody, "nobody", "admin-followers-nobody"),
        ]
    }
}

/// `GET /admin/federation`
pub(crate) async fn page(
    State(app): State<App>,
    visit: Visit,
    Query(query): Query<DoneQuery>,
) -> Result<Response, PageError> {
    administrator(&visit)?;
    let mut page = Page::load(&app, &visit).await?;
    page.done = query.key(DONE);
    Ok(show(&page))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FollowForm {
    host: String,
}

/// `POST /admin/federation/follow`
pub(crate) async fn follow(
    State(app): State<App>,
    visit: Visit,
    Form(form): Form<FollowForm>,
) -> Result<Response, PageError> {
    administrator(&visit)?;
    let target = form.host.trim();
    let target = target
        .trim_start_matches("https://")
        .trim_start_matches("http://")
        .trim_end_matches('/');
    let me = Actor::instance(&app.db).await?;
    match federation::follow(&app.federation, &me, target).await {
        Ok(_) => Ok(done(PATH, "followed").into_response()),
        Err(error) => {
            let mut page = Page::load(&app, &visit).await?;
            page.problem = Some(search::why(visit.t, &error));
            form.host.clone_into(&mut page.host);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&page)).into_response())
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RowForm {
    id: i64,
    /// What to do with it.
    action: String,
}

/// `POST /admin/federation/decide`: what a row's buttons do.
pub(crate) async fn decide(
    State(app): State<App>,
    visit: Visit,
    Form(form): Form<RowForm>,
) -> Result<Response, PageError> {
    administrator(&visit)?;
    let instance = app.federation.instance_actor().await?;
    // Somebody else may have decided meanwhile: then there is nothing to do.
    let Some(follow) = Follow::by_id(&app.db, form.id).await? else {
        return Ok(done(PATH, "").into_response());
    };
    let what = match form.action.as_str() {
        "unfollow" if follow.follower.id == instance => {
            federation::unfollow(&app.federation, &follow).await?;
            "unfollowed"
        }
        "accept" if follow.target.id == instance => {
            federation::accept_follower(&app.federation, &follow).await?;
            "accepted"
        }
        "reject" if follow.target.id == instance => {
            federation::reject_follower(&app.federation, &follow).await?;
            "rejected"
        }
        "remove" if follow.target.id == instance => {
            federation::remove_follower(&app.federation, &follow).await?;
            "removed"
        }
        _ => return Err(PageError::Invalid),
    };
    Ok(done(PATH, what).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SettingsForm {
    followers: String,
    follow_back: String,
}

/// `POST /admin/federation/settings`
pub(crate) async fn save(
    State(app): State<App>,
    visit: Visit,
    Form(form): Form<SettingsForm>,
) -> Result<Response, PageError> {
    administrator(&visit)?;
    let followers = match form.followers.as_str() {
        "auto" => Followers::Auto,
        "manual" => Followers::Manual,
        "nobody" => Followers::Nobody,
        _ => return Err(PageError::Invalid),
    };
    let chosen = Chosen {
        followers: Some(followers),
        follow_back: Some(form.follow_back == "on"),
        ..Chosen::default()
    };
    app.choose(&chosen).await?;
    Ok(done(PATH, "saved").into_response())
}
