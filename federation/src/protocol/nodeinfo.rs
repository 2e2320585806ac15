//! NodeInfo as a client: which software a server runs, and which actor stands for it.

use serde_json::Value;

use super::read::Node;
use super::{HttpUrl, Invalid, Rules};

const MAX_LINKS: usize = 20;
const MAX_SOFTWARE_CHARS: usize = 100;
const SCHEMAS: [&str; 2] = [
    "http://nodeinfo.diaspora.software/ns/schema/2.1",
    "http://nodeinfo.diaspora.software/ns/schema/2.0",
];
/// PeerTube's addition (FEP-2677).
const APPLICATION: &str = "https://www.w3.org/ns/activitystreams#Application";

/// `/.well-known/nodeinfo`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    /// The actor of the server.
    pub application: Option<HttpUrl>,
    /// Where more is said about it.
    pub document: Option<HttpUrl>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Software {
    /// In lower case: `peertube`.
    pub name: String,
    pub version: Option<String>,
}

pub fn links(value: &Value, rules: Rules) -> Result<Links, Invalid> {
    let node = Node::new(value, rules)?;
    let href = |rel: &str| {
        node.nodes("links", MAX_LINKS)
            .find(|link| link.str("rel") == Some(rel))
            .and_then(|link| link.optional_url("href"))
    };
    Ok(Links {
        application: href(APPLICATION),
        document: SCHEMAS.into_iter().find_map(href),
    })
}

pub fn software(value: &Value, rules: Rules) -> Result<Software, Invalid> {
    let software = Node::new(value, rules)?
        .node("software")
        .ok_or(Invalid::new("software", "is missing"))?;
    Ok(Software {
        name: software
            .text("name", 1..=MAX_SOFTWARE_CHARS)?
            .to_ascii_lowercase(),
        version: software.optional_text("version", MAX_SOFTWARE_CHARS),
    })
}
