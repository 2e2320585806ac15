//! Signatures inside of activities that PeerTube 6.3 servers really sent each other, and what becomes of them on the way.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use db::{
    Channel, CommentsPolicy, Db, Handle, LatencyMode, Live, LiveSettings, NewChannel, NewUser, NewVideo,
    Privacy, Role, StreamingPlaylist, User, VideoFile,
};
use federation::key::{Keys, PrivateKey, PublicKey};
use federation::object::video::{Facts, Picture};
use federation::signature::{Refusal, ld};
use federation::{Site, object};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

const PEERTUBE: &str = "http://127.0.0.1:9000/accounts/peertube";

fn exchanges(folder: &str) -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/peertube-6.3")
        .join(folder);
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, read(&path))
        })
        .collect()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Of all actors that are anywhere in what was recorded.
fn keys() -> BTreeMap<String, PublicKey> {
    let mut keys = BTreeMap::new();
    for exchange in exchanges("by-type")
        .into_values()
        .chain(exchanges("get").into_values())
    {
        for actor in [&exchange["response_body"], &exchange["request_body"]["object"]] {
            if let (Some(id), Some(pem)) = (actor["id"].as_str(), actor["publicKey"]["publicKeyPem"].as_str())
            {
                keys.insert(id.to_owned(), PublicKey::from_pem(pem).unwrap());
            }
        }
    }
    keys
}

/// A key of ours, and the same as others see it.
async fn pair() -> (PrivateKey, PublicKey) {
    let folder = tempfile::tempdir().unwrap();
    let db = db::Db::connect(&format!("sqlite://{}", folder.path().join("db").display()))
        .await
        .unwrap();
    let actor = db::Actor::instance(&db).await.unwrap();
    let keys = Keys::default();
    let pem = keys.public_pem(&db, actor.id).await.unwrap();
    let private = keys.private(&db, actor.id).await.unwrap();
    (private, PublicKey::from_pem(&pem).unwrap())
}

/// With the rest of an activity's fields.
fn activity(fields: Value) -> Value {
    let mut activity = json!({
        "@context": [
            "https://www.w3.org/ns/activitystreams",
            "https://w3id.org/security/v1",
            { "RsaSignature2017": "https://w3id.org/security#RsaSignature2017" },
        ],
        "type": "Announce",
        "id": "https://a.example/accounts/ana/announces/1",
        "actor": "https://a.example/accounts/ana",
        "object": "https://b.example/videos/watch/1",
    });
    let fields: Map<String, Value> = fields.as_object().unwrap().clone();
    activity.as_object_mut().unwrap().extend(fields);
    activity
}

#[test]
fn recorded_activities_verify_with_the_recorded_keys() {
    let keys = keys();
    let mut verified = Vec::new();
    for (name, exchange) in exchanges("by-type") {
        let activity = &exchange["request_body"];
        let Some(creator) = ld::creator(activity) else {
            continue;
        };
        if let Some(key) = keys.get(creator) {
            assert_eq!(ld::verify(activity, key), Ok(()), "{name}");
            verified.push(name);
        }
    }
    let expected = [
        "POST_Announce",
        "POST_ApproveReply",
        "POST_Reject-Follow",
        "POST_Undo-Follow",
        "POST_Update-Group",
        "POST_Update-Person",
        "POST_View",
    ];
    assert_eq!(verified, expected);
}

/// Mastodon's are test data of another project: the folder is taken from `TRIBUTARY_OTHER_SOFTWARE`.
#[test]
fn activities_of_mastodon_verify() {
    let folder = std::env::var_os("TRIBUTARY_OTHER_SOFTWARE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures/other-software"),
        PathBuf::from,
    );
    let folder = folder.join("mastodon/signed");
    if !folder.is_dir() {
        println!("no recorded requests of Mastodon: nothing is checked");
        return;
    }
    let key =
        |name: &str| PublicKey::from_pem(read(&folder.join(name))["publicKey"].as_str().unwrap()).unwrap();
    let right = key("public-key.json");
    let request = read(&folder.join("http-signature.json"));
    assert_eq!(
        ld::creator(&request["body"]),
        Some("http://localhost:3000/users/ronan2")
    );
    assert_eq!(ld::verify(&request["body"], &right), Ok(()));
    assert_eq!(ld::verify(&read(&folder.join("create.json")), &right), Ok(()));
    assert_eq!(
        ld::verify(&read(&folder.join("create-bad-signature.json")), &right),
        Err(Refusal::Wrong)
    );
    assert_eq!(
        ld::verify(&request["body"], &key("bad-public-key.json")),
        Err(Refusal::Wrong)
    );
}

/// What a server in between may do to an activity, and what comes of it.
#[test]
fn what_was_changed_on_the_way_is_refused() {
    let keys = keys();
    let announce = exchanges("by-type").remove("POST_Announce").unwrap()["request_body"].take();
    let key = &keys["http://127.0.0.1:9000/video-channels/carol_channel"];
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut activity = announce.clone();
        change(&mut activity);
        ld::verify(&activity, key)
    };
    let redefined = |term: &str| Err(Refusal::Redefined(term.to_owned()));
    let context = |extra: Value| changed(&|a| a["@context"].as_array_mut().unwrap().push(extra.clone()));

    assert_eq!(changed(&|_| ()), Ok(()));
    // The same statements in another order.
    assert_eq!(changed(&|a| a["cc"].as_array_mut().unwrap().reverse()), Ok(()));
    assert_eq!(ld::verify(&announce, &keys[PEERTUBE]), Err(Refusal::Wrong));

    let elsewhere = json!("http://127.0.0.1:9002/accounts/eve");
    for field in ["id", "object", "to", "cc", "type"] {
        let wrong = changed(&|a| a[field] = json!("http://127.0.0.1:9000/other"));
        assert_eq!(wrong, Err(Refusal::Wrong), "{field}");
    }
    assert_eq!(changed(&|a| a["name"] = json!("more")), Err(Refusal::Wrong));
    assert_eq!(changed(&|a| a["actor"] = elsewhere.clone()), Err(Refusal::Actor));
    assert_eq!(
        changed(&|a| _ = a.as_object_mut().unwrap().remove("actor")),
        Err(Refusal::Actor)
    );
    assert_eq!(
        changed(&|a| a["signature"]["creator"] = elsewhere.clone()),
        Err(Refusal::Actor)
    );
    assert_eq!(
        changed(&|a| a["signature"]["created"] = json!("2026-11-22T12:00:00.000Z")),
        Err(Refusal::Wrong)
    );
    for (field, value) in [
        ("type", json!("Ed25519Signature2018")),
        ("creator", json!("acct:carol@127.0.0.1")),
        ("creator", json!("http://a> <b")),
        ("created", json!(17)),
        ("signatureValue", json!("?")),
        ("nonce", json!("1")),
    ] {
        let wrong = changed(&|a| a["signature"][field] = value.clone());
        assert_eq!(wrong, Err(Refusal::Malformed), "{field}");
    }
    assert_eq!(
        changed(&|a| _ = a.as_object_mut().unwrap().remove("signature")),
        Err(Refusal::Unsigned)
    );

    // What no context defines would not be signed.
    assert_eq!(
        changed(&|a| a["wealth"] = json!("more")),
        Err(Refusal::Undefined("wealth".to_owned()))
    );
    assert_eq!(
        changed(&|a| a["type"] = json!("Kidnap")),
        Err(Refusal::Undefined("Kidnap".to_owned()))
    );
    assert_eq!(
        changed(&|a| a["object"] = json!("1")),
        Err(Refusal::Undefined("1".to_owned()))
    );
    // The same statements in words that are read differently.
    let url = "https://evil.example/context";
    assert_eq!(context(json!(url)), Err(Refusal::Context(url.to_owned())));
    assert_eq!(context(json!({ "object": "as:name" })), redefined("object"));
    assert_eq!(context(json!({ "thing": "as:object" })), redefined("thing"));
    assert_eq!(
        context(json!({ "a": "as:obj", "thing": "a:ect" })),
        redefined("thing")
    );
    assert_eq!(context(json!({ "thing": "object" })), redefined("thing"));
    assert_eq!(context(json!({ "thing": "@id" })), redefined("thing"));
    assert_eq!(context(json!({ "thing": "_:thing" })), redefined("thing"));
    assert_eq!(context(json!({ "object": null })), redefined("object"));
    assert_eq!(
        context(json!({ "thing": { "@reverse": "as:object" } })),
        redefined("thing")
    );
    let plain = Err(Refusal::Plain("it has keys beyond plain words"));
    assert_eq!(context(json!({ "@vocab": "https://a.example/" })), plain);
    assert_eq!(context(json!({ "@base": "https://a.example/" })), plain);
    for key in [
        "@graph",
        "@included",
        "@reverse",
        "@id",
        "as:object",
        "https://www.w3.org/ns/activitystreams#object",
    ] {
        assert_eq!(changed(&|a| a[key] = json!("https://a.example/")), plain, "{key}");
    }
    assert_eq!(
        changed(&|a| a["object"] = json!({ "@context": {}, "id": a["object"] })),
        plain
    );
    assert!(changed(&|a| _ = a.as_object_mut().unwrap().remove("@context")).is_err());
}

#[test]
fn what_is_too_large_is_refused_before_it_costs() {
    let key = keys().remove(PEERTUBE).unwrap();
    let nested = (0..40).fold(json!("x"), |inner, _| json!([inner]));
    // Nameless nodes that are linked to each other in all ways.
    let names: Vec<String> = (0..12).map(|n| format!("_:n{n}")).collect();
    let tangle: Vec<Value> = names.iter().map(|id| json!({ "id": id, "tag": names })).collect();
    let repeated = |key: &str, value: Value| Value::from(Map::from_iter([(key.to_owned(), value)]));
    let terms: Map<String, Value> = (0..200)
        .map(|n| (format!("t{n}"), json!(format!("t{}:x", n + 1))))
        .collect();
    for (name, fields) in [
        ("values", repeated("to", json!(vec!["https://a.example/"; 9_000]))),
        ("depth", repeated("to", nested)),
        ("tangle", repeated("tag", json!(tangle))),
        (
            "contexts",
            repeated(
                "@context",
                json!(vec!["https://www.w3.org/ns/activitystreams"; 20]),
            ),
        ),
        (
            "terms",
            repeated(
                "@context",
                json!(["https://www.w3.org/ns/activitystreams", terms]),
            ),
        ),
    ] {
        let mut activity = activity(fields);
        activity["signature"] = json!({
            "type": "RsaSignature2017",
            "creator": activity["actor"],
            "created": "2026-11-22T12:00:00.000Z",
            "signatureValue": "AA==",
        });
        let began = Instant::now();
        let refused = ld::verify(&activity, &key);
        assert!(matches!(refused, Err(Refusal::Complex(_))), "{name}: {refused:?}");
        assert!(began.elapsed() < Duration::from_secs(5), "{name}");
    }
}

#[tokio::test]
async fn what_is_signed_here_verifies() {
    let (private, public) = pair().await;
    let now: Timestamp = "2026-11-22T12:00:00.5Z".parse().unwrap();
    let ana = "https://a.example/accounts/ana";
    let signed = ld::sign(&activity(json!({})), ana, &private, now).unwrap();
    assert_eq!(signed["signature"]["created"], "2026-11-22T12:00:00.500Z");
    assert_eq!(ld::creator(&signed), Some(ana));
    assert_eq!(ld::verify(&signed, &public), Ok(()));
    // What is signed again is signed anew.
    let again = ld::sign(&signed, ana, &private, now).unwrap();
    assert_eq!(again, signed);
    // Through the text, as it goes over the wire.
    let sent: Value = serde_json::from_str(&signed.to_string()).unwrap();
    assert_eq!(ld::verify(&sent, &public), Ok(()));

    for (fields, creator) in [
        (json!({ "wealth": 1 }), ana),
        (json!({ "@context": "https://w3id.org/security/v1" }), ana),
        (json!({}), "ana"),
    ] {
        assert!(ld::sign(&activity(fields), creator, &private, now).is_err());
    }
    assert!(ld::sign(&json!([]), ana, &private, now).is_err());
}

/// Each kind of activity that PeerTube sends, signed and verified here: they have everything that ours have.
#[tokio::test]
async fn every_recorded_kind_can_be_signed() {
    let (private, public) = pair().await;
    for (name, exchange) in exchanges("by-type") {
        let activity = &exchange["request_body"];
        if let Some(actor) = ld::creator(activity) {
            let signed = ld::sign(activity, actor, &private, Timestamp::UNIX_EPOCH).unwrap();
            assert_eq!(ld::verify(&signed, &public), Ok(()), "{name}");
        }
    }
}

/// Every term of what lives here is defined: others refuse documents with one that is not.
#[tokio::test]
async fn our_objects_define_their_terms() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::connect(&format!("sqlite://{}", folder.path().join("db").display()))
        .await
        .unwrap();
    let now = Timestamp::UNIX_EPOCH;
    let mut tx = db.begin().await.unwrap();
    let new = NewUser {
        username: "ana".to_owned(),
        email: "ana@a.example".to_owned(),
        password_hash: String::new(),
        role: Role::User,
        video_quota: -1,
        video_quota_daily: -1,
        channel: NewChannel {
            name: "ana_channel".to_owned(),
            display_name: "Ana".to_owned(),
            description: Some("What Ana does".to_owned()),
            support: Some("Say thanks".to_owned()),
        },
    };
    User::create(&mut tx, &new, now).await.unwrap();
    tx.commit().await.unwrap();
    let handle = Handle::local("ana_channel");
    let channel = Channel::by_handle(&db, &handle).await.unwrap().unwrap();
    let new = NewVideo {
        channel_id: channel.id,
        name: "Live".to_owned(),
        description: Some("On\tair".to_owned()),
        support: Some("Say thanks".to_owned()),
        category: Some(1),
        licence: Some(1),
        language: Some("en".to_owned()),
        privacy: Privacy::Public,
        nsfw: false,
        comments_policy: CommentsPolicy::Enabled,
        download_enabled: true,
        tags: Vec::new(),
        originally_published_at: Some(now),
    };
    let settings = LiveSettings {
        permanent: true,
        save_replay: true,
        replay_privacy: Some(Privacy::Public),
        latency_mode: LatencyMode::Default,
        grace_s: None,
        dvr_window_s: None,
    };
    let mut tx = db.begin().await.unwrap();
    let (id, _) = Live::create(&mut tx, &new, &settings, now).await.unwrap();
    tx.commit().await.unwrap();
    let live = Live::by_video(&db, id).await.unwrap().unwrap();

    let site = Site {
        url: "https://a.example".to_owned(),
        host: "a.example".to_owned(),
    };
    let id = site.video(&live.video);
    let video = object::video::describe(
        &Facts {
            video: &live.video,
            tags: &["two words".to_owned(), "other".to_owned()],
            live: Some(&live.settings),
            playlist: Some(&StreamingPlaylist {
                id: 1,
                video_id: live.video.id,
                playlist_file: "master.m3u8".to_owned(),
                sha256_file: "segments-sha256.json".to_owned(),
                url: None,
                sha256_url: None,
                files: (0..20).map(rendition).collect(),
            }),
            category: Some("Music"),
            licence: None,
            language: Some("English"),
            pictures: &[Picture {
                url: format!("{id}.jpg"),
                width: 280,
                height: 157,
            }],
        },
        &site,
    );
    let instance = db::Actor::instance(&db).await.unwrap();
    let (private, _) = pair().await;
    for object in [
        video,
        object::actor::account(&channel.account, "PEM", &site),
        object::actor::channel(&channel, "PEM", &site),
        object::actor::instance(&instance, "PEM", &site),
        object::collection::counted(&format!("{id}/likes"), 3),
    ] {
        let began = Instant::now();
        let signed = ld::sign(&object, &site.instance_actor(), &private, now);
        println!("{}: {:?}", object["type"], began.elapsed());
        assert!(signed.is_ok(), "{}: {signed:?}", object["type"]);
    }
}

/// One file of a video.
fn rendition(number: i64) -> VideoFile {
    VideoFile {
        id: number,
        resolution: number,
        width: Some(number),
        height: Some(number),
        fps: 30,
        size_bytes: 1_000,
        file_name: format!("{number}.mp4"),
        has_audio: true,
        has_video: true,
        url: None,
        torrent_url: None,
        magnet_uri: None,
        metadata_url: None,
    }
}
