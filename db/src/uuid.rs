//! Public identifiers of videos: UUIDs, and their short form in links.

use std::fmt;
use std::str::FromStr;

/// Flickr's base58: no 0, O, I or l, which people mix up.
const ALPHABET: &[u8; 58] = b"123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";
/// 58^22 is the first power above 2^128, so every UUID fits, padded to this length.
const SHORT_LEN: usize = 22;

/// A UUID, shown as the usual 36 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uuid(uuid::Uuid);

/// Neither a UUID nor a short one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct ParseError;

impl Uuid {
    /// A random one (version 4).
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4())
    }

    /// The 22 characters of `/w/...` links.
    pub fn short(self) -> String {
        let mut value = self.0.as_u128();
        let mut digits = [b'1'; SHORT_LEN];
        for digit in digits.iter_mut().rev() {
            let index = usize::try_from(value % 58).unwrap_or_default();
            *digit = ALPHABET.get(index).copied().unwrap_or(b'1');
            value /= 58;
        }
        digits.iter().copied().map(char::from).collect()
    }

    fn from_short(text: &str) -> Option<Self> {
        if text.len() != SHORT_LEN {
            return None;
        }
        let mut value: u128 = 0;
        for byte in text.bytes() {
            let digit = ALPHABET.iter().position(|&letter| letter == byte)?;
            value = value.checked_mul(58)?.checked_add(u128::try_from(digit).ok()?)?;
        }
        Some(Self(uuid::Uuid::from_u128(value)))
    }
}

impl FromStr for Uuid {
    type Err = ParseError;

    /// Reads both forms.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text.len() {
            36 => uuid::Uuid::try_parse(text).map(Self).map_err(|_| ParseError),
            _ => Self::from_short(text).ok_or(ParseError),
        }
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl serde::Serialize for Uuid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How clients name a video: its number, its UUID or its short UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VideoRef {
    Id(i64),
    Uuid(Uuid),
}

impl FromStr for VideoRef {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if let Ok(uuid) = text.parse() {
            return Ok(Self::Uuid(uuid));
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self::Id).map_err(|_| ParseError);
        }
        Err(ParseError)
    }
}

impl From<Uuid> for VideoRef {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

impl From<i64> for VideoRef {
    fn from(id: i64) -> Self {
        Self::Id(id)
    }
}

impl<'de> serde::Deserialize<'de> for VideoRef {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs answered by a PeerTube 6.3 server.
    const PAIRS: [(&str, &str); 3] = [
        ("65adcf8a-1447-4195-a92a-e73eba873eb8", "dyexuutQYaj3FSekC2WcdU"),
        ("20b11a88-8dd4-4c04-83d3-fc3e72d3a794", "539dmENEJY55ud9gjbviiN"),
        ("9c9de5e8-0a1e-484a-b099-e80766180a6d", "kkGMgK9ZtnKfYAgnEtQxbv"),
    ];

    #[test]
    fn short_uuids_are_peertubes() {
        for (long, short) in PAIRS {
            let uuid: Uuid = long.parse().unwrap();
            assert_eq!(uuid.short(), short);
            assert_eq!(short.parse(), Ok(uuid));
            assert_eq!(uuid.to_string(), long);
        }
        assert_eq!(
            "00000000-0000-0000-0000-000000000000"
                .parse::<Uuid>()
                .unwrap()
                .short(),
            "1".repeat(22)
        );
    }

    #[test]
    fn a_reference_is_a_number_or_a_uuid_and_nothing_else() {
        assert_eq!("42".parse(), Ok(VideoRef::Id(42)));
        assert!(matches!(PAIRS[0].1.parse(), Ok(VideoRef::Uuid(_))));
        for wrong in [
            "",
            "-1",
            "+1",
            "4 2",
            "99999999999999999999",
            "ZZZZZZZZZZZZZZZZZZZZZZ",
            "é",
            "../../etc/passwd",
        ] {
            assert_eq!(wrong.parse::<VideoRef>(), Err(ParseError), "{wrong}");
        }
    }
}
