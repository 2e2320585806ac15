//! A signed document, as JSON: whether it is refused in time, and not believed.
#![no_main]

use std::sync::LazyLock;

use federation::key::PublicKey;
use federation::signature::ld;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

static KEY: LazyLock<PublicKey> =
    LazyLock::new(|| PublicKey::from_pem(include_str!("../public-key.pem")).unwrap());

fuzz_target!(|data: &[u8]| {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(data) else {
        return;
    };
    // What every document has to have comes for free, so that the rest of it is what is tried.
    fields
        .entry("@context")
        .or_insert_with(|| json!("https://www.w3.org/ns/activitystreams"));
    let actor = json!("https://a.example/accounts/ana");
    fields.insert("actor".to_owned(), actor.clone());
    fields.insert(
        "signature".to_owned(),
        json!({
            "type": "RsaSignature2017",
            "creator": actor,
            "created": "2026-11-22T12:00:00.000Z",
            "signatureValue": "AA==",
        }),
    );
    assert!(ld::verify(&Value::Object(fields), &KEY).is_err());
});
