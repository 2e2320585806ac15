//! Following across servers: the page that other servers send their visitors to (`?uri=` of the OStatus subscribe template), and
//! the way from here to a visitor's own server.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use federation::remote::{self, Found};
use serde::Deserialize;

use super::error::PageError;
use super::follow::FollowButton;
use super::frame::{Frame, Visit, Who};
use super::search::{self, Lookup};
use super::{show, subscriptions};
use crate::app::App;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct InteractionQuery {
    uri: String,
}

#[derive(Debug, Template)]
#[template(path = "remote_interaction.html")]
struct Interaction {
    frame: Frame,
    uri: String,
    /// Whoever was meant.
    who: Option<Who>,
    about: Option<String>,
    follow: Option<FollowButton>,
    problem: Option<String>,
}

/// `GET /remote-interaction?uri=`
pub(crate) async fn page(
    State(app): State<App>,
    visit: Visit,
    Query(query): Query<InteractionQuery>,
) -> Result<Response, PageError> {
    let uri = query.uri.trim();
    if uri.is_empty() {
        return Err(PageError::NotFound);
    }
    let mut page = Interaction {
        frame: Frame::bare(&app, &visit),
        uri: uri.to_owned(),
        who: None,
        about: None,
        follow: None,
        problem: None,
    };
    let status = match search::find(&app, &visit, uri).await? {
        Lookup::SignInFirst => return Err(PageError::SignInFirst),
        Lookup::Found(Found::Video(video)) => {
            return Ok(Redirect::to(&format!("/w/{}", video.uuid.short())).into_response());
        }
        Lookup::Found(Found::Actor(_)) if visit.user().is_none() => return Err(PageError::SignInFirst),
        Lookup::Found(Found::Actor(actor)) => {
            page.follow = Some(subscriptions::button(&app, &visit, &actor).await?);
            page.who = Some(Who::of(&actor));
            page.about = actor.description;
            StatusCode::OK
        }
        Lookup::Failed(problem) => {
            page.problem = Some(problem);
            StatusCode::NOT_FOUND
        }
    };
    Ok((status, show(&page)).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ServerForm {
    /// Whom to follow: `name@host`.
    who: String,
    /// The visitor's own server, or handle there.
    server: String,
}

#[derive(Debug, Template)]
#[template(path = "follow_elsewhere.html")]
struct Elsewhere {
    frame: Frame,
    who: String,
    server: String,
    /// The page of the visitor's server.
    target: Option<String>,
    problem: Option<String>,
}

/// `POST /remote-interaction`: asks the visitor's server where one follows from there, and leads on. By a page that moves on by
/// itself, as forms of ours may not be answered with another site (`form-action`).
pub(crate) async fn go(State(app): State<App>, visit: Visit, Form(form): Form<ServerForm>) -> Response {
    let server = form
        .server
        .trim()
        .trim_start_matches("https://")
        .trim_end_matches('/');
    let mut page = Elsewhere {
        frame: Frame::bare(&app, &visit),
        who: form.who.trim().trim_start_matches('@').to_owned(),
        server: server.to_owned(),
        target: None,
        problem: None,
    };
    match remote::actor::subscribe_page(&app.federation, &page.server, &page.who).await {
        Ok(target) => page.target = Some(target.to_string()),
        Err(error) => page.problem = Some(search::why(visit.t, &error)),
    }
    let status = if page.target.is_some() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    (status, show(&page)).into_response()
}
