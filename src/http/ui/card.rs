//! A video in a list.

use jiff::Timestamp;

use super::format::{self, When};
use super::frame::Who;
use super::locale::Locale;
use crate::app::App;
use crate::http::pictures;
use crate::storage::Picture;

#[derive(Debug, Clone)]
pub(crate) struct Card {
    pub title: String,
    pub href: String,
    pub hue: u8,
    pub picture: Option<String>,
    pub on_air: bool,
    pub length: Option<String>,
    pub channel: Who,
    /// "3 watching" or "12 views".
    pub audience: Option<String>,
    pub when: When,
}

/// Who watches a live, or how often a video was watched. An empty room is not announced.
pub(crate) fn audience(app: &App, t: Locale, video: &db::Video) -> Option<String> {
    if !video.is_live {
        return Some(t.count("views", video.views));
    }
    let watching = i64::try_from(app.viewers.count(video.uuid)).unwrap_or(i64::MAX);
    (watching > 0).then(|| t.count("watching", watching))
}

/// The picture of a video that has one. A live on air has one in a moment, those of other servers always do.
pub(crate) fn picture(app: &App, video: &db::Video, size: Picture) -> Option<String> {
    let on_air = video.is_live && video.state == db::VideoState::Published;
    (on_air || !video.is_local() || app.storage.has_pictures(video.uuid))
        .then(|| pictures::path(size, video.uuid))
}

impl Card {
    pub(crate) fn new(app: &App, t: Locale, video: &db::Video, now: Timestamp) -> Self {
        let on_air = video.is_live && video.state == db::VideoState::Published;
        let when = if on_air {
            When::sentence(t, "watch-started", video.published_at, now)
        } else {
            When::ago(t, video.published_at, now)
        };
        Self {
            title: video.name.clone(),
            href: format!("/w/{}", video.uuid.short()),
            hue: format::hue(&video.uuid.short()),
            picture: picture(app, video, Picture::Thumbnail),
            on_air,
            length: (!video.is_live).then(|| format::length(video.duration_s)),
            channel: Who::channel(&video.channel),
            audience: audience(app, t, video),
            when,
        }
    }

    pub(crate) fn all(app: &App, t: Locale, videos: &[db::Video]) -> Vec<Self> {
        let now = Timestamp::now();
        videos.iter().map(|video| Self::new(app, t, video, now)).collect()
    }
}
