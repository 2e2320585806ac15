//! Actors: accounts, channels, servers, and whoever else says something.

use db::ActorKind;
use jiff::Timestamp;
use serde_json::Value;

use super::read::Node;
use super::{HttpUrl, Image, Invalid, Rules};

const MAX_USERNAME_CHARS: usize = 120;
const MAX_DISPLAY_NAME_CHARS: usize = 120;
/// As PeerTube: longer summaries are cut.
const MAX_SUMMARY_CHARS: usize = 1_000;
const MAX_SUPPORT_CHARS: usize = 1_000;
/// PeerTube has four sizes of avatars and two of banners.
const MAX_IMAGES: usize = 10;
const MAX_OWNERS: usize = 10;
const PEM_CHARS: std::ops::RangeInclusive<usize> = 10..=5_000;
/// PKCS#1 (`BEGIN RSA PUBLIC KEY`) is refused by everyone.
const PEM_START: &str = "-----BEGIN PUBLIC KEY-----";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub id: HttpUrl,
    pub kind: ActorKind,
    /// `preferredUsername`: the part before `@`.
    pub name: String,
    pub display_name: String,
    pub inbox: HttpUrl,
    pub shared_inbox: Option<HttpUrl>,
    pub outbox: Option<HttpUrl>,
    pub followers: Option<HttpUrl>,
    pub following: Option<HttpUrl>,
    pub playlists: Option<HttpUrl>,
    /// The page for people.
    pub page: Option<HttpUrl>,
    pub public_key: ActorPublicKey,
    /// Markdown from PeerTube, HTML from most others.
    pub summary: Option<String>,
    pub support: Option<String>,
    pub published: Option<Timestamp>,
    pub avatars: Vec<Image>,
    pub banners: Vec<Image>,
    /// Whose it is, for groups: not empty there. A channel's owner is the first that turns out to be a person of its server.
    pub owners: Vec<HttpUrl>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorPublicKey {
    pub id: HttpUrl,
    /// The id of the actor: others are refused.
    pub owner: HttpUrl,
    /// SubjectPublicKeyInfo.
    pub pem: String,
}

impl Actor {
    pub(super) fn is_one(kind: &str) -> bool {
        kind_of(kind).is_some()
    }

    pub fn parse(value: &Value, rules: Rules) -> Result<Self, Invalid> {
        let node = Node::new(value, rules)?;
        let kind = kind_of(node.kind()).ok_or(Invalid::new("type", "is not that of an actor"))?;
        let id = node.id()?;
        let name = node.text("preferredUsername", 1..=MAX_USERNAME_CHARS)?;
        if !name.bytes().all(is_name_byte) {
            return Err(Invalid::new(
                "preferredUsername",
                "has other than letters, digits and -_.:",
            ));
        }
        let owners = node.urls("attributedTo", MAX_OWNERS);
        if kind == ActorKind::Group && owners.is_empty() {
            return Err(Invalid::new("attributedTo", "names no owner of the group"));
        }
        Ok(Self {
            public_key: ActorPublicKey::of(node, &id)?,
            display_name: node
                .optional_text("name", MAX_DISPLAY_NAME_CHARS)
                .unwrap_or_else(|| name.clone()),
            inbox: node.url("inbox")?,
            shared_inbox: node
                .node("endpoints")
                .and_then(|endpoints| endpoints.optional_url("sharedInbox")),
            outbox: node.optional_url("outbox"),
            followers: node.optional_url("followers"),
            following: node.optional_url("following"),
            playlists: node.optional_url("playlists"),
            page: node.optional_url("url"),
            summary: node.optional_text("summary", MAX_SUMMARY_CHARS),
            support: node.optional_text("support", MAX_SUPPORT_CHARS),
            published: node.optional_time("published"),
            avatars: images(node, "icon"),
            banners: images(node, "image"),
            id,
            kind,
            name,
            owners,
        })
    }
}

impl ActorPublicKey {
    fn of(node: Node<'_>, actor: &HttpUrl) -> Result<Self, Invalid> {
        let key = node
            .node("publicKey")
            .ok_or(Invalid::new("publicKey", "is missing"))?;
        let owner = key.url("owner")?;
        if owner != *actor {
            return Err(Invalid::new("owner", "is another actor"));
        }
        let pem = key.text("publicKeyPem", PEM_CHARS)?;
        if !pem.starts_with(PEM_START) {
            return Err(Invalid::new(
                "publicKeyPem",
                "is not a SubjectPublicKeyInfo in PEM",
            ));
        }
        Ok(Self {
            id: key.id()?,
            owner,
            pem,
        })
    }
}

pub(super) fn kind_of(kind: &str) -> Option<ActorKind> {
    Some(match kind {
        "Person" => ActorKind::Person,
        "Group" => ActorKind::Group,
        "Application" => ActorKind::Application,
        "Service" => ActorKind::Service,
        "Organization" => ActorKind::Organization,
        _ => return None,
    })
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':')
}

fn images(node: Node<'_>, field: &str) -> Vec<Image> {
    node.nodes(field, MAX_IMAGES).filter_map(Image::of).collect()
}
