//! Feeds of comments: on everything here, on what a channel or an account published, on one video.

use askama::Template;
use axum::http::Uri;
use db::{Comment, CommentFilter, Page, Reader};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::entry::{iso, rfc822};
use super::query::{FeedQuery, Scope};
use super::{Format, ITEMS, template};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{self, Viewer};
use crate::http::ui::rich_text;

/// What the feed is called in addresses.
pub(super) const NAME: &str = "video-comments";

#[derive(Debug)]
struct Entry {
    title: String,
    author: String,
    author_page: String,
    page: String,
    /// Its ActivityPub id.
    object: String,
    html: String,
    published: Timestamp,
}

impl Entry {
    fn of(app: &App, comment: &Comment) -> Self {
        let base = app.config.public_url();
        let (author, author_page) = match &comment.account {
            Some(account) => (
                account.actor.display_name.clone(),
                format!("{base}/a/{}", account.actor.handle()),
            ),
            None => (String::new(), base.clone()),
        };
        Self {
            title: format!("{author}: {}", comment.video.name),
            author,
            author_page,
            page: format!("{base}/w/{}#comment-{}", comment.video.uuid.short(), comment.id),
            object: app.federation.site.comment(comment),
            html: readable(&rich_text::html(&comment.text, comment.markup)),
            published: comment.created_at,
        }
    }

    fn date(&self) -> String {
        rfc822(self.published)
    }

    fn iso(&self) -> String {
        iso(self.published)
    }
}

/// XML 1.0 2.2: there is no way to write most control characters.
fn readable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

#[derive(Debug)]
struct Feed {
    title: String,
    link: String,
    itself: String,
    updated: Timestamp,
    entries: Vec<Entry>,
}

impl Feed {
    fn date(&self) -> String {
        rfc822(self.updated)
    }

    fn iso(&self) -> String {
        iso(self.updated)
    }
}

#[derive(Debug, Template)]
#[template(path = "feeds/comments_rss.xml")]
struct Rss<'a> {
    feed: &'a Feed,
}

#[derive(Debug, Template)]
#[template(path = "feeds/comments_atom.xml")]
struct Atom<'a> {
    feed: &'a Feed,
}

/// The newest comments that everyone may read.
pub(super) async fn render(
    app: &App,
    query: &FeedQuery,
    uri: &Uri,
    format: Format,
) -> Result<String, ApiError> {
    let mut filter = CommentFilter {
        public: true,
        is_local: query.is_local,
        ..CommentFilter::default()
    };
    let scope = query.scope(app).await?;
    let (mut title, mut path) = (scope.title(app), scope.path());
    match &scope {
        Scope::Account(account) => filter.owner_id = Some(account.id),
        Scope::Channel(channel) => filter.channel_id = Some(channel.id),
        Scope::Instance | Scope::Subscriptions(_) => {}
    }
    if let Some(id) = &query.video_id {
        let video = extract::visible_video(app, &Viewer { signed_in: None }, id).await?;
        filter.video_id = Some(video.id);
        path = format!("/w/{}", video.uuid.short());
        title = video.name;
    }
    let page = Page {
        skip_total: true,
        ..Page::first(ITEMS)
    };
    let comments = Comment::list(&app.db, &filter, Reader::default(), page)
        .await?
        .data;
    let base = app.config.public_url();
    let itself = uri.path_and_query().map_or("/", |path| path.as_str());
    let feed = Feed {
        title: readable(&title),
        link: format!("{base}{path}"),
        itself: format!("{base}{itself}"),
        updated: comments
            .iter()
            .map(|comment| comment.created_at)
            .max()
            .unwrap_or_default(),
        entries: comments.iter().map(|comment| Entry::of(app, comment)).collect(),
    };
    match format {
        Format::Rss => template(&Rss { feed: &feed }),
        Format::Atom => template(&Atom { feed: &feed }),
        Format::Json => Ok(as_json(&feed).to_string()),
    }
}

fn as_json(feed: &Feed) -> Value {
    let item = |entry: &Entry| {
        json!({
            "id": entry.object,
            "url": entry.page,
            "title": entry.title,
            "content_html": entry.html,
            "date_published": entry.iso(),
            "authors": [{ "name": entry.author, "url": entry.author_page }],
        })
    };
    json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.link,
        "feed_url": feed.itself,
        "items": feed.entries.iter().map(item).collect::<Vec<_>>(),
    })
}
