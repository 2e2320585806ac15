//! Objects as other servers read them, one kind per file.

pub mod actor;
pub mod collection;
pub mod comment;
pub mod video;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Dates as JavaScript writes them, which is how PeerTube sends them.
pub(crate) fn iso(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
        .to_string()
}
