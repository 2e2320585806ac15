//! One JSON object, read field by field.
//!
//! JSON-LD lets a single value stand for an array and an object stand for its id; everything here takes all three. `null` is
//! as good as absent. Optional fields that make no sense are absent, required ones are [`Invalid`].

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::{HttpUrl, Invalid, Rules};

/// PeerTube keeps durations in 32 bits.
const MAX_DURATION_S: i64 = 2_147_483_647;
/// JavaScript counts to here (2^53 - 1).
const MAX_COUNT: i64 = 9_007_199_254_740_991;
/// The longest type anyone uses is not half as long.
pub(super) const MAX_KIND_CHARS: usize = 50;

pub(super) const MISSING: &str = "is missing";

#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    map: &'a Map<String, Value>,
    pub(super) rules: Rules,
}

impl<'a> Node<'a> {
    pub(super) fn new(value: &'a Value, rules: Rules) -> Result<Self, Invalid> {
        Self::find(value, rules).ok_or(Invalid::new("document", "is not an object"))
    }

    pub(super) fn find(value: &'a Value, rules: Rules) -> Option<Self> {
        value.as_object().map(|map| Self { map, rules })
    }

    pub(super) fn get(self, field: &str) -> Option<&'a Value> {
        self.map.get(field).filter(|value| !value.is_null())
    }

    /// Whether the field is there, be it as `null`.
    pub(super) fn has(self, field: &str) -> bool {
        self.map.contains_key(field)
    }

    /// Its first `type`, or nothing.
    pub(super) fn kind(self) -> &'a str {
        self.map.get("type").and_then(first_str).unwrap_or_default()
    }

    /// Its type, to be kept: of a length that suits a log.
    pub(super) fn kind_name(self) -> String {
        self.kind().chars().take(MAX_KIND_CHARS).collect()
    }

    pub(super) fn expect_kind(self, kind: &str) -> Result<(), Invalid> {
        if self.kind() == kind {
            Ok(())
        } else {
            Err(Invalid::new("type", "is not the expected one"))
        }
    }

    pub(super) fn id(self) -> Result<HttpUrl, Invalid> {
        self.url("id")
    }

    /// The first address in a field.
    pub(super) fn url(self, field: &'static str) -> Result<HttpUrl, Invalid> {
        let value = self.get(field).ok_or(Invalid::new(field, MISSING))?;
        let text = ids_of(value)
            .next()
            .ok_or(Invalid::new(field, "is not an address"))?;
        HttpUrl::parse(text, field, self.rules)
    }

    pub(super) fn optional_url(self, field: &'static str) -> Option<HttpUrl> {
        self.url(field).ok()
    }

    /// The addresses among the first `max` values of a field.
    pub(super) fn urls(self, field: &'static str, max: usize) -> Vec<HttpUrl> {
        self.each(field, max)
            .filter_map(|value| HttpUrl::parse(id_of(value)?, field, self.rules).ok())
            .collect()
    }

    /// The first `max` values of a field.
    pub(super) fn each(self, field: &str, max: usize) -> impl Iterator<Item = &'a Value> + use<'a> {
        one_or_many(self.get(field)).iter().take(max)
    }

    /// The objects among the first `max` values of a field.
    pub(super) fn nodes(self, field: &str, max: usize) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let rules = self.rules;
        self.each(field, max)
            .filter_map(move |value| Node::find(value, rules))
    }

    pub(super) fn node(self, field: &str) -> Option<Node<'a>> {
        self.nodes(field, 1).next()
    }

    pub(super) fn str(self, field: &str) -> Option<&'a str> {
        self.get(field)?.as_str()
    }

    /// Text whose length, in characters, has to be within bounds.
    pub(super) fn text(self, field: &'static str, length: RangeInclusive<usize>) -> Result<String, Invalid> {
        let text = self.str(field).ok_or(Invalid::new(field, MISSING))?;
        let (min, max) = (*length.start(), *length.end());
        let text = clean(text, max.saturating_add(1));
        match text.chars().count() {
            count if count < min => Err(Invalid::new(field, "is too short")),
            count if count > max => Err(Invalid::new(field, "is too long")),
            _ => Ok(text),
        }
    }

    /// Text that is cut where it is too long; nothing if it is blank.
    pub(super) fn optional_text(self, field: &str, max: usize) -> Option<String> {
        let text = clean(self.str(field)?, max);
        (!text.trim().is_empty()).then_some(text)
    }

    pub(super) fn time(self, field: &'static str) -> Result<Timestamp, Invalid> {
        let value = self.get(field).ok_or(Invalid::new(field, MISSING))?;
        value
            .as_str()
            .and_then(|text| text.parse().ok())
            .ok_or(Invalid::new(field, "is not a date"))
    }

    pub(super) fn optional_time(self, field: &'static str) -> Option<Timestamp> {
        self.time(field).ok()
    }

    /// An ISO 8601 duration, in whole seconds. PeerTube itself writes `PT90S` only.
    pub(super) fn seconds(self, field: &'static str) -> Result<u32, Invalid> {
        let text = self.str(field).ok_or(Invalid::new(field, MISSING))?;
        text.starts_with('P')
            .then(|| text.parse::<SignedDuration>().ok())
            .flatten()
            .map(|duration| duration.as_secs())
            .filter(|seconds| (0..=MAX_DURATION_S).contains(seconds))
            .and_then(|seconds| u32::try_from(seconds).ok())
            .ok_or(Invalid::new(field, "is not a duration"))
    }

    pub(super) fn flag(self, field: &str) -> Option<bool> {
        self.get(field)?.as_bool()
    }

    /// A whole number that counts something.
    pub(super) fn count(self, field: &str) -> Option<i64> {
        let value = self.get(field)?;
        value.as_i64().filter(|count| (0..=MAX_COUNT).contains(count))
    }

    pub(super) fn small(self, field: &str) -> Option<u32> {
        u32::try_from(self.count(field)?).ok()
    }
}

/// The id of a value: itself, or of the object it is. A Link is known by what it points to.
pub fn id_of(value: &Value) -> Option<&str> {
    let Some(map) = value.as_object() else {
        return value.as_str();
    };
    ["id", "href"]
        .into_iter()
        .find_map(|field| map.get(field).and_then(Value::as_str))
}

/// The ids of one value or of all in an array.
pub fn ids_of(value: &Value) -> impl Iterator<Item = &str> {
    one_or_many(Some(value)).iter().filter_map(id_of)
}

/// The (first) type of an object; empty if it says none.
pub fn type_of(value: &Value) -> &str {
    value.get("type").and_then(first_str).unwrap_or_default()
}

fn one_or_many(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(values)) => values,
        Some(value) => std::slice::from_ref(value),
        None => &[],
    }
}

fn first_str(value: &Value) -> Option<&str> {
    one_or_many(Some(value)).iter().find_map(Value::as_str)
}

/// PostgreSQL stores no NUL.
fn clean(text: &str, max: usize) -> String {
    text.chars().filter(|&char| char != '\0').take(max).collect()
}
