//! Playlists of videos, and their elements.

use db::Uuid;
use jiff::Timestamp;
use serde_json::Value;

use super::read::Node;
use super::video::uuid;
use super::{HttpUrl, Image, Invalid, Recipients, Rules};

const NAME_CHARS: std::ops::RangeInclusive<usize> = 1..=120;
const MAX_DESCRIPTION_CHARS: usize = 1_000;
/// One channel; two would make it nobody's.
const MAX_CHANNELS: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playlist {
    pub id: HttpUrl,
    pub uuid: Uuid,
    pub name: String,
    /// Markdown.
    pub description: Option<String>,
    pub published: Timestamp,
    pub updated: Option<Timestamp>,
    /// Of the playlist's server.
    pub channel: HttpUrl,
    pub icon: Option<Image>,
    pub total_items: Option<i64>,
    /// Where the elements start, if there are any. Pages are read as [`Collection`](super::Collection).
    pub first: Option<HttpUrl>,
    pub recipients: Recipients,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaylistElement {
    pub id: HttpUrl,
    pub video: HttpUrl,
    /// From 1.
    pub position: u32,
    pub start_s: Option<u32>,
    pub stop_s: Option<u32>,
}

impl Playlist {
    pub fn parse(value: &Value, rules: Rules) -> Result<Self, Invalid> {
        let node = Node::new(value, rules)?;
        node.expect_kind("Playlist")?;
        // PeerTube gives pages the type and all fields of the whole.
        if node.get("partOf").is_some() {
            return Err(Invalid::new("partOf", "makes it a page of a playlist"));
        }
        let id = node.id()?;
        Ok(Self {
            uuid: uuid(node)?,
            name: node.text("name", NAME_CHARS)?,
            description: node.optional_text("content", MAX_DESCRIPTION_CHARS),
            published: node.time("published")?,
            updated: node.optional_time("updated"),
            channel: channel(node, &id)?,
            icon: node.node("icon").and_then(Image::of),
            total_items: node.count("totalItems"),
            first: node.optional_url("first"),
            recipients: Recipients::of(node),
            id,
        })
    }
}

fn channel(node: Node<'_>, id: &HttpUrl) -> Result<HttpUrl, Invalid> {
    let invalid = |problem| Err(Invalid::new("attributedTo", problem));
    let mut channels = node.urls("attributedTo", MAX_CHANNELS).into_iter();
    match (channels.next(), channels.next()) {
        (Some(channel), None) if channel.is_beside(id) => Ok(channel),
        (Some(_), None) => invalid("is of another server than the playlist"),
        _ => invalid("is not one channel"),
    }
}

impl PlaylistElement {
    pub fn parse(value: &Value, rules: Rules) -> Result<Self, Invalid> {
        let node = Node::new(value, rules)?;
        node.expect_kind("PlaylistElement")?;
        Ok(Self {
            id: node.id()?,
            video: node.url("url")?,
            position: node
                .small("position")
                .filter(|&position| position > 0)
                .ok_or(Invalid::new("position", "is not a number from 1"))?,
            start_s: node.small("startTimestamp"),
            stop_s: node.small("stopTimestamp"),
        })
    }
}
