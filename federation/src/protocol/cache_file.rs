//! Redundancy: a server that keeps copies of a video's files says so.

use jiff::Timestamp;
use serde_json::Value;

use super::read::Node;
use super::{HttpUrl, Invalid, Rules};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheFile {
    pub id: HttpUrl,
    pub video: HttpUrl,
    /// `None`: until it is undone.
    pub expires: Option<Timestamp>,
    pub location: CacheLocation,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheLocation {
    /// A directory: the files in it are called as at the origin. Playlists and hashes stay there.
    Hls { base: HttpUrl },
    /// A copy of the plain file of this height and frame rate.
    WebVideo {
        url: HttpUrl,
        height: u32,
        fps: Option<u32>,
        size: i64,
    },
}

impl CacheFile {
    pub fn parse(value: &Value, rules: Rules) -> Result<Self, Invalid> {
        let node = Node::new(value, rules)?;
        node.expect_kind("CacheFile")?;
        Ok(Self {
            id: node.id()?,
            video: node.url("object")?,
            // A date that cannot be read is not the same as none: that would be forever.
            expires: node.get("expires").map(|_| node.time("expires")).transpose()?,
            location: CacheLocation::of(node)?,
        })
    }
}

impl CacheLocation {
    fn of(node: Node<'_>) -> Result<Self, Invalid> {
        let link = node
            .node("url")
            .ok_or(Invalid::new("url", "is not a link to files"))?;
        let url = link.url("href")?;
        match link.str("mediaType") {
            Some("application/x-mpegURL") => Ok(Self::Hls { base: url }),
            Some(media_type) if media_type.starts_with("video/") => {
                let missing = |field| Invalid::new(field, "is not a count");
                Ok(Self::WebVideo {
                    url,
                    height: link.small("height").ok_or(missing("height"))?,
                    fps: link.small("fps"),
                    size: link.count("size").ok_or(missing("size"))?,
                })
            }
            _ => Err(Invalid::new("mediaType", "is neither a playlist nor a video")),
        }
    }

    pub fn url(&self) -> &HttpUrl {
        match self {
            Self::Hls { base: url } | Self::WebVideo { url, .. } => url,
        }
    }
}
