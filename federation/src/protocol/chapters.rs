//! The chapters of a video.

use serde_json::Value;

use super::read::Node;
use super::{Invalid, Rules};

const MAX_CHAPTERS: usize = 1_000;
const NAME_CHARS: std::ops::RangeInclusive<usize> = 1..=100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    pub name: String,
    pub start_s: u32,
    /// Not before the start.
    pub end_s: Option<u32>,
}

/// In the order of time. Those that make no sense are left out.
pub fn parse_chapters(value: &Value, rules: Rules) -> Result<Vec<Chapter>, Invalid> {
    let node = Node::new(value, rules)?;
    if node.get("hasPart").is_none() {
        return Err(Invalid::new("hasPart", "is missing"));
    }
    let mut chapters: Vec<_> = node
        .nodes("hasPart", MAX_CHAPTERS)
        .filter_map(|part| {
            let start_s = part.small("startOffset")?;
            Some(Chapter {
                name: part.text("name", NAME_CHARS).ok()?,
                start_s,
                end_s: part.small("endOffset").filter(|&end_s| end_s >= start_s),
            })
        })
        .collect();
    chapters.sort_by_key(|chapter| chapter.start_s);
    chapters.dedup_by_key(|chapter| chapter.start_s);
    Ok(chapters)
}
