//! What the API says: PeerTube's shapes, field by field, made of rows.

pub(crate) mod abuse;
pub(crate) mod actor;
pub(crate) mod comment;
pub(crate) mod follow;
pub(crate) mod notification;
pub(crate) mod playlist;
pub(crate) mod user;
pub(crate) mod video;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

/// A value of a closed set with its English name; `null` and `Unknown` when there is none.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Labelled<T> {
    pub id: T,
    pub label: String,
}

impl<T> Labelled<T> {
    pub(crate) fn new(id: T, label: &str) -> Self {
        Self {
            id,
            label: label.to_owned(),
        }
    }
}

impl<T> Labelled<Option<T>> {
    pub(crate) fn optional(id: Option<T>, label: impl FnOnce(&T) -> Option<&'static str>) -> Self {
        let label = id.as_ref().and_then(label).unwrap_or("Unknown").to_owned();
        Self { id, label }
    }
}

/// ISO 8601 with milliseconds, as JavaScript writes it: clients compare and sort these as text.
pub(crate) fn iso(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
        .to_string()
}

/// Addresses of this server.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// `https://tube.example`, without a slash at the end.
    pub url: String,
    /// What follows `@` in handles.
    pub host: String,
}

impl Site {
    pub(crate) fn of(config: &crate::config::Config) -> Self {
        Self {
            url: config.public_url(),
            host: config.host(),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_are_written_as_javascript_writes_them() {
        let time = |text: &str| super::iso(text.parse().unwrap());
        assert_eq!(time("2026-11-22T12:54:40.504Z"), "2026-11-22T12:54:40.504Z");
        assert_eq!(time("2026-11-22T12:54:40Z"), "2026-11-22T12:54:40.000Z");
    }
}
