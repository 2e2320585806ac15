//! `segments-sha256.json` as PeerTube's player reads it: `{ "file name": "hex digest" }`.
//!
//! The player fetches all of it again whenever it meets a segment it does not know, so only the newest are named.
//! The digests come from the same window as the playlist, so a segment is never listed before its digest is there.

use std::fmt::Write;

use super::HASHED_SEGMENTS;
use crate::live::Window;

/// The digests of the newest segments of all renditions of a live.
pub fn hashes(windows: &[&Window]) -> String {
    let mut out = String::from("{");
    for window in windows {
        let Some(last) = window.history.last() else {
            continue;
        };
        let first = (last.msn + 1)
            .saturating_sub(HASHED_SEGMENTS)
            .max(window.first_msn);
        for entry in window.history.from(first) {
            let comma = if out.len() > 1 { "," } else { "" };
            // Writing to a string does not fail.
            let _ = write!(
                out,
                "{comma}\"{}\":\"{}\"",
                window.segment_uri(entry.msn),
                entry.sha256
            );
        }
    }
    out.push('}');
    out
}
