//! Headers of signed requests, of both kinds: `Signature` (draft-cavage), or with a second line `Signature-Input` (RFC 9421).
#![no_main]

use std::sync::LazyLock;

use federation::key::PublicKey;
use federation::signature::{Claim, Request};
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<PublicKey> =
    LazyLock::new(|| PublicKey::from_pem(include_str!("../public-key.pem")).unwrap());

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("live.example"));
    headers.insert("date", HeaderValue::from_static("Sun, 22 Nov 2026 12:00:00 GMT"));
    for name in ["signature", "signature-input", "content-digest", "digest"] {
        if let Some(value) = lines.next().and_then(|line| HeaderValue::from_bytes(line).ok()) {
            headers.insert(name, value);
        }
    }
    let Ok(claim) = Claim::parse(&headers) else {
        return;
    };
    assert!(claim.key_id().starts_with(claim.actor()));
    for (method, body) in [(Method::POST, Some(&b"{}"[..])), (Method::GET, None)] {
        let request = Request {
            method: &method,
            path_and_query: "/inbox?page=1",
            headers: &headers,
            body,
        };
        let now = Timestamp::from_second(1_795_348_800).unwrap();
        // Nobody here has the private key.
        assert!(claim.verify(&request, "live.example", &KEY, now).is_err());
    }
});
