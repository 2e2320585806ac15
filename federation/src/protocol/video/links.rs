//! The `url` of a video: its page, its files, its HLS playlist and its trackers, in one list.

use serde_json::Value;
use url::Url;

use super::super::read::Node;
use super::super::url::checked;
use super::super::{HttpUrl, Rules};

/// Four links for each file of each resolution, twice.
const MAX_LINKS: usize = 200;
const MAX_FILES: usize = 40;
const MAX_INFOHASHES: usize = 40;
const MAX_TRACKERS: usize = 10;
const MAX_ATTACHMENTS: usize = 20;
const MAX_RELATIONS: usize = 10;
/// A magnet names its file, its torrent and all mirrors: PeerTube's are up to 2 kB long.
const MAX_MAGNET_CHARS: usize = 5_000;
/// SHA-1 in hexadecimal.
const INFOHASH_CHARS: usize = 40;

pub(super) struct Links {
    pub(super) page: Option<HttpUrl>,
    pub(super) web_videos: Vec<VideoFile>,
    pub(super) hls: Option<Hls>,
    pub(super) trackers: Vec<Tracker>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoFile {
    pub url: HttpUrl,
    pub media_type: String,
    /// 0 if there is no picture.
    pub height: u32,
    pub width: Option<u32>,
    /// In bytes.
    pub size: i64,
    pub fps: Option<u32>,
    pub has_audio: bool,
    pub has_video: bool,
    pub fragmented: bool,
    pub torrent: Option<HttpUrl>,
    pub magnet: Option<Magnet>,
    /// What ffprobe says about it.
    pub metadata: Option<HttpUrl>,
}

/// A `magnet:` address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Magnet {
    pub uri: String,
    /// Hexadecimal.
    pub infohash: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hls {
    /// The multivariant playlist.
    pub playlist: HttpUrl,
    /// Of the swarms. PeerTube computes them itself.
    pub infohashes: Vec<String>,
    /// Without, players have to leave P2P alone.
    pub segments_sha256: Option<HttpUrl>,
    /// None while a live is on air.
    pub files: Vec<VideoFile>,
}

/// Where viewers find each other: an address of http(s) or ws(s).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracker {
    pub url: String,
    pub websocket: bool,
}

impl Links {
    pub(super) fn of(node: Node<'_>) -> Self {
        let links: Vec<_> = node.nodes("url", MAX_LINKS).collect();
        let page = links
            .iter()
            .find(|link| media_type(**link) == "text/html")
            .and_then(|link| link.optional_url("href"))
            // Whoever sends one address means the page.
            .or_else(|| {
                let text = node.each("url", 1).find_map(Value::as_str)?;
                HttpUrl::parse(text, "url", node.rules).ok()
            });
        Self {
            page,
            web_videos: files(&links, false),
            hls: links.iter().find_map(|link| Hls::of(*link)),
            trackers: links
                .iter()
                .filter_map(|link| Tracker::of(*link))
                .take(MAX_TRACKERS)
                .collect(),
        }
    }
}

impl Hls {
    fn of(link: Node<'_>) -> Option<Self> {
        if !media_type(link).eq_ignore_ascii_case("application/x-mpegURL") {
            return None;
        }
        let tags: Vec<_> = link.nodes("tag", MAX_LINKS).collect();
        Some(Self {
            playlist: link.optional_url("href")?,
            infohashes: tags
                .iter()
                .filter(|tag| tag.kind() == "Infohash")
                .filter_map(|tag| tag.str("name").and_then(infohash))
                .take(MAX_INFOHASHES)
                .collect(),
            segments_sha256: tags
                .iter()
                .find(|tag| tag.str("name") == Some("sha256") && media_type(**tag) == "application/json")
                .and_then(|tag| tag.optional_url("href")),
            files: files(&tags, true),
        })
    }
}

/// The files among links, and what other links say about each.
fn files(links: &[Node<'_>], in_playlist: bool) -> Vec<VideoFile> {
    links
        .iter()
        .filter_map(|link| VideoFile::of(*link, in_playlist))
        .take(MAX_FILES)
        .map(|file| file.completed(links))
        .collect()
}

impl VideoFile {
    fn of(link: Node<'_>, in_playlist: bool) -> Option<Self> {
        let media_type = media_type(link);
        if !matches!(media_type, "video/mp4" | "video/webm" | "video/ogg" | "audio/mp4") {
            return None;
        }
        let height = link.small("height")?;
        let properties: Vec<_> = link
            .nodes("attachment", MAX_ATTACHMENTS)
            .filter(|property| property.kind() == "PropertyValue")
            .collect();
        let says = |name: &str, value: &str| {
            properties
                .iter()
                .any(|property| property.str("name") == Some(name) && property.str("value") == Some(value))
        };
        // Before PeerTube 6.3 files say nothing of themselves.
        let silent = properties.is_empty();
        Some(Self {
            url: link.optional_url("href")?,
            media_type: media_type.to_owned(),
            height,
            width: link.small("width"),
            size: link.count("size")?,
            fps: link.small("fps"),
            has_audio: silent || says("ffprobe_codec_type", "audio"),
            has_video: if silent {
                height > 0
            } else {
                says("ffprobe_codec_type", "video")
            },
            fragmented: if silent {
                in_playlist
            } else {
                says("peertube_format_flag", "fragmented")
            },
            torrent: None,
            magnet: None,
            metadata: None,
        })
    }

    /// Links belong to the file of their height, and of their frame rate if both say one.
    fn completed(mut self, links: &[Node<'_>]) -> Self {
        for link in links {
            let fps = link.small("fps");
            let other_fps = fps.is_some() && self.fps.is_some() && fps != self.fps;
            if link.small("height") != Some(self.height) || other_fps {
                continue;
            }
            match media_type(*link) {
                "application/x-bittorrent" if self.torrent.is_none() => {
                    self.torrent = link.optional_url("href");
                }
                "application/x-bittorrent;x-scheme-handler/magnet" if self.magnet.is_none() => {
                    self.magnet = link.str("href").and_then(Magnet::of);
                }
                "application/json" if self.metadata.is_none() && has_rel(*link, "metadata") => {
                    self.metadata = link.optional_url("href");
                }
                _ => {}
            }
        }
        self
    }
}

impl Magnet {
    fn of(text: &str) -> Option<Self> {
        let plain = !text.chars().any(|char| char.is_control() || char.is_whitespace());
        if !plain || text.len() > MAX_MAGNET_CHARS {
            return None;
        }
        let uri = Url::parse(text).ok().filter(|uri| uri.scheme() == "magnet")?;
        Some(Self {
            infohash: uri
                .query_pairs()
                .filter(|(key, _)| key == "xt")
                .find_map(|(_, topic)| infohash(topic.strip_prefix("urn:btih:")?)),
            uri: text.to_owned(),
        })
    }
}

impl Tracker {
    fn of(link: Node<'_>) -> Option<Self> {
        if !has_rel(link, "tracker") {
            return None;
        }
        let text = link.str("href")?;
        let url = checked(text).ok()?;
        let Rules { allow_http } = link.rules;
        let websocket = match url.scheme() {
            "wss" => true,
            "ws" if allow_http => true,
            "https" => false,
            "http" if allow_http => false,
            _ => return None,
        };
        Some(Self {
            url: text.to_owned(),
            websocket,
        })
    }
}

fn media_type(link: Node<'_>) -> &str {
    link.str("mediaType").unwrap_or_default()
}

fn has_rel(link: Node<'_>, rel: &str) -> bool {
    link.each("rel", MAX_RELATIONS).any(|value| value == rel)
}

fn infohash(text: &str) -> Option<String> {
    let is_one = text.len() == INFOHASH_CHARS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| text.to_ascii_lowercase())
}
