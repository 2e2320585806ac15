//! Requests that PeerTube 6.3 servers really sent each other, and what becomes of them on the way.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use federation::key::{Keys, PublicKey};
use federation::signature::{Claim, Refusal, Request, digest, sign};
use http::{HeaderMap, HeaderName, Method};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// A request as it was recorded.
#[derive(Clone)]
struct Captured {
    name: String,
    method: Method,
    path: String,
    host: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    time: Timestamp,
}

impl Captured {
    fn read(name: &str, exchange: &Value) -> Self {
        let mut headers = HeaderMap::new();
        for header in exchange["request_headers"].as_array().unwrap() {
            let name: HeaderName = header[0].as_str().unwrap().parse().unwrap();
            headers.append(name, header[1].as_str().unwrap().parse().unwrap());
        }
        let url: http::Uri = exchange["url"].as_str().unwrap().parse().unwrap();
        Self {
            name: name.to_owned(),
            method: exchange["method"].as_str().unwrap().parse().unwrap(),
            path: url.path_and_query().unwrap().to_string(),
            host: url.authority().unwrap().to_string(),
            headers,
            body: exchange["request_body_raw"]
                .as_str()
                .map(|body| body.as_bytes().to_vec()),
            time: exchange["time"].as_str().unwrap().parse().unwrap(),
        }
    }

    fn verify_at(&self, key: &PublicKey, now: Timestamp) -> Result<(), Refusal> {
        let request = Request {
            method: &self.method,
            path_and_query: &self.path,
            headers: &self.headers,
            body: self.body.as_deref(),
        };
        Claim::parse(&self.headers)?.verify(&request, &self.host, key, now)
    }

    fn verify(&self, key: &PublicKey) -> Result<(), Refusal> {
        self.verify_at(key, self.time)
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.headers.insert(name, value.parse().unwrap());
    }
}

fn exchanges(folder: &str) -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/peertube-6.3")
        .join(folder);
    let read = |path: std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (
            name,
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap(),
        )
    };
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| read(entry.unwrap().path()))
        .collect()
}

/// The keys of all actors that are anywhere in what was recorded: fetched, or sent in an `Update`.
fn keys() -> BTreeMap<String, PublicKey> {
    let mut keys = BTreeMap::new();
    let all = exchanges("by-type")
        .into_values()
        .chain(exchanges("get").into_values());
    for exchange in all {
        for actor in [&exchange["response_body"], &exchange["request_body"]["object"]] {
            if let (Some(id), Some(pem)) = (actor["id"].as_str(), actor["publicKey"]["publicKeyPem"].as_str())
            {
                keys.insert(id.to_owned(), PublicKey::from_pem(pem).unwrap());
            }
        }
    }
    keys
}

fn posts() -> Vec<Captured> {
    exchanges("by-type")
        .iter()
        .filter(|(name, _)| name.starts_with("POST_"))
        .map(|(name, exchange)| Captured::read(name, exchange))
        .collect()
}

/// One whose key is known.
fn announce() -> (Captured, PublicKey) {
    let exchange = &exchanges("by-type")["POST_Announce"];
    let captured = Captured::read("POST_Announce", exchange);
    let actor = Claim::parse(&captured.headers).unwrap().actor().to_owned();
    (captured, keys().remove(&actor).unwrap())
}

/// Those whose signers' keys are not among what was recorded: of them only the form and the digest can be checked.
const WITHOUT_KEY: [&str; 15] = [
    "POST_Accept-Follow",
    "POST_Create-CacheFile",
    "POST_Create-Note",
    "POST_Create-Playlist",
    "POST_Delete",
    "POST_Dislike",
    "POST_Flag",
    "POST_Follow",
    "POST_Like",
    "POST_Undo-Create-CacheFile",
    "POST_Undo-Dislike",
    "POST_Undo-Like",
    "POST_Update-CacheFile",
    "POST_Update-Playlist",
    "POST_Update-Video",
];

#[test]
fn recorded_posts_verify_with_the_recorded_keys() {
    let keys = keys();
    let mut without_key = BTreeSet::new();
    let mut verified = 0;
    for post in posts() {
        let signature = Claim::parse(&post.headers).unwrap();
        assert_eq!(
            post.headers["digest"],
            digest(post.body.as_deref().unwrap()),
            "{}",
            post.name
        );
        if let Some(key) = keys.get(signature.actor()) {
            assert_eq!(post.verify(key), Ok(()), "{}", post.name);
            verified += 1;
        } else {
            without_key.insert(post.name);
        }
    }
    assert_eq!(without_key, WITHOUT_KEY.map(str::to_owned).into());
    assert_eq!(verified, 7);
}

#[test]
fn what_was_changed_on_the_way_is_refused() {
    let (right, key) = announce();
    let changed = |change: &dyn Fn(&mut Captured)| {
        let mut captured = right.clone();
        change(&mut captured);
        captured.verify(&key)
    };
    assert_eq!(changed(&|_| ()), Ok(()));

    let other_body = b"{}".to_vec();
    assert_eq!(
        changed(&|c| c.body = Some(other_body.clone())),
        Err(Refusal::Digest)
    );
    assert_eq!(
        changed(&|c| {
            c.set("digest", &digest(&other_body));
            c.body = Some(other_body.clone());
        }),
        Err(Refusal::Wrong)
    );
    assert_eq!(changed(&|c| _ = c.headers.remove("digest")), Err(Refusal::Digest));
    assert_eq!(
        changed(&|c| c.path = "/accounts/eve/inbox".into()),
        Err(Refusal::Wrong)
    );
    assert_eq!(changed(&|c| c.path.push_str("?a=b")), Err(Refusal::Wrong));
    assert_eq!(changed(&|c| c.method = Method::PUT), Err(Refusal::Wrong));
    assert_eq!(changed(&|c| c.set("host", "other.example")), Err(Refusal::Host));
    assert_eq!(changed(&|c| c.host = "other.example".into()), Err(Refusal::Host));
    assert_eq!(
        changed(&|c| c.set("date", "Sun, 22 Nov 2026 12:36:43 GMT")),
        Err(Refusal::Wrong)
    );
    assert_eq!(changed(&|c| c.set("date", "yesterday")), Err(Refusal::Date));
    assert_eq!(
        changed(&|c| _ = c
            .headers
            .append("date", "Sun, 22 Nov 2026 12:36:42 GMT".parse().unwrap())),
        Err(Refusal::Malformed)
    );
    let stranger = keys().remove("http://127.0.0.1:9000/accounts/peertube").unwrap();
    assert_eq!(right.verify(&stranger), Err(Refusal::Wrong));
}

#[test]
fn a_signature_that_covers_too_little_is_refused() {
    let (right, key) = announce();
    let header = right.headers["signature"].to_str().unwrap().to_owned();
    let verify = |header: &str| {
        let mut captured = right.clone();
        captured.set("signature", header);
        captured.verify(&key)
    };
    let covering = |names: &str| verify(&header.replace("(request-target) host date digest", names));
    assert_eq!(
        covering("host date digest"),
        Err(Refusal::NotCovered("(request-target)"))
    );
    assert_eq!(
        covering("(request-target) date digest"),
        Err(Refusal::NotCovered("host"))
    );
    assert_eq!(
        covering("(request-target) host digest"),
        Err(Refusal::NotCovered("date"))
    );
    assert_eq!(
        covering("(request-target) host date"),
        Err(Refusal::NotCovered("digest"))
    );
    assert_eq!(
        covering("(request-target) host date digest nothing"),
        Err(Refusal::Missing("nothing".to_owned()))
    );
    assert_eq!(
        covering("(request-target) host (created) digest"),
        Err(Refusal::Malformed)
    );
    assert_eq!(covering(&"a ".repeat(17)), Err(Refusal::Malformed));
    assert_eq!(
        verify(&header.replace("rsa-sha256", "hmac-sha256")),
        Err(Refusal::Algorithm("hmac-sha256".to_owned()))
    );
    assert_eq!(
        verify(&header.replace("http://", "file://")),
        Err(Refusal::Malformed)
    );
    assert_eq!(verify(""), Err(Refusal::Malformed));
    let mut unsigned = right.clone();
    unsigned.headers.remove("signature");
    assert_eq!(unsigned.verify(&key), Err(Refusal::Unsigned));
}

#[test]
fn clocks_may_differ_by_half_an_hour() {
    let (captured, key) = announce();
    let after = |minutes| captured.verify_at(&key, captured.time + SignedDuration::from_mins(minutes));
    assert_eq!(after(29), Ok(()));
    assert_eq!(after(-29), Ok(()));
    assert_eq!(after(31), Err(Refusal::Skew));
    assert_eq!(after(-31), Err(Refusal::Skew));
}

#[test]
fn a_key_id_names_an_actor_with_or_without_a_fragment() {
    let parse = |key_id: &str| {
        let mut headers = HeaderMap::new();
        let line = format!(r#"keyId="{key_id}",headers="date",signature="AA==""#);
        headers.insert("signature", line.parse().unwrap());
        Claim::parse(&headers).unwrap()
    };
    assert_eq!(
        parse("https://a.example/users/ana").actor(),
        "https://a.example/users/ana"
    );
    let keyed = parse("https://a.example/users/ana#main-key");
    assert_eq!(keyed.actor(), "https://a.example/users/ana");
    assert_eq!(keyed.key_id(), "https://a.example/users/ana#main-key");
}

/// Our own signatures, verified; and a GET whose signature leaves the query out, as PeerTube's do.
#[tokio::test]
async fn what_is_signed_here_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let db = db::Db::connect(&format!("sqlite://{}", folder.path().join("db").display()))
        .await
        .unwrap();
    let actor = db::Actor::instance(&db).await.unwrap();
    let keys = Keys::default();
    // Asked for by many at once, it is made once.
    let (first, second) = tokio::join!(keys.public_pem(&db, actor.id), keys.public_pem(&db, actor.id));
    let pem = first.unwrap();
    assert_eq!(second.unwrap(), pem);
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{pem}");
    assert_eq!(Keys::default().public_pem(&db, actor.id).await.unwrap(), pem);

    let public = PublicKey::from_pem(&pem).unwrap();
    assert_eq!(format!("{public:?}"), "PublicKey(2048 bits)");
    let private = keys.private(&db, actor.id).await.unwrap();
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let signed = |method: Method, path: &str, body: Option<&[u8]>| {
        let key_id = "https://a.example/accounts/peertube";
        let mut headers = HeaderMap::new();
        headers.insert("host", "b.example".parse().unwrap());
        for (name, value) in sign(&method, "b.example", path, body, key_id, &private, now).unwrap() {
            headers.insert(name, value.parse().unwrap());
        }
        Captured {
            name: "ours".to_owned(),
            method,
            path: path.to_owned(),
            host: "B.example".to_owned(),
            headers,
            body: body.map(<[u8]>::to_vec),
            time: now,
        }
    };
    let post = signed(Method::POST, "/inbox", Some(b"{}"));
    assert_eq!(post.headers["date"], "Sun, 22 Nov 2026 12:00:00 GMT");
    assert_eq!(post.verify(&public), Ok(()));
    let mut get = signed(Method::GET, "/accounts/ana/outbox", None);
    get.path.push_str("?page=1");
    assert_eq!(get.verify(&public), Ok(()));
    get.path = "/accounts/eve/outbox?page=1".to_owned();
    assert_eq!(get.verify(&public), Err(Refusal::Wrong));
}

#[test]
fn keys_that_are_none_are_refused() {
    let long = "A".repeat(5_001);
    for wrong in [
        "",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "-----BEGIN RSA PUBLIC KEY-----\nMAA=\n-----END RSA PUBLIC KEY-----",
        &long,
    ] {
        assert!(PublicKey::from_pem(wrong).is_err(), "{wrong}");
    }
}
