//! From `name@host` to an address: WebFinger (RFC 7033) and, for those who look there first, host-meta (RFC 6415).

use serde_json::{Value, json};

use crate::Site;

/// The longest `resource` that is looked at.
const MAX_RESOURCE_BYTES: usize = 500;

/// What a `resource` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource<'a> {
    /// The name of somebody here.
    Local(&'a str),
    /// Somebody of another server.
    Elsewhere,
    /// Not of the form `acct:name@host`.
    Malformed,
}

impl<'a> Resource<'a> {
    pub fn parse(text: &'a str, own_host: &str) -> Self {
        let handle = text
            .strip_prefix("acct:")
            .filter(|_| text.len() <= MAX_RESOURCE_BYTES);
        match handle.and_then(|handle| handle.rsplit_once('@')) {
            Some((name, host)) if !name.is_empty() && !name.contains('@') && !host.is_empty() => {
                if host.eq_ignore_ascii_case(own_host) {
                    Self::Local(name)
                } else {
                    Self::Elsewhere
                }
            }
            _ => Self::Malformed,
        }
    }
}

/// The relation of the page from which one follows somebody of another server, and its placeholder: OStatus is gone, this is what
/// PeerTube and Mastodon took from it.
pub const SUBSCRIBE: &str = "http://ostatus.org/schema/1.0/subscribe";

/// The answer for an actor.
pub fn describe(resource: &str, actor_url: &str, site: &Site) -> Value {
    json!({
        "subject": resource,
        "aliases": [actor_url],
        "links": [
            { "rel": "self", "type": "application/activity+json", "href": actor_url },
            { "rel": SUBSCRIBE, "template": format!("{}/remote-interaction?uri={{uri}}", site.url) },
        ],
    })
}

/// `/.well-known/host-meta`: where WebFinger is.
pub fn host_meta(site: &Site) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n  \
         <Link rel=\"lrdd\" type=\"application/xrd+xml\" template=\"{}/.well-known/webfinger?resource={{uri}}\"/>\n\
         </XRD>",
        site.url.replace('&', "&amp;").replace('"', "&quot;")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_local_elsewhere_or_nonsense() {
        let parse = |text| Resource::parse(text, "tube.example:9000");
        assert_eq!(parse("acct:ana@tube.example:9000"), Resource::Local("ana"));
        assert_eq!(parse("acct:ana@Tube.example:9000"), Resource::Local("ana"));
        assert_eq!(parse("acct:ana@tube.example"), Resource::Elsewhere);
        let long = format!("acct:{}@tube.example:9000", "a".repeat(500));
        for wrong in [
            "",
            "ana@tube.example:9000",
            "acct:ana",
            "acct:@tube.example:9000",
            "acct:a@b@c",
            &long,
        ] {
            assert_eq!(parse(wrong), Resource::Malformed, "{wrong}");
        }
    }
}
