//! Videos: as items of lists, and with everything a player needs.

mod files;

use db::{StreamingPlaylist, Tracker, Video, VideoFile};
use serde::Serialize;
use utoipa::ToSchema;

use super::actor::{AccountShape, ActorSummary, ChannelShape};
use super::{Labelled, Site, iso};
use crate::http::api::constants;
use crate::http::pictures;
use crate::storage::Picture;

pub(crate) use files::{FileShape, PlaylistShape};

/// PeerTube cuts descriptions in lists here; clients fetch the rest when a description is this long.
const TRUNCATED_CHARS: usize = 250;

/// A video in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VideoShape {
    pub id: i64,
    pub uuid: String,
    #[serde(rename = "shortUUID")]
    pub short_uuid: String,
    /// The ActivityPub id.
    pub url: String,
    pub name: String,
    pub category: Labelled<Option<i64>>,
    pub licence: Labelled<Option<i64>>,
    pub language: Labelled<Option<String>>,
    pub privacy: Labelled<i64>,
    pub nsfw: bool,
    pub truncated_description: Option<String>,
    /// In lists, cut like `truncatedDescription`.
    pub description: Option<String>,
    pub is_local: bool,
    /// Seconds; 0 for a live.
    pub duration: i64,
    pub aspect_ratio: Option<f64>,
    pub views: i64,
    /// People watching now.
    pub viewers: u64,
    pub likes: i64,
    pub dislikes: i64,
    pub thumbnail_path: Option<String>,
    pub preview_path: Option<String>,
    pub embed_path: String,
    pub created_at: String,
    pub updated_at: String,
    pub published_at: String,
    pub originally_published_at: Option<String>,
    pub is_live: bool,
}

/// An item of a list of videos.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedVideo {
    #[serde(flatten)]
    pub video: VideoShape,
    pub account: ActorSummary,
    pub channel: ActorSummary,
    /// For those who may manage it.
    #[serde(flatten)]
    pub management: Option<Management>,
}

/// What only the owner and moderators are told in lists.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Management {
    pub state: Labelled<i64>,
    pub wait_transcoding: bool,
    pub blacklisted: bool,
    pub blacklisted_reason: Option<String>,
}

/// A video with all that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VideoDetails {
    #[serde(flatten)]
    pub video: VideoShape,
    pub account: AccountShape,
    pub channel: ChannelShape,
    pub blacklisted: bool,
    pub blacklisted_reason: Option<String>,
    pub streaming_playlists: Vec<PlaylistShape>,
    /// Plain files beside HLS: only other servers have them.
    pub files: Vec<FileShape>,
    pub support: Option<String>,
    pub description_path: String,
    pub tags: Vec<String>,
    pub comments_enabled: bool,
    pub comments_policy: Labelled<i64>,
    pub download_enabled: bool,
    pub wait_transcoding: bool,
    pub input_file_updated_at: Option<String>,
    pub state: Labelled<i64>,
    pub tracker_urls: Vec<String>,
}

impl VideoShape {
    pub(crate) fn new(video: &Video, viewers: u64, site: &Site) -> Self {
        let truncated = video.description.as_deref().map(truncate);
        let picture = |picture| Some(pictures::path(picture, video.uuid));
        Self {
            id: video.id,
            uuid: video.uuid.to_string(),
            short_uuid: video.uuid.short(),
            url: video
                .url
                .clone()
                .unwrap_or_else(|| format!("{}/videos/watch/{}", site.url, video.uuid)),
            name: video.name.clone(),
            category: Labelled::optional(video.category, |id| constants::category(*id)),
            licence: Labelled::optional(video.licence, |id| constants::licence(*id)),
            language: Labelled::optional(video.language.clone(), |code| constants::language(code)),
            privacy: Labelled::new(video.privacy.id(), video.privacy.label()),
            nsfw: video.nsfw,
            truncated_description: truncated.clone(),
            description: truncated,
            is_local: video.is_local(),
            duration: video.duration_s,
            aspect_ratio: video.aspect_ratio,
            views: video.views,
            viewers,
            likes: video.likes,
            dislikes: video.dislikes,
            thumbnail_path: picture(Picture::Thumbnail),
            preview_path: picture(Picture::Preview),
            embed_path: format!("/videos/embed/{}", video.uuid),
            created_at: iso(video.created_at),
            updated_at: iso(video.updated_at),
            published_at: iso(video.published_at),
            originally_published_at: video.originally_published_at.map(iso),
            is_live: video.is_live,
        }
    }
}

impl ListedVideo {
    pub(crate) fn new(video: &Video, viewers: u64, managed: bool, site: &Site) -> Self {
        Self {
            video: VideoShape::new(video, viewers, site),
            account: ActorSummary::account(&video.channel.account, site),
            channel: ActorSummary::channel(&video.channel, site),
            management: managed.then(|| Management {
                state: Labelled::new(video.state.id(), video.state.label()),
                wait_transcoding: video.wait_transcoding,
                blacklisted: false,
                blacklisted_reason: None,
            }),
        }
    }
}

/// What belongs to a video beside its row.
#[derive(Debug, Default)]
pub(crate) struct Belongings {
    pub tags: Vec<String>,
    pub playlist: Option<StreamingPlaylist>,
    pub web_videos: Vec<VideoFile>,
    /// Where else its files are.
    pub redundancies: Vec<String>,
    pub trackers: Vec<Tracker>,
}

impl VideoDetails {
    pub(crate) fn new(video: &Video, belongings: Belongings, viewers: u64, site: &Site) -> Self {
        let mut shape = VideoShape::new(video, viewers, site);
        shape.description.clone_from(&video.description);
        Self {
            video: shape,
            account: AccountShape::new(&video.channel.account, site),
            channel: ChannelShape::full(&video.channel, site),
            blacklisted: false,
            blacklisted_reason: None,
            streaming_playlists: belongings
                .playlist
                .map(|playlist| PlaylistShape::new(video, &playlist, belongings.redundancies, site))
                .into_iter()
                .collect(),
            files: belongings
                .web_videos
                .iter()
                .map(|file| FileShape::new(file, ""))
                .collect(),
            support: video.support.clone(),
            description_path: format!("/api/v1/videos/{}/description", video.uuid),
            tags: belongings.tags,
            comments_enabled: video.comments_policy != db::CommentsPolicy::Disabled,
            comments_policy: Labelled::new(video.comments_policy.id(), video.comments_policy.label()),
            download_enabled: video.download_enabled,
            wait_transcoding: video.wait_transcoding,
            input_file_updated_at: video.uploaded_at.map(iso),
            state: Labelled::new(video.state.id(), video.state.label()),
            tracker_urls: belongings
                .trackers
                .into_iter()
                .map(|tracker| tracker.url)
                .collect(),
        }
    }
}

/// Cuts at a word where there is one, and says so with three dots; the result is never longer than PeerTube's.
fn truncate(text: &str) -> String {
    if text.chars().count() <= TRUNCATED_CHARS {
        return text.to_owned();
    }
    let cut: String = text.chars().take(TRUNCATED_CHARS - 3).collect();
    let end = cut
        .rfind(char::is_whitespace)
        .filter(|&end| end > TRUNCATED_CHARS / 2);
    format!(
        "{}...",
        cut.get(..end.unwrap_or(cut.len())).unwrap_or_default().trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_descriptions_are_cut_at_a_word() {
        assert_eq!(truncate("short"), "short");
        let long = truncate(&"word ".repeat(100));
        assert!(long.ends_with("word...") && long.chars().count() <= 250, "{long}");
        assert_eq!(truncate(&"é".repeat(300)).chars().count(), 250);
    }
}
