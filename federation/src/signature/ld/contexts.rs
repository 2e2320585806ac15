//! The JSON-LD contexts that documents of the fediverse refer to, bundled: a context that is fetched when a signature is
//! checked would let whoever serves it decide what was signed.

use std::sync::LazyLock;

use serde_json::{Map, Value};

/// Without it a document is no ActivityPub.
pub(super) const ACTIVITY_STREAMS: &str = "https://www.w3.org/ns/activitystreams";
pub(super) const SECURITY: &str = "https://w3id.org/security/v1";

/// Where terms end up that no context defines, and references that are no addresses.
pub(super) const UNDEFINED: &str = "undefined://term/";

/// By address: published files, byte for byte (`contexts/README.md`).
const BUNDLED: [(&str, &str); 7] = [
    (
        ACTIVITY_STREAMS,
        include_str!("../../../contexts/activitystreams.jsonld"),
    ),
    (SECURITY, include_str!("../../../contexts/security-v1.jsonld")),
    (
        "https://w3id.org/security/data-integrity/v1",
        include_str!("../../../contexts/data-integrity-v1.jsonld"),
    ),
    (
        "https://w3id.org/security/data-integrity/v2",
        include_str!("../../../contexts/data-integrity-v2.jsonld"),
    ),
    (
        "https://w3id.org/security/multikey/v1",
        include_str!("../../../contexts/multikey-v1.jsonld"),
    ),
    (
        "https://www.w3.org/ns/did/v1",
        include_str!("../../../contexts/did-v1.jsonld"),
    ),
    (
        "https://purl.archive.org/miscellany",
        include_str!("../../../contexts/miscellany.jsonld"),
    ),
];

/// ActivityStreams sends terms it does not define to `_:`, where statements are dropped without a word. Here they get an address
/// that shows.
static ACTIVITY_STREAMS_STRICT: LazyLock<String> = LazyLock::new(|| {
    let mut context = definitions(ACTIVITY_STREAMS);
    context.insert("@vocab".to_owned(), UNDEFINED.into());
    Value::from(Map::from_iter([("@context".to_owned(), context.into())])).to_string()
});

/// The document behind an address.
pub(super) fn document(url: &str) -> Option<&'static str> {
    if url == ACTIVITY_STREAMS {
        return Some(ACTIVITY_STREAMS_STRICT.as_str());
    }
    BUNDLED
        .iter()
        .find(|(known, _)| *known == url)
        .map(|(_, text)| *text)
}

/// The terms of a bundled context.
pub(super) fn definitions(url: &str) -> Map<String, Value> {
    let text = BUNDLED.iter().find(|(known, _)| *known == url);
    let document = text.and_then(|(_, text)| serde_json::from_str(text).ok());
    match document
        .as_ref()
        .and_then(|document: &Value| document.get("@context"))
    {
        Some(Value::Object(terms)) => terms.clone(),
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundled_contexts_are_objects_of_terms() {
        for (url, _) in BUNDLED {
            assert!(definitions(url).len() > 2, "{url}");
        }
        assert_eq!(definitions(ACTIVITY_STREAMS)["@vocab"], "_:");
        assert!(document(ACTIVITY_STREAMS).unwrap().contains(UNDEFINED));
        assert_eq!(document("https://www.w3.org/ns/activitystreams#"), None);
    }
}
