//! What a video is played from: its playlist, and the files behind it.

use db::{StreamingPlaylist, Video, VideoFile};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{Labelled, Site};
use crate::storage::Access;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlaylistShape {
    pub id: i64,
    /// 1: HLS.
    #[serde(rename = "type")]
    pub kind: i64,
    pub playlist_url: String,
    pub segments_sha256_url: Option<String>,
    pub redundancies: Vec<Redundancy>,
    /// Empty while a live is on air.
    pub files: Vec<FileShape>,
}

/// A mirror.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Redundancy {
    pub base_url: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileShape {
    pub id: i64,
    pub resolution: Labelled<i64>,
    pub width: Option<i64>,
    pub height: Option<i64>,
    /// Bytes.
    pub size: i64,
    pub fps: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub magnet_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub torrent_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub torrent_download_url: Option<String>,
    pub file_url: String,
    pub file_download_url: String,
    /// What ffprobe says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<String>,
    pub has_audio: bool,
    pub has_video: bool,
    /// 0: this server's disk; null: another server.
    pub storage: Option<i64>,
}

impl PlaylistShape {
    pub(crate) fn new(
        video: &Video,
        playlist: &StreamingPlaylist,
        redundancies: Vec<String>,
        site: &Site,
    ) -> Self {
        let folder = match Access::of(video.privacy) {
            Access::Public => format!("{}/static/streaming-playlists/hls/{}", site.url, video.uuid),
            Access::Private => format!(
                "{}/static/streaming-playlists/hls/private/{}",
                site.url, video.uuid
            ),
        };
        let (playlist_url, segments_sha256_url) = match &playlist.url {
            Some(url) => (url.clone(), playlist.sha256_url.clone()),
            None => (
                format!("{folder}/{}", playlist.playlist_file),
                Some(format!("{folder}/{}", playlist.sha256_file)),
            ),
        };
        Self {
            id: playlist.id,
            kind: 1,
            playlist_url,
            segments_sha256_url,
            redundancies: redundancies
                .into_iter()
                .map(|base_url| Redundancy { base_url })
                .collect(),
            files: playlist
                .files
                .iter()
                .map(|file| FileShape::new(file, &folder))
                .collect(),
        }
    }
}

impl FileShape {
    /// `folder` is where the files of a local video are.
    pub(crate) fn new(file: &VideoFile, folder: &str) -> Self {
        let url = file
            .url
            .clone()
            .unwrap_or_else(|| format!("{folder}/{}", file.file_name));
        let label = match file.resolution {
            0 => "Audio only".to_owned(),
            lines => format!("{lines}p"),
        };
        Self {
            id: file.id,
            resolution: Labelled {
                id: file.resolution,
                label,
            },
            width: file.width,
            height: file.height,
            size: file.size_bytes,
            fps: file.fps,
            magnet_uri: file.magnet_uri.clone(),
            torrent_url: file.torrent_url.clone(),
            torrent_download_url: file.torrent_url.clone(),
            // One plain file per rendition: what is played is what is downloaded.
            file_download_url: url.clone(),
            file_url: url,
            metadata_url: file.metadata_url.clone(),
            has_audio: file.has_audio,
            has_video: file.has_video,
            storage: file.url.is_none().then_some(0),
        }
    }
}
