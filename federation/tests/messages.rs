//! Requests signed by RFC 9421: by another implementation (`fixtures/rfc9421`), and by us.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::path::Path;

use federation::key::{Keys, PublicKey};
use federation::signature::{Claim, Refusal, Request, sign_rfc9421};
use http::{HeaderMap, HeaderName, Method};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

const HOST: &str = "live.example";

#[derive(Clone)]
struct Message {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    now: Timestamp,
}

impl Message {
    fn verify(&self, key: &PublicKey) -> Result<(), Refusal> {
        let request = Request {
            method: &self.method,
            path_and_query: &self.path,
            headers: &self.headers,
            body: self.body.as_deref(),
        };
        Claim::parse(&self.headers)?.verify(&request, HOST, key, self.now)
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.headers.insert(name, value.parse().unwrap());
    }

    fn text(&self, name: &str) -> String {
        self.headers[name].to_str().unwrap().to_owned()
    }
}

/// By `http-message-signatures` of npm, with the key of `https://social.example/users/ana`.
fn recorded() -> (Vec<Message>, PublicKey) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rfc9421/http-message-signatures.json");
    let recorded: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let key = PublicKey::from_pem(recorded["publicKeyPem"].as_str().unwrap()).unwrap();
    let message = |request: &Value| Message {
        method: request["method"].as_str().unwrap().parse().unwrap(),
        path: request["path"].as_str().unwrap().to_owned(),
        headers: request["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| {
                let name: HeaderName = name.parse().unwrap();
                (name, value.as_str().unwrap().parse().unwrap())
            })
            .collect(),
        body: request["body"].as_str().map(|body| body.as_bytes().to_vec()),
        now: recorded["time"].as_str().unwrap().parse().unwrap(),
    };
    let requests = recorded["requests"].as_array().unwrap();
    (requests.iter().map(message).collect(), key)
}

#[test]
fn messages_of_another_implementation_verify() {
    let (messages, key) = recorded();
    assert_eq!(messages.len(), 3);
    for message in messages {
        let claim = Claim::parse(&message.headers).unwrap();
        assert!(matches!(claim, Claim::Message(_)));
        assert_eq!(claim.actor(), "https://social.example/users/ana");
        assert_eq!(claim.key_id(), "https://social.example/users/ana#main-key");
        assert_eq!(message.verify(&key), Ok(()), "{}", message.path);
    }
}

#[test]
fn what_was_changed_on_the_way_is_refused() {
    let (messages, key) = recorded();
    let changed = |of: usize, change: &dyn Fn(&mut Message)| {
        let mut message = messages[of].clone();
        change(&mut message);
        message.verify(&key)
    };
    for of in [0, 1] {
        assert_eq!(changed(of, &|m| m.method = Method::PUT), Err(Refusal::Wrong));
        assert_eq!(changed(of, &|m| m.path.push_str("&c")), Err(Refusal::Wrong));
        assert_eq!(changed(of, &|m| m.path.insert(1, 'x')), Err(Refusal::Wrong));
        assert_eq!(
            changed(of, &|m| m.body = Some(b"{}".to_vec())),
            Err(Refusal::Digest)
        );
        assert_eq!(
            changed(of, &|m| {
                let digest = "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:";
                m.set("content-digest", digest);
                m.body = Some(b"{}".to_vec());
            }),
            Err(Refusal::Wrong)
        );
        assert_eq!(
            changed(of, &|m| m.set("host", "other.example")),
            Err(Refusal::Host)
        );
        assert_eq!(
            changed(of, &|m| _ = m.headers.remove("content-digest")),
            Err(Refusal::Missing("content-digest".to_owned()))
        );
        // The key of somebody else, whom the signer claims to be.
        let input = messages[of].text("signature-input");
        let stolen = input.replace("users/ana", "users/eve");
        assert_eq!(
            changed(of, &|m| m.set("signature-input", &stolen)),
            Err(Refusal::Wrong)
        );
        let later = input.replace("created=1795348800", "created=1795348801");
        assert_eq!(
            changed(of, &|m| m.set("signature-input", &later)),
            Err(Refusal::Wrong)
        );
    }
    assert_eq!(
        changed(1, &|m| m.set("date", "Sun, 22 Nov 2026 12:00:01 GMT")),
        Err(Refusal::Wrong)
    );
    // A second line of a signed header is signed with the first.
    let twice = changed(1, &|m| _ = m.headers.append("date", "x".parse().unwrap()));
    assert_eq!(twice, Err(Refusal::Wrong));
}

#[test]
fn messages_grow_old() {
    let (messages, key) = recorded();
    let after = |of: usize, seconds: i64| {
        let mut message = messages[of].clone();
        message.now += SignedDuration::from_secs(seconds);
        message.verify(&key)
    };
    assert_eq!(after(0, 1_800), Ok(()));
    assert_eq!(after(0, 1_801), Err(Refusal::Skew));
    assert_eq!(after(0, -1_801), Err(Refusal::Skew));
    // This one says itself that it expires after five minutes.
    assert_eq!(after(1, 300), Ok(()));
    assert_eq!(after(1, 301), Err(Refusal::Skew));
}

#[test]
fn hostile_inputs_are_refused() {
    let (messages, key) = recorded();
    let with = |input: &str| {
        let mut message = messages[0].clone();
        message.set("signature-input", input);
        message.verify(&key)
    };
    let rest = r#";created=1795348800;keyid="https://social.example/users/ana""#;
    let covering = |names: &str| with(&format!("sig1=({names}){rest}"));
    let component = |name: &str| Err(Refusal::Component(name.to_owned()));
    let (target, method) = (Refusal::NotCovered("@target-uri"), Refusal::NotCovered("@method"));
    assert_eq!(covering(r#""@target-uri" "content-digest""#), Err(method));
    assert_eq!(
        covering(r#""@method" "@target-uri""#),
        Err(Refusal::NotCovered("content-digest"))
    );
    for too_little in [
        r#""@method" "content-digest""#,
        r#""@method" "content-digest" "@authority" "@path""#,
        r#""@method" "content-digest" "@path" "@query""#,
    ] {
        assert_eq!(covering(too_little), Err(target.clone()), "{too_little}");
    }
    assert_eq!(covering(r#""@method" "@status""#), component("@status"));
    assert_eq!(
        covering(r#""@method" "@query-param";name="a""#),
        component("@query-param")
    );
    assert_eq!(covering(r#""@method" "Date""#), component("Date"));
    assert_eq!(covering(r#""@method" "date";bs"#), component("date"));
    assert_eq!(covering(r#""@method" "x\"y""#), component("x\"y"));
    assert_eq!(
        covering(r#""@method" "@target-uri" "content-digest" "nothing""#),
        Err(Refusal::Missing("nothing".to_owned()))
    );
    for malformed in [
        String::new(),
        "sig1".to_owned(),
        "sig1=1".to_owned(),
        "sig1=()".to_owned(),
        "sig1=(".to_owned(),
        format!("other=(){rest}"),
        format!(r#"sig1=("@method" "@method"){rest}"#),
        format!("sig1=(1){rest}"),
        format!("sig1=({}){rest}", r#""a" "#.repeat(17)),
        format!("sig1=(){rest}{}", ";x".repeat(3_000)),
        format!("a=(){rest}, b=(){rest}, c=(){rest}, d=(){rest}, sig1=(){rest}"),
        r#"sig1=();created=1795348800;keyid="ana""#.to_owned(),
        format!(r#"sig1=(){rest};expires="never""#),
        // RFC 9651 4.2.3.2: of two, the last counts.
        format!(r#"sig1=(){rest};keyid="ana""#),
    ] {
        assert_eq!(with(&malformed), Err(Refusal::Malformed), "{malformed}");
    }
    assert_eq!(
        with(r#"sig1=();keyid="https://social.example/users/ana""#),
        Err(Refusal::NotCovered("created"))
    );
    assert_eq!(
        with(&format!(r#"sig1=(){rest};alg="hmac-sha256""#)),
        Err(Refusal::Algorithm("hmac-sha256".to_owned()))
    );
    let mut message = messages[0].clone();
    message.headers.remove("signature");
    assert_eq!(
        message.verify(&key),
        Err(Refusal::Missing("signature".to_owned()))
    );
}

#[tokio::test]
async fn what_is_signed_here_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let db = db::Db::connect(&format!("sqlite://{}", folder.path().join("db").display()))
        .await
        .unwrap();
    let actor = db::Actor::instance(&db).await.unwrap();
    let keys = Keys::default();
    let public = PublicKey::from_pem(&keys.public_pem(&db, actor.id).await.unwrap()).unwrap();
    let private = keys.private(&db, actor.id).await.unwrap();
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let key_id = "https://a.example/accounts/peertube";
    for (scheme, method, path, body) in [
        ("https", Method::POST, "/inbox", Some("{}")),
        ("https", Method::GET, "/accounts/ana/outbox?page=1", None),
        // Between servers without TLS.
        ("http", Method::GET, "/", None),
    ] {
        let target = format!("{scheme}://{HOST}{path}");
        let body = body.map(str::as_bytes);
        let mut headers = HeaderMap::new();
        headers.insert("host", "LIVE.example".parse().unwrap());
        for (name, value) in sign_rfc9421(&method, &target, body, key_id, &private, now).unwrap() {
            headers.insert(name, value.parse().unwrap());
        }
        let message = Message {
            method,
            path: path.to_owned(),
            headers,
            body: body.map(<[u8]>::to_vec),
            now,
        };
        assert_eq!(Claim::parse(&message.headers).unwrap().actor(), key_id);
        assert_eq!(message.verify(&public), Ok(()), "{target}");
    }
    let odd = r#"https://a.example/"quoted""#;
    assert!(sign_rfc9421(&Method::GET, "https://b.example/", None, odd, &private, now).is_err());
}
