//! From what a server says of a video to the row that is kept of it.

use db::{
    Caption, LiveSettings, Privacy, RemoteFile, RemotePlaylist, RemoteVideo, Storyboard, Tracker,
    VideoPicture, VideoPictures,
};
use jiff::Timestamp;

use crate::protocol::{self, Audience, HttpUrl};

/// PeerTube's number for a frame rate nobody knows.
const UNKNOWN_FPS: i64 = -1;

pub(super) fn remote(told: &protocol::Video, channel_id: i64) -> RemoteVideo {
    RemoteVideo {
        url: told.id.to_string(),
        uuid: told.uuid,
        channel_id,
        name: told.name.clone(),
        description: told.description.clone(),
        support: told.support.clone(),
        category: told.category,
        licence: told.licence,
        language: told.language.clone(),
        privacy: match told.recipients.audience() {
            Audience::Public => Privacy::Public,
            Audience::Unlisted | Audience::Private => Privacy::Unlisted,
        },
        nsfw: told.sensitive.is_some(),
        comments_policy: told.comments_policy,
        download_enabled: told.download_enabled,
        wait_transcoding: told.wait_transcoding,
        state: told.state,
        live: told.live.as_ref().map(live),
        duration_s: i64::from(told.duration_s),
        aspect_ratio: told.aspect_ratio,
        views: told.views,
        published_at: told.published,
        updated_at: told.updated,
        originally_published_at: told.originally_published,
        uploaded_at: told.uploaded,
        tags: told.tags.clone(),
        trackers: told.trackers.iter().map(tracker).collect(),
        pictures: VideoPictures {
            thumbnail: Some(picture(&told.thumbnail)),
            preview: Some(picture(&told.preview)),
        },
        storyboard: told.storyboard.as_ref().map(storyboard),
        captions: told.captions.iter().map(caption).collect(),
        playlist: told.hls.as_ref().map(playlist),
        web_videos: told.web_videos.iter().map(file).collect(),
    }
}

fn live(told: &protocol::Live) -> LiveSettings {
    LiveSettings {
        permanent: told.permanent,
        save_replay: told.save_replay,
        replay_privacy: None,
        latency_mode: told.latency,
        grace_s: None,
        dvr_window_s: told.dvr_window_s,
    }
}

fn tracker(told: &protocol::Tracker) -> Tracker {
    Tracker {
        url: told.url.clone(),
        websocket: told.websocket,
    }
}

fn picture(told: &protocol::Image) -> VideoPicture {
    VideoPicture {
        url: told.url.to_string(),
        width: told.width.map_or(0, i64::from),
        height: told.height.map_or(0, i64::from),
    }
}

fn storyboard(told: &protocol::Storyboard) -> Storyboard {
    Storyboard {
        url: told.url.to_string(),
        width: i64::from(told.width),
        height: i64::from(told.height),
        tile_width: i64::from(told.tile_width),
        tile_height: i64::from(told.tile_height),
        tile_duration_s: i64::from(told.tile_duration_s),
    }
}

fn caption(told: &protocol::Caption) -> Caption {
    Caption {
        language: told.language.clone(),
        label: told.label.clone().unwrap_or_else(|| told.language.clone()),
        automatic: told.automatic,
        url: told.url.to_string(),
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

fn playlist(told: &protocol::Hls) -> RemotePlaylist {
    RemotePlaylist {
        url: told.playlist.to_string(),
        sha256_url: text(told.segments_sha256.as_ref()),
        infohashes: told.infohashes.clone(),
        files: told.files.iter().map(file).collect(),
    }
}

fn file(told: &protocol::VideoFile) -> RemoteFile {
    let width = told.width.filter(|&width| width > 0);
    // A portrait video is named after its shorter side, as people expect of "720p".
    let resolution = width.map_or(told.height, |width| width.min(told.height));
    RemoteFile {
        url: told.url.to_string(),
        resolution: i64::from(resolution),
        width: told.width.map(i64::from),
        height: Some(i64::from(told.height)),
        fps: told.fps.map_or(UNKNOWN_FPS, i64::from),
        size_bytes: told.size,
        has_audio: told.has_audio,
        has_video: told.has_video,
        torrent_url: text(told.torrent.as_ref()),
        magnet_uri: told.magnet.as_ref().map(|magnet| magnet.uri.clone()),
        metadata_url: text(told.metadata.as_ref()),
    }
}

fn text(url: Option<&HttpUrl>) -> Option<String> {
    url.map(ToString::to_string)
}
