//! Canonical texts against those of jsonld.js 8.3 (`canonize`, URDNA2015, safe mode), which PeerTube signs with:
//! `tests/fixtures/ld/urdna2015.json` has their hashes.

use std::path::Path;

use super::*;

fn fixture(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

#[test]
fn recorded_documents_have_the_text_others_sign() {
    let hashes = fixture("ld/urdna2015.json");
    for (name, hash) in hashes.as_object().unwrap() {
        let exchange = fixture(&format!("peertube-6.3/by-type/{name}.json"));
        let document = exchange["request_body"].as_object().unwrap();
        let text = signed_text("", document).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(text[64..], *hash.as_str().unwrap(), "{name}");
    }
    assert_eq!(hashes.as_object().unwrap().len(), 21);
}
