//! What a viewer watched: another server tells about an hour after the viewer left. It names no one.

use db::Uuid;
use jiff::Timestamp;
use serde_json::Value;

use super::read::Node;
use super::video::uuid;
use super::{HttpUrl, Invalid, Rules};

/// As in PeerTube.
const MAX_SECTIONS: usize = 100;
const MAX_REGION_CHARS: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchAction {
    pub id: HttpUrl,
    pub uuid: Uuid,
    pub video: HttpUrl,
    /// In total, which may be more than the video is long.
    pub watched_s: u32,
    pub start: Timestamp,
    pub end: Timestamp,
    pub sections: Vec<WatchSection>,
    pub location: Option<Location>,
}

/// Seconds of the video; the end is not before the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchSection {
    pub start_s: u32,
    pub end_s: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Two letters (ISO 3166-1), upper case.
    pub country: String,
    pub region: Option<String>,
}

impl WatchAction {
    pub fn parse(value: &Value, rules: Rules) -> Result<Self, Invalid> {
        let node = Node::new(value, rules)?;
        node.expect_kind("WatchAction")?;
        if node.str("actionStatus") != Some("CompletedActionStatus") {
            return Err(Invalid::new("actionStatus", "is not that of a completed action"));
        }
        let (start, end) = (node.time("startTime")?, node.time("endTime")?);
        if end < start {
            return Err(Invalid::new("endTime", "is before the start"));
        }
        Ok(Self {
            id: node.id()?,
            uuid: uuid(node)?,
            video: node.url("object")?,
            watched_s: node.seconds("duration")?,
            start,
            end,
            sections: node
                .nodes("watchSections", MAX_SECTIONS)
                .filter_map(WatchSection::of)
                .collect(),
            location: node.node("location").and_then(Location::of),
        })
    }
}

impl WatchSection {
    fn of(node: Node<'_>) -> Option<Self> {
        let (start_s, end_s) = (node.small("startTimestamp")?, node.small("endTimestamp")?);
        (start_s <= end_s).then_some(Self { start_s, end_s })
    }
}

impl Location {
    fn of(node: Node<'_>) -> Option<Self> {
        let country = node.str("addressCountry")?;
        let is_code = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_alphabetic());
        is_code.then(|| Self {
            country: country.to_ascii_uppercase(),
            region: node.optional_text("addressRegion", MAX_REGION_CHARS),
        })
    }
}
