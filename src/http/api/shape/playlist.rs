//! Playlists of people.

use db::{Account, Channel, ListedPlaylist, PlaylistItem};
use serde::Serialize;
use utoipa::ToSchema;

use super::actor::ActorSummary;
use super::video::ListedVideo;
use super::{Labelled, Site, iso};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlaylistShape {
    pub id: i64,
    pub uuid: String,
    #[serde(rename = "shortUUID")]
    pub short_uuid: String,
    pub is_local: bool,
    pub url: String,
    pub display_name: String,
    pub description: Option<String>,
    pub privacy: Labelled<i64>,
    /// Always `null`: pictures of playlists are not kept.
    pub thumbnail_path: Option<String>,
    pub embed_path: String,
    #[serde(rename = "type")]
    pub kind: Labelled<i64>,
    pub videos_length: i64,
    pub created_at: String,
    pub updated_at: String,
    pub owner_account: ActorSummary,
    pub video_channel: Option<ActorSummary>,
}

/// A place in a playlist.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ElementShape {
    pub id: i64,
    pub position: i64,
    /// Seconds.
    pub start_timestamp: Option<i64>,
    /// Seconds.
    pub stop_timestamp: Option<i64>,
    /// 0 there is a video, 1 it is gone, 2 it is not for everyone.
    #[serde(rename = "type")]
    pub kind: i64,
    pub video: Option<ListedVideo>,
}

/// PeerTube's names of who a playlist is for.
pub(crate) const PRIVACIES: [(i64, &str); 3] = [(1, "Public"), (2, "Unlisted"), (3, "Private")];

impl PlaylistShape {
    pub(crate) fn new(
        listed: &ListedPlaylist,
        account: &Account,
        channel: Option<&Channel>,
        site: &Site,
    ) -> Self {
        let playlist = &listed.playlist;
        let privacy = listed.privacy.id();
        let label = PRIVACIES.iter().find(|(id, _)| *id == privacy);
        Self {
            id: playlist.id,
            uuid: playlist.uuid.to_string(),
            short_uuid: playlist.uuid.short(),
            is_local: playlist.url.is_none(),
            url: playlist
                .url
                .clone()
                .unwrap_or_else(|| format!("{}/video-playlists/{}", site.url, playlist.uuid)),
            display_name: playlist.name.clone(),
            description: playlist.description.clone(),
            privacy: Labelled::new(privacy, label.map_or("Unknown", |(_, label)| label)),
            thumbnail_path: None,
            embed_path: format!("/video-playlists/embed/{}", playlist.uuid),
            kind: Labelled::new(
                listed.kind,
                if listed.kind == 2 {
                    "Watch later"
                } else {
                    "Regular"
                },
            ),
            videos_length: listed.videos,
            created_at: iso(listed.created_at),
            updated_at: iso(listed.updated_at),
            owner_account: ActorSummary::account(account, site),
            video_channel: channel.map(|channel| ActorSummary::channel(channel, site)),
        }
    }
}

impl ElementShape {
    /// `video` is what may be shown of it.
    pub(crate) fn new(item: &PlaylistItem, video: Option<ListedVideo>) -> Self {
        Self {
            id: item.id,
            position: item.position,
            start_timestamp: item.start_s,
            stop_timestamp: item.stop_s,
            kind: match (&video, item.video_id) {
                (Some(_), _) => 0,
                (None, None) => 1,
                (None, Some(_)) => 2,
            },
            video,
        }
    }
}
