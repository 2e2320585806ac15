//! Views and viewers. The id of the activity tells one viewer from another.

use jiff::Timestamp;

use super::read::Node;
use super::{HttpUrl, Invalid};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub video: HttpUrl,
    pub presence: Presence,
}

/// Three things share one activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// One more view.
    Viewed,
    /// Somebody watches now, and is gone at that time if nothing more is said.
    Watching { until: Timestamp },
    /// The origin says how many watch now, everywhere.
    Total { viewers: i64, until: Option<Timestamp> },
}

impl View {
    pub(super) fn of(node: Node<'_>) -> Result<Self, Invalid> {
        // `expiration` is how it was called first.
        let until = ["expires", "expiration"]
            .into_iter()
            .find(|field| node.get(field).is_some())
            .map(|field| node.time(field))
            .transpose()?;
        let presence = match (node.node("result"), until) {
            (Some(result), until) => Presence::Total {
                viewers: viewers(result)?,
                until,
            },
            (None, Some(until)) => Presence::Watching { until },
            (None, None) => Presence::Viewed,
        };
        Ok(Self {
            video: node.url("object")?,
            presence,
        })
    }
}

fn viewers(result: Node<'_>) -> Result<i64, Invalid> {
    let watched = result
        .each("interactionType", 1)
        .any(|kind| kind == "WatchAction" || kind == "http://schema.org/WatchAction");
    if result.kind() != "InteractionCounter" || !watched {
        return Err(Invalid::new("result", "does not count viewers"));
    }
    result
        .count("userInteractionCount")
        .ok_or(Invalid::new("userInteractionCount", "is not a count"))
}
