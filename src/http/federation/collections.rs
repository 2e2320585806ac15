//! Who follows and is followed, and what was published.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use db::{Account, Actor, ActorKind, Follow, FollowFilter, FollowState, List, Page, Video};
use federation::INSTANCE_ACTOR;
use federation::activity::video::{Involved, announce, create};
use federation::object::collection::{self, MAX_PAGES, PAGE_SIZE};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{find_account, find_channel, object, site, videos};
use crate::app::App;
use crate::http::error::ApiError;

/// Which part of a collection is asked for; without it, how large it is and where its pages are.
#[derive(Debug, Deserialize)]
pub(super) struct Part {
    page: Option<String>,
}

impl Part {
    /// Mastodon's first page is `page=true`.
    pub(super) fn number(&self) -> Option<i64> {
        let page = self.page.as_deref()?;
        Some(page.parse().unwrap_or(1).clamp(1, MAX_PAGES))
    }

    /// The rows of the page; none if only the collection is asked for.
    pub(super) fn rows(&self) -> Page {
        let number = self.number();
        Page {
            start: number.map_or(0, |number| (number - 1) * PAGE_SIZE),
            count: number.map_or(0, |_| PAGE_SIZE),
            skip_total: false,
        }
    }
}

/// `GET /accounts/{name}/{collection}`
pub(super) async fn account(
    State(app): State<App>,
    Path((name, collection)): Path<(String, String)>,
    Query(part): Query<Part>,
) -> Result<Response, ApiError> {
    let actor = if name.eq_ignore_ascii_case(INSTANCE_ACTOR) {
        Actor::instance(&app.db).await?
    } else {
        find_account(&app, &name).await?.actor
    };
    show(&app, &actor, &collection, &part).await
}

/// `GET /video-channels/{name}/{collection}`
pub(super) async fn channel(
    State(app): State<App>,
    Path((name, collection)): Path<(String, String)>,
    Query(part): Query<Part>,
) -> Result<Response, ApiError> {
    let actor = find_channel(&app, &name).await?.actor;
    show(&app, &actor, &collection, &part).await
}

async fn show(app: &App, actor: &Actor, name: &str, part: &Part) -> Result<Response, ApiError> {
    if !actor.is_local() {
        return Err(super::no_actor());
    }
    let members = match name {
        "followers" | "following" => follows(app, actor, name, part).await?,
        "outbox" => outbox(app, actor, part).await?,
        // Nobody here has playlists yet.
        "playlists" => List {
            total: 0,
            data: Vec::new(),
        },
        _ => return Err(ApiError::not_found("Not found")),
    };
    let id = format!("{}/{name}", site(app).actor(actor));
    Ok(object(&match part.number() {
        Some(number) => collection::page(&id, number, members.total, members.data),
        None => collection::paged(&id, members.total),
    }))
}

async fn follows(app: &App, actor: &Actor, name: &str, part: &Part) -> Result<List<Value>, ApiError> {
    let is_followers = name == "followers";
    let filter = FollowFilter {
        follower_id: (!is_followers).then_some(actor.id),
        target_id: is_followers.then_some(actor.id),
        state: Some(FollowState::Accepted),
        newest_first: true,
        ..FollowFilter::default()
    };
    let rows = Page {
        skip_total: true,
        ..part.rows()
    };
    let follows = Follow::list(&app.db, &filter, rows).await?;
    let other = |follow: Follow| {
        let other = if is_followers {
            follow.follower
        } else {
            follow.target
        };
        json!(site(app).actor(&other))
    };
    Ok(List {
        // Counted already.
        total: if is_followers {
            actor.followers
        } else {
            actor.following
        },
        ..follows.map(other)
    })
}

/// Accounts make videos, channels and the server announce them.
async fn outbox(app: &App, actor: &Actor, part: &Part) -> Result<List<Value>, ApiError> {
    let account = match actor.kind {
        ActorKind::Person => Account::by_actor(&app.db, actor.id).await?,
        _ => None,
    };
    let found = match &account {
        Some(account) => Video::announced_of_account(&app.db, account.id, part.rows()).await?,
        None => Video::announced_by(&app.db, actor.id, part.rows()).await?,
    };
    let mut activities = Vec::with_capacity(found.data.len());
    for video in &found.data {
        activities.push(if account.is_some() {
            create(video, &videos::describe(app, video).await?, site(app))
        } else {
            let involved = Involved::of(&app.federation, video).await?;
            announce(video, actor.id, &site(app).actor(actor), &involved, site(app))
        });
    }
    Ok(List {
        total: found.total,
        data: activities,
    })
}
