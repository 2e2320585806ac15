//! The podcast of a channel (Podcasting 2.0): its recordings, and its lives as `podcast:liveItem`, which apps announce.

use askama::Template;
use axum::extract::{OriginalUri, Query, State};
use axum::response::Response;
use db::{Audience, Page, Privacy, Video, VideoFilter, VideoSort};

use super::entry::{Entry, HLS, Live};
use super::query::{FeedQuery, Scope};
use super::{Feed, ITEMS, answer, describe, template};
use crate::app::App;
use crate::http::error::ApiError;

/// Lives of one channel that can be told of at the same time.
const LIVES: i64 = 10;

#[derive(Debug, Template)]
#[template(path = "feeds/podcast.xml")]
struct Podcast<'a> {
    feed: &'a Feed,
    owner: &'a str,
    owner_page: &'a str,
    lives: &'a [Entry],
}

/// `GET /feeds/podcast/videos.xml?videoChannelId=`
pub(super) async fn feed(
    State(app): State<App>,
    Query(query): Query<FeedQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, ApiError> {
    let channel = query
        .channel(&app)
        .await?
        .ok_or_else(|| ApiError::not_found("videoChannelId or videoChannelName is needed"))?;
    let newest = (VideoSort::PublishedAt, true);
    let of_channel = |is_live, audience| VideoFilter {
        audience,
        channel_id: Some(channel.id),
        is_live: Some(is_live),
        privacies: vec![Privacy::Public],
        ..VideoFilter::default()
    };
    let page = |count| Page {
        skip_total: true,
        ..Page::first(count)
    };
    let recordings = of_channel(false, Audience::Public);
    let recordings = Video::list(&app.db, &recordings, newest, page(ITEMS)).await?.data;
    // Waiting lives are in no list of videos, but an app shows them as coming.
    let lives = of_channel(true, Audience::All);
    let lives = Video::list(&app.db, &lives, newest, page(LIVES)).await?.data;
    let mut lives = Entry::all(&app, lives).await?;
    lives.retain(|entry| entry.live != Some(Live::Ended));

    let owner = channel.account.actor.display_name.clone();
    let owner_page = format!("{}/a/{}", app.config.public_url(), channel.account.actor.handle());
    let entries = Entry::all(&app, recordings).await?;
    let feed = describe(&app, &Scope::Channel(Box::new(channel)), &uri, entries);
    let podcast = Podcast {
        feed: &feed,
        owner: &owner,
        owner_page: &owner_page,
        lives: &lives,
    };
    Ok(answer("application/rss+xml; charset=utf-8", template(&podcast)?))
}
