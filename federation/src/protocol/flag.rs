//! Reports: somebody asks the moderators to look at something.

use super::read::Node;
use super::{HttpUrl, Invalid};

/// PeerTube's bound.
const MAX_TEXT_CHARS: usize = 3_000;
/// Mastodon reports an account along with its posts.
const MAX_OBJECTS: usize = 100;
const MAX_TAGS: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// At least one.
    pub objects: Vec<HttpUrl>,
    /// What the reporter says; Mastodon's may say nothing.
    pub text: Option<String>,
    pub reasons: Vec<Reason>,
    /// From here on in the video.
    pub start_s: Option<u32>,
    pub end_s: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    ViolentOrRepulsive,
    HatefulOrAbusive,
    SpamOrMisleading,
    Privacy,
    Rights,
    ServerRules,
    Thumbnails,
    Captions,
}

impl Reason {
    pub const ALL: [Self; 8] = [
        Self::ViolentOrRepulsive,
        Self::HatefulOrAbusive,
        Self::SpamOrMisleading,
        Self::Privacy,
        Self::Rights,
        Self::ServerRules,
        Self::Thumbnails,
        Self::Captions,
    ];

    /// As it is called in activities and in the REST API.
    pub fn name(self) -> &'static str {
        match self {
            Self::ViolentOrRepulsive => "violentOrRepulsive",
            Self::HatefulOrAbusive => "hatefulOrAbusive",
            Self::SpamOrMisleading => "spamOrMisleading",
            Self::Privacy => "privacy",
            Self::Rights => "rights",
            Self::ServerRules => "serverRules",
            Self::Thumbnails => "thumbnails",
            Self::Captions => "captions",
        }
    }

    /// PeerTube's number.
    pub fn number(self) -> i64 {
        match self {
            Self::ViolentOrRepulsive => 1,
            Self::HatefulOrAbusive => 2,
            Self::SpamOrMisleading => 3,
            Self::Privacy => 4,
            Self::Rights => 5,
            Self::ServerRules => 6,
            Self::Thumbnails => 7,
            Self::Captions => 8,
        }
    }

    pub fn numbered(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.number() == number)
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

impl Flag {
    pub(super) fn of(node: Node<'_>) -> Result<Self, Invalid> {
        let objects = node.urls("object", MAX_OBJECTS);
        if objects.is_empty() {
            return Err(Invalid::new("object", "names nothing that is reported"));
        }
        let mut reasons: Vec<_> = node
            .nodes("tag", MAX_TAGS)
            .filter_map(|tag| Reason::named(tag.str("name")?))
            .collect();
        reasons.dedup();
        Ok(Self {
            objects,
            text: node
                .optional_text("content", MAX_TEXT_CHARS)
                // Lemmy.
                .or_else(|| node.optional_text("summary", MAX_TEXT_CHARS)),
            reasons,
            start_s: node.small("startAt"),
            end_s: node.small("endAt"),
        })
    }
}
