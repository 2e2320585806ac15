//! Feeds of videos and comments, at PeerTube's addresses: RSS with Media RSS, Atom, JSON Feed, and podcasts with their lives.
//!
//! A feed holds what everyone may see. Templates lie in `web/templates/feeds`; askama escapes what goes into XML.

mod comments;
mod entry;
mod json;
mod podcast;
mod query;

use askama::Template;
use axum::Router;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use tower_http::cors::CorsLayer;

use self::entry::Entry;
use self::query::{FeedQuery, Scope};
use super::error::ApiError;
use super::limit;
use crate::app::App;

/// PeerTube's number.
const ITEMS: i64 = 20;
/// Long enough to spare the database a storm of readers, short enough that a live is heard of while it is on.
const CACHING: HeaderValue = HeaderValue::from_static("public, max-age=60");

pub(crate) fn router(app: App) -> Router<App> {
    Router::new()
        .route("/feeds/{file}", get(videos))
        .route("/feeds/podcast/videos.xml", get(podcast::feed))
        .layer(middleware::from_fn_with_state(app, limit::feeds))
        .layer(CorsLayer::permissive())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Rss,
    Atom,
    Json,
}

impl Format {
    /// The names PeerTube takes.
    fn parse(name: &str) -> Option<Self> {
        match name {
            "xml" | "rss" | "rss2" => Some(Self::Rss),
            "atom" | "atom1" => Some(Self::Atom),
            "json" | "json1" => Some(Self::Json),
            _ => None,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Json => "application/feed+json; charset=utf-8",
        }
    }

    /// What a client may ask for to be given this.
    fn satisfies(self, accept: &str) -> bool {
        let names: &[&str] = match self {
            Self::Rss => &["application/rss+xml", "application/xml", "text/xml"],
            Self::Atom => &["application/atom+xml", "application/xml", "text/xml"],
            Self::Json => &["application/feed+json", "application/json"],
        };
        accept
            .split(',')
            .map(|range| range.split(';').next().unwrap_or_default().trim())
            .any(|range| matches!(range, "*/*" | "application/*" | "text/*") || names.contains(&range))
    }
}

/// What a feed is about.
#[derive(Debug)]
struct Feed {
    title: String,
    description: String,
    /// The page with the same videos.
    link: String,
    /// Where this feed is.
    itself: String,
    icon: String,
    updated: Timestamp,
    entries: Vec<Entry>,
}

impl Feed {
    fn date(&self) -> String {
        entry::rfc822(self.updated)
    }

    fn iso(&self) -> String {
        entry::iso(self.updated)
    }

    /// Whether any of it is not for everybody.
    fn is_explicit(&self) -> bool {
        self.entries.iter().any(|entry| entry.nsfw)
    }
}

#[derive(Debug, Template)]
#[template(path = "feeds/rss.xml")]
struct Rss<'a> {
    feed: &'a Feed,
}

#[derive(Debug, Template)]
#[template(path = "feeds/atom.xml")]
struct Atom<'a> {
    feed: &'a Feed,
}

/// `GET /feeds/videos.{format}`, `/feeds/subscriptions.{format}` and `/feeds/video-comments.{format}`
async fn videos(
    State(app): State<App>,
    Path(file): Path<String>,
    Query(query): Query<FeedQuery>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (name, extension) = file.rsplit_once('.').ok_or_else(no_feed)?;
    let wanted = query.format.as_deref().unwrap_or(extension);
    let format = Format::parse(wanted).ok_or_else(no_feed)?;
    if !accepts(&headers, format) {
        let message = "Accept must allow the media type of the feed";
        return Err(ApiError::new(StatusCode::NOT_ACCEPTABLE, message));
    }
    if name == comments::NAME {
        let body = comments::render(&app, &query, &uri, format).await?;
        return Ok(answer(format.media_type(), body));
    }
    let scope = match name {
        "videos" => query.scope(&app).await?,
        "subscriptions" => query.subscriptions(&app).await?,
        _ => return Err(no_feed()),
    };
    let list = scope.videos(&app, &query, ITEMS).await?;
    let feed = describe(&app, &scope, &uri, Entry::all(&app, list).await?);
    Ok(answer(format.media_type(), render(&feed, format)?))
}

fn no_feed() -> ApiError {
    ApiError::not_found("Feed not found")
}

fn accepts(headers: &HeaderMap, format: Format) -> bool {
    headers.get(header::ACCEPT).is_none_or(|accept| {
        accept
            .to_str()
            .is_ok_and(|accept| accept.trim().is_empty() || format.satisfies(accept))
    })
}

fn describe(app: &App, scope: &Scope, uri: &axum::http::Uri, entries: Vec<Entry>) -> Feed {
    let base = app.config.public_url();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Feed {
        title: scope.title(app),
        description: scope.description(app),
        link: format!("{base}{}", scope.path()),
        itself: format!("{base}{path}"),
        icon: format!("{base}/favicon.svg"),
        updated: entries
            .iter()
            .map(|entry| entry.published)
            .max()
            .unwrap_or_default(),
        entries,
    }
}

fn render(feed: &Feed, format: Format) -> Result<String, ApiError> {
    match format {
        Format::Rss => template(&Rss { feed }),
        Format::Atom => template(&Atom { feed }),
        Format::Json => Ok(json::render(feed).to_string()),
    }
}

fn template(template: &impl Template) -> Result<String, ApiError> {
    template.render().map_err(|error| {
        tracing::error!(%error, "a feed");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "The feed cannot be written")
    })
}

fn answer(media_type: &'static str, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, CACHING),
    ];
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_given_to_those_who_can_read_it() {
        let reader = "application/rss+xml, application/rdf+xml;q=0.8, text/xml;q=0.4";
        assert!(Format::Rss.satisfies(reader));
        assert!(Format::Atom.satisfies(reader), "as text/xml");
        assert!(!Format::Json.satisfies(reader));
        assert!(Format::Json.satisfies("text/html, */*;q=0.1"));
        assert!(!Format::Rss.satisfies("image/png"));
    }
}
