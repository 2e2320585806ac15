//! Search: by text among what is here, and for those who are signed in by handle or address anywhere.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use db::{Actor, ActorKind, Channel, Handle};
use federation::remote::{self, Found};
use serde::Deserialize;

use super::card::Card;
use super::error::PageError;
use super::frame::{Frame, Visit, Who};
use super::locale::Locale;
use super::pager::{Pager, PagerQuery};
use super::show;
use crate::app::App;

const VIDEOS: i64 = 24;
const CHANNELS: i64 = 12;
const MAX_CHARS: usize = 200;
/// Addresses are longer than words.
const MAX_ADDRESS_CHARS: usize = 2_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SearchQuery {
    q: String,
    page: String,
}

#[derive(Debug, Template)]
#[template(path = "search.html")]
struct Search {
    frame: Frame,
    query: String,
    /// Why what was asked for elsewhere was not found.
    problem: Option<String>,
    /// Whether signing in would find more.
    sign_in: bool,
    channels: Vec<Who>,
    videos: Vec<Card>,
    newer: Option<String>,
    older: Option<String>,
}

/// What was typed.
enum Typed {
    Nothing,
    Words,
    /// An address or `name@host`.
    Address,
}

impl Typed {
    fn of(text: &str) -> Self {
        let is_url = text.starts_with("https://") || text.starts_with("http://");
        let handle = text.trim_start_matches('@').split_once('@');
        let is_handle = handle.is_some_and(|(name, host)| {
            !name.is_empty()
                && (host.contains('.') || host.contains(':'))
                && !text.contains(char::is_whitespace)
        });
        match text {
            "" => Self::Nothing,
            _ if is_url || is_handle => Self::Address,
            _ => Self::Words,
        }
    }
}

/// `GET /search`
pub(crate) async fn page(
    State(app): State<App>,
    visit: Visit,
    Query(query): Query<SearchQuery>,
) -> Result<Response, PageError> {
    let text = query.q.trim();
    let typed = Typed::of(text);
    let limit = match typed {
        Typed::Address => MAX_ADDRESS_CHARS,
        _ => MAX_CHARS,
    };
    let text: String = text.chars().take(limit).collect();
    let mut page = Search {
        frame: Frame::with_side(&app, &visit).await?.searching(&text),
        query: text,
        problem: None,
        sign_in: false,
        channels: Vec::new(),
        videos: Vec::new(),
        newer: None,
        older: None,
    };
    match typed {
        Typed::Nothing => {}
        Typed::Words => page.words(&app, &visit, query.page).await?,
        Typed::Address => match find(&app, &visit, &page.query).await? {
            Lookup::Found(Found::Video(video)) => {
                return Ok(Redirect::to(&format!("/w/{}", video.uuid.short())).into_response());
            }
            Lookup::Found(Found::Actor(actor)) => page.channels = vec![Who::of(&actor)],
            Lookup::SignInFirst => page.sign_in = true,
            Lookup::Failed(problem) => page.problem = Some(problem),
        },
    }
    Ok(show(&page))
}

impl Search {
    async fn words(&mut self, app: &App, visit: &Visit, page: String) -> Result<(), db::Error> {
        let pager = Pager::new(PagerQuery { page }, VIDEOS);
        let filter = db::VideoFilter {
            audience: if visit.user().is_some() {
                db::Audience::Members
            } else {
                db::Audience::Public
            },
            search: Some(self.query.clone()),
            ..db::VideoFilter::default()
        };
        let newest = (db::VideoSort::PublishedAt, true);
        let mut videos = db::Video::list(&app.db, &filter, newest, pager.page())
            .await?
            .data;
        let encoded: String = url::form_urlencoded::byte_serialize(self.query.as_bytes()).collect();
        (self.newer, self.older) = pager.links(&format!("/search?q={encoded}"), &mut videos);
        self.videos = Card::all(app, visit.t, &videos);
        if pager.is_first() {
            let page = db::Page {
                skip_total: true,
                ..db::Page::first(CHANNELS)
            };
            let channels = Channel::list(&app.db, None, Some(&self.query), true, page).await?;
            self.channels = channels.data.iter().map(Who::channel).collect();
        }
        Ok(())
    }
}

/// What came of looking for an address.
pub(super) enum Lookup {
    Found(Found),
    /// It is not known here, and only who is signed in makes us ask others.
    SignInFirst,
    Failed(String),
}

/// Looks here, and for who is signed in everywhere.
pub(super) async fn find(app: &App, visit: &Visit, text: &str) -> Result<Lookup, PageError> {
    let federation = &app.federation;
    if visit.user().is_some() {
        return match remote::find(federation, text).await {
            // Servers are followed by servers.
            Ok(Found::Actor(actor)) if actor.kind == ActorKind::Application => {
                Ok(Lookup::Failed(visit.t.say("search-server")))
            }
            Ok(found) => Ok(Lookup::Found(found)),
            Err(federation::Error::Database(error)) => Err(error.into()),
            Err(error) => {
                tracing::debug!(text, %error, "searched for in vain");
                Ok(Lookup::Failed(why(visit.t, &error)))
            }
        };
    }
    let handle = Handle::parse(
        text.trim_start_matches('@').trim_start_matches("acct:"),
        &app.config.host(),
    );
    let found = match remote::known(federation, text).await? {
        Some(found) => Some(found),
        None => Actor::by_handle(&app.db, &handle)
            .await?
            .filter(|actor| actor.kind != ActorKind::Application)
            .map(|actor| Found::Actor(Box::new(actor))),
    };
    Ok(found.map_or(Lookup::SignInFirst, Lookup::Found))
}

/// What kept us from whom or what was looked for, in words for people.
pub(super) fn why(t: Locale, error: &federation::Error) -> String {
    match error {
        error if error.is_gone() => t.say("remote-gone"),
        federation::Error::Refused(reason) => t.about("remote-refused", reason),
        error if error.is_temporary() => t.about("remote-away", &error.to_string()),
        error => t.about("remote-strange", &error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_not_words() {
        for address in ["https://a.example/w/x", "@ana@a.example", "ana@127.0.0.1:9000"] {
            assert!(matches!(Typed::of(address), Typed::Address), "{address}");
        }
        for words in ["ana", "@ana", "a @ b.c", "mail me @home"] {
            assert!(matches!(Typed::of(words), Typed::Words), "{words}");
        }
        assert!(matches!(Typed::of(""), Typed::Nothing));
    }
}
