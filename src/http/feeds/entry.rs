//! A video as feeds tell of it.

use db::{StreamingPlaylist, Video, VideoFile, VideoState};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::pictures;
use crate::storage::Picture;

/// HLS, as PeerTube names it.
pub(super) const HLS: &str = "application/x-mpegURL";

#[derive(Debug)]
pub(super) struct Entry {
    pub uuid: String,
    pub title: String,
    pub description: String,
    pub page: String,
    /// Its ActivityPub id: where a conversation about it begins.
    pub object: String,
    pub embed: String,
    pub channel: String,
    pub channel_page: String,
    pub account: String,
    pub account_page: String,
    pub published: Timestamp,
    pub duration_s: i64,
    pub views: i64,
    pub nsfw: bool,
    /// `None` for recordings.
    pub live: Option<Live>,
    pub playlist: Option<String>,
    /// Best first.
    pub files: Vec<File>,
    pub thumbnail: String,
    pub preview: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Live {
    Pending,
    OnAir,
    Ended,
}

#[derive(Debug)]
pub(super) struct File {
    pub url: String,
    pub bytes: i64,
    pub height: i64,
    pub fps: i64,
}

impl Entry {
    pub(super) async fn all(app: &App, videos: Vec<Video>) -> Result<Vec<Self>, ApiError> {
        let ids: Vec<i64> = videos.iter().map(|video| video.id).collect();
        let mut playlists = StreamingPlaylist::of_videos(&app.db, &ids).await?;
        let entry = |video: &Video| Self::of(app, video, playlists.remove(&video.id));
        Ok(videos.iter().map(entry).collect())
    }

    fn of(app: &App, video: &Video, playlist: Option<StreamingPlaylist>) -> Self {
        let site = &app.federation.site;
        let base = &site.url;
        let folder = format!("{base}/static/streaming-playlists/hls/{}", video.uuid);
        let channel = &video.channel;
        let account = &channel.account;
        let picture = |picture| format!("{base}{}", pictures::path(picture, video.uuid));
        let file = |file: &VideoFile| File {
            url: file
                .url
                .clone()
                .unwrap_or_else(|| format!("{folder}/{}", file.file_name)),
            bytes: file.size_bytes,
            height: file.height.unwrap_or_default(),
            fps: file.fps,
        };
        Self {
            uuid: video.uuid.to_string(),
            title: readable(&video.name),
            description: readable(video.description.as_deref().unwrap_or_default()),
            page: format!("{base}/w/{}", video.uuid.short()),
            object: site.video(video),
            embed: format!("{base}/videos/embed/{}", video.uuid),
            channel: readable(&channel.actor.display_name),
            channel_page: format!("{base}/c/{}", channel.actor.handle()),
            account: readable(&account.actor.display_name),
            account_page: format!("{base}/a/{}", account.actor.handle()),
            published: video.published_at,
            duration_s: video.duration_s,
            views: video.views,
            nsfw: video.nsfw,
            live: video.is_live.then_some(match video.state {
                VideoState::Published => Live::OnAir,
                VideoState::WaitingForLive => Live::Pending,
                _ => Live::Ended,
            }),
            files: playlist
                .iter()
                .flat_map(|playlist| playlist.files.iter().map(file))
                .collect(),
            playlist: playlist.map(|playlist| {
                playlist
                    .url
                    .unwrap_or_else(|| format!("{folder}/{}", playlist.playlist_file))
            }),
            thumbnail: picture(Picture::Thumbnail),
            preview: picture(Picture::Preview),
        }
    }

    /// RFC 822 5.1, as RSS wants it.
    pub(super) fn date(&self) -> String {
        rfc822(self.published)
    }

    pub(super) fn iso(&self) -> String {
        iso(self.published)
    }

    pub(super) fn is_on_air(&self) -> bool {
        self.live == Some(Live::OnAir)
    }
}

/// Without what XML cannot say, even escaped (XML 1.0 2.2).
fn readable(text: &str) -> String {
    let said = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(|c| said(*c)).collect()
}

pub(super) fn rfc822(time: Timestamp) -> String {
    DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&time)
        .unwrap_or_default()
}

pub(super) fn iso(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_say_is_left_out() {
        assert_eq!(readable("a\u{0}b\u{b}c\u{ffff}d\ne 🦀"), "abcd\ne 🦀");
    }

    #[test]
    fn dates_are_those_of_the_formats() {
        let at = "2026-11-22T12:38:16.568Z".parse().unwrap();
        assert_eq!(rfc822(at), "Sun, 22 Nov 2026 12:38:16 GMT");
        assert_eq!(iso(at), "2026-11-22T12:38:16.568Z");
    }
}
