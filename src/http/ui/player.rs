//! What the player on a page is told: the JSON beside it, and what a page without scripts shows in its place.

mod sources;

use std::collections::BTreeMap;

use serde::Serialize;

use super::locale::Locale;
use super::{card, format};
use crate::app::App;
use crate::http::events::{LiveStatus, state_name};
use crate::live::State;
use crate::storage::{Access, Picture};

pub(crate) use sources::Sources;

/// How often a watching player says so. Presence lasts longer than several of these.
const VIEWS_INTERVAL_MS: u32 = 10_000;

/// How a page uses its player.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Watch,
    /// On somebody else's page. Nothing is loaded before the visitor asks, unless the embedding page says `autoplay=1`.
    Embed {
        autoplay: bool,
        muted: bool,
    },
    /// The streamer's own look at the live: silent and not counted.
    Preview,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    id: String,
    title: String,
    page: String,
    poster: Option<String>,
    locale: &'static str,
    kind: &'static str,
    playlist: String,
    /// The playlist is none but a plain file.
    plain: bool,
    events: Option<String>,
    live: Option<LiveStatus>,
    views_url: String,
    views_interval_ms: u32,
    captions: Vec<Caption>,
    autoplay: bool,
    muted: bool,
    start_at: u32,
    embed: bool,
    preview: bool,
    strings: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Caption {
    src: String,
    lang: String,
    label: String,
}

/// A sentence over the picture while nothing plays.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub title: String,
    pub text: String,
}

#[derive(Debug)]
pub(crate) struct Player {
    pub hue: u8,
    pub notice: Option<Notice>,
    /// The recording itself, for browsers without scripts.
    pub file: Option<String>,
    data: Data,
}

impl Player {
    /// The player of a live, on air or not.
    pub(crate) fn live(app: &App, t: Locale, video: &db::Video, status: LiveStatus, used: Use) -> Self {
        let waits = status.state == state_name(State::Waiting);
        let ended = status.state == state_name(State::Ended);
        let key = if ended { "player-gone" } else { "player-waiting" };
        let notice = (waits || ended).then(|| Notice {
            title: t.say(&format!("{key}-title")),
            text: t.say(&format!("{key}-text")),
        });
        let mut data = Data::new(t, video, used);
        // While nobody streams there is nothing to see, and the last time's picture would say otherwise.
        if !waits && !ended {
            data.poster = card::picture(app, video, Picture::Preview);
        }
        data.kind = "live";
        data.playlist = if video.is_local() {
            format!("{}/ll.m3u8", folder(video))
        } else {
            status.playlist.clone().unwrap_or_default()
        };
        // An ended live has no news.
        data.events = (!ended).then(|| format!("/api/v1/videos/{}/events", video.uuid));
        data.live = Some(status);
        data.autoplay = !matches!(used, Use::Embed { autoplay: false, .. });
        Self {
            hue: format::hue(&video.uuid.short()),
            notice,
            file: None,
            data,
        }
    }

    /// The player of a recording.
    pub(crate) fn recording(
        app: &App,
        t: Locale,
        video: &db::Video,
        sources: Sources,
        used: Use,
        start_at: u32,
    ) -> Self {
        let mut data = Data::new(t, video, used);
        data.poster = card::picture(app, video, Picture::Preview);
        data.plain = sources.playlist.is_none();
        data.playlist = sources
            .playlist
            .or_else(|| sources.file.clone())
            .unwrap_or_default();
        data.captions = sources.captions;
        data.autoplay = matches!(used, Use::Embed { autoplay: true, .. });
        data.start_at = start_at;
        Self {
            hue: format::hue(&video.uuid.short()),
            notice: None,
            file: sources.file,
            data,
        }
    }

    /// For a `<script type="application/json">`: nothing in it can end the element.
    pub(crate) fn json(&self) -> String {
        script_json(&self.data)
    }

    pub(crate) fn playlist(&self) -> &str {
        &self.data.playlist
    }

    pub(crate) fn picture(&self) -> Option<&str> {
        self.data.poster.as_deref()
    }
}

impl Data {
    fn new(t: Locale, video: &db::Video, used: Use) -> Self {
        Self {
            id: video.uuid.to_string(),
            title: video.name.clone(),
            page: format!("/w/{}", video.uuid.short()),
            poster: None,
            locale: t.tag(),
            kind: "video",
            playlist: String::new(),
            plain: false,
            events: None,
            live: None,
            views_url: format!("/api/v1/videos/{}/views", video.uuid),
            views_interval_ms: VIEWS_INTERVAL_MS,
            captions: Vec::new(),
            autoplay: false,
            muted: matches!(used, Use::Preview | Use::Embed { muted: true, .. }),
            start_at: 0,
            embed: matches!(used, Use::Embed { .. }),
            preview: used == Use::Preview,
            strings: t.for_script("player-"),
        }
    }
}

/// Where a live of here stands: what its task says, or else what the database remembers.
pub(crate) fn live_status(app: &App, video: &db::Video) -> LiveStatus {
    match app.lives.get(video.uuid) {
        Some(address) if video.state != db::VideoState::LiveEnded => LiveStatus::from(&address.status()),
        _ => {
            let ended = video.state == db::VideoState::LiveEnded;
            LiveStatus {
                state: state_name(if ended { State::Ended } else { State::Waiting }),
                since: video.updated_at.to_string(),
                session: None,
                replay: None,
                grace_ends_at: None,
                playlist: None,
            }
        }
    }
}

fn folder(video: &db::Video) -> String {
    let private = match Access::of(video.privacy) {
        Access::Public => "",
        Access::Private => "private/",
    };
    format!("/static/streaming-playlists/hls/{private}{}", video.uuid)
}

/// JSON that is safe inside an HTML script element.
pub(crate) fn script_json(value: &impl Serialize) -> String {
    match serde_json::to_string(value) {
        Ok(json) => json.replace('<', "\\u003c"),
        Err(error) => {
            tracing::error!(%error, "cannot write the data of a page");
            "null".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_end_the_script_element() {
        let json = script_json(&"</script><script>alert(1)</script>");
        assert!(!json.contains('<'));
        assert_eq!(
            serde_json::from_str::<String>(&json).unwrap(),
            "</script><script>alert(1)</script>"
        );
    }
}
