//! What no recording shows: PeerTube 8's forms, and what is refused.

use serde_json::{Value, json};

use super::*;

const STRICT: Rules = Rules { allow_http: false };
const VIDEO: &str = "https://tube.example/videos/watch/9c9de5e8-0a1e-484a-b099-e80766180a6d";
const ACCOUNT: &str = "https://tube.example/accounts/ana";
const CHANNEL: &str = "https://tube.example/video-channels/studio_a";

/// A live as PeerTube 8.2 describes it.
fn live() -> Value {
    json!({
        "type": "Video",
        "id": VIDEO,
        "uuid": "9c9de5e8-0a1e-484a-b099-e80766180a6d",
        "name": "Studio A",
        "duration": "PT0S",
        "views": 12,
        "downloads": 3,
        "sensitive": true,
        "summary": "Somebody might fall.",
        "state": 1,
        "commentsPolicy": 1,
        "published": "2026-11-22T12:00:00.000Z",
        "updated": "2026-11-22T12:00:08.000Z",
        "licence": { "identifier": "CC-BY-SA-4.0", "name": "CC-BY-SA-4.0" },
        "schedules": [{ "startDate": "2026-12-01T20:00:00.000Z" }, { "startDate": "soon" }],
        "tag": [
            { "type": "Hashtag", "name": "music" },
            { "type": "Hashtag", "name": "x" },
            { "type": "SensitiveTag", "name": "violent" },
        ],
        "subtitleLanguage": [{
            "identifier": "fr",
            "name": "French",
            "automaticallyGenerated": true,
            "url": [
                { "type": "Link", "mediaType": "application/x-mpegURL", "href": "https://tube.example/fr.m3u8" },
                { "type": "Link", "mediaType": "text/vtt", "href": "https://tube.example/fr.vtt" },
            ],
        }],
        "icon": [
            { "type": "Image", "url": "https://tube.example/b.jpg", "mediaType": "image/jpeg", "width": 850, "height": 480 },
            { "type": "Image", "url": "https://tube.example/a.jpg", "mediaType": "image/jpeg", "width": 280, "height": 157 },
            { "type": "Image", "url": "https://tube.example/c.jpg", "mediaType": "image/jpeg", "width": 48, "height": 27 },
            { "type": "Image", "url": "https://tube.example/d.svg", "mediaType": "image/svg+xml", "width": 9000, "height": 9000 },
        ],
        "url": [
            { "type": "Link", "mediaType": "text/html", "href": "https://tube.example/w/kkGMgK9ZtnKfYAgnEtQxbv" },
            { "type": "Link", "mediaType": "text/html", "href": VIDEO },
        ],
        "embedUrl": null,
        "isLiveBroadcast": true,
        "permanentLive": true,
        "liveSaveReplay": true,
        "latencyMode": 3,
        "dvrWindow": "PT2H",
        "attributedTo": [ACCOUNT, CHANNEL],
        "audience": CHANNEL,
        "to": "as:Public",
        "cc": [format!("{ACCOUNT}/followers")],
    })
}

fn person() -> Value {
    json!({
        "type": ["Person"],
        "id": ACCOUNT,
        "preferredUsername": "ana",
        "inbox": format!("{ACCOUNT}/inbox"),
        "url": [{ "type": "Link", "mediaType": "text/html", "href": "https://tube.example/a/ana" }],
        "icon": { "type": "Image", "url": "https://tube.example/ana.png" },
        "publicKey": {
            "id": format!("{ACCOUNT}#main-key"),
            "owner": ACCOUNT,
            "publicKeyPem": "-----BEGIN PUBLIC KEY-----\nMFww\n-----END PUBLIC KEY-----\n",
        },
    })
}

fn note() -> Value {
    json!({
        "type": "Note",
        "id": format!("{VIDEO}/comments/1"),
        "attributedTo": [{ "type": "Person", "id": ACCOUNT }],
        "content": "<p>Hello</p>",
        "inReplyTo": VIDEO,
        "published": "2026-11-22T12:00:00Z",
        "to": [crate::PUBLIC],
    })
}

fn activity(kind: &str, object: &Value) -> Value {
    json!({ "type": kind, "id": format!("{ACCOUNT}#1"), "actor": ACCOUNT, "object": object })
}

/// With one field set to something else; nothing at all for `null`.
fn with(mut object: Value, field: &str, value: &Value) -> Value {
    object[field] = value.clone();
    object
}

#[test]
fn peertube_8_is_understood() {
    let video = Video::parse(&live(), STRICT).unwrap();
    let attributed: Vec<_> = video.attributed_to.iter().map(|who| &*who.id).collect();
    assert_eq!(attributed, [ACCOUNT, CHANNEL]);
    assert!(video.attributed_to.iter().all(|who| who.kind.is_none()));
    assert_eq!(video.audience.unwrap(), CHANNEL);
    assert_eq!(video.recipients.audience(), Audience::Public);
    assert_eq!((video.licence, video.downloads), (Some(2), Some(3)));
    let sensitive = video.sensitive.unwrap();
    assert_eq!(sensitive.summary.as_deref(), Some("Somebody might fall."));
    assert_eq!(sensitive.tags, ["violent"]);
    assert_eq!(video.tags, ["music"]);
    assert_eq!(video.thumbnail.url, "https://tube.example/a.jpg");
    assert_eq!(video.preview.url, "https://tube.example/b.jpg");
    assert_eq!(video.captions.len(), 1);
    assert_eq!(video.captions[0].url, "https://tube.example/fr.vtt");
    assert_eq!(
        video.captions[0].hls.as_deref(),
        Some("https://tube.example/fr.m3u8")
    );
    assert!(video.captions[0].automatic);
    assert_eq!(
        video.page.unwrap(),
        "https://tube.example/w/kkGMgK9ZtnKfYAgnEtQxbv"
    );
    assert_eq!(video.embedding, Embedding::Forbidden);
    let live = video.live.unwrap();
    assert_eq!(live.dvr_window_s, Some(7_200));
    assert_eq!(live.schedules, ["2026-12-01T20:00:00Z".parse().unwrap()]);

    let actor = Actor::parse(&person(), STRICT).unwrap();
    assert_eq!(actor.page.unwrap(), "https://tube.example/a/ana");
    assert_eq!(actor.display_name, "ana");
    assert_eq!(actor.avatars.len(), 1);
}

#[test]
fn refused_with_the_field_that_is_wrong() {
    type Parse = fn(&Value) -> Option<&'static str>;
    let video: Parse = |value| Video::parse(value, STRICT).err().map(|why| why.field);
    let actor: Parse = |value| Actor::parse(value, STRICT).err().map(|why| why.field);
    let comment: Parse = |value| Note::parse(value, STRICT).err().map(|why| why.field);
    let cases: [(Parse, Value, &str, Vec<Value>); 18] = [
        (
            video,
            live(),
            "id",
            vec![json!(null), json!("http://tube.example/1"), json!(7)],
        ),
        (
            video,
            live(),
            "uuid",
            vec![json!(null), json!("kkGMgK9ZtnKfYAgnEtQxbv")],
        ),
        (
            video,
            live(),
            "name",
            vec![json!(null), json!("ab"), json!("a".repeat(121))],
        ),
        (
            video,
            live(),
            "duration",
            vec![json!(null), json!("ten"), json!("10 minutes"), json!("-PT1S")],
        ),
        (video, live(), "published", vec![json!(null), json!("yesterday")]),
        (video, live(), "updated", vec![json!(null), json!(1_795_350_590)]),
        (
            video,
            live(),
            "views",
            vec![json!(null), json!(-1), json!("many"), json!(1e300)],
        ),
        (
            video,
            live(),
            "attributedTo",
            vec![json!(null), json!([]), json!("https://evil.example/ana")],
        ),
        (
            video,
            live(),
            "icon",
            vec![json!(null), json!([]), json!([{ "url": "nonsense" }])],
        ),
        (video, live(), "type", vec![json!(null), json!("Audio")]),
        (actor, person(), "type", vec![json!(null), json!("Note")]),
        (
            actor,
            person(),
            "preferredUsername",
            vec![json!(null), json!(""), json!("a b"), json!("a/b"), json!("é")],
        ),
        (
            actor,
            person(),
            "inbox",
            vec![json!(null), json!("https://user@tube.example/inbox")],
        ),
        (actor, person(), "publicKey", vec![json!(null), json!("pem")]),
        (
            actor,
            with(person(), "type", &json!("Group")),
            "attributedTo",
            vec![json!(null)],
        ),
        (
            comment,
            note(),
            "content",
            vec![json!(null), json!(""), json!(" \n"), json!("a".repeat(10_001))],
        ),
        (
            comment,
            note(),
            "attributedTo",
            vec![json!(null), json!("https://evil.example/eve")],
        ),
        (comment, note(), "inReplyTo", vec![json!("nonsense"), json!(5)]),
    ];
    for (parse, object, field, wrong) in cases {
        for value in wrong {
            assert_eq!(
                parse(&with(object.clone(), field, &value)),
                Some(field),
                "{value}"
            );
        }
    }
    let key = |field: &str, value: &str| {
        let key = with(person()["publicKey"].clone(), field, &json!(value));
        actor(&with(person(), "publicKey", &key))
    };
    assert_eq!(key("owner", CHANNEL), Some("owner"));
    assert_eq!(
        key("publicKeyPem", "-----BEGIN RSA PUBLIC KEY-----"),
        Some("publicKeyPem")
    );
}

#[test]
fn what_makes_no_sense_but_is_not_needed_is_left_out() {
    let mut value = live();
    for field in [
        "state",
        "commentsPolicy",
        "licence",
        "url",
        "subtitleLanguage",
        "latencyMode",
        "tag",
    ] {
        value = with(value, field, &json!({ "identifier": ["?"] }));
    }
    value = with(value, "content", &json!("a\0b".repeat(10_000)));
    let video = Video::parse(&value, STRICT).unwrap();
    assert_eq!(video.state, db::VideoState::Published);
    assert_eq!(video.comments_policy, db::CommentsPolicy::Disabled);
    assert_eq!((video.licence, video.page, video.hls), (None, None, None));
    assert!(video.captions.is_empty() && video.tags.is_empty());
    // Cut, and without what PostgreSQL does not store.
    assert_eq!(video.description, Some("ab".repeat(5_000)));
}

#[test]
fn what_somebody_makes_lives_on_their_server() {
    let parse = |value: &Value| Activity::parse(value, STRICT);
    assert!(parse(&activity("Update", &live())).is_ok());
    assert!(parse(&activity("Create", &json!(VIDEO))).is_ok());
    let mut foreign = activity("Update", &live());
    foreign["actor"] = json!("https://evil.example/accounts/eve");
    assert_eq!(
        parse(&foreign).unwrap_err().problem,
        "is of another server than the sender"
    );
    let mut other = activity("Update", &person());
    assert!(parse(&other).is_ok());
    other["actor"] = json!(CHANNEL);
    assert_eq!(
        parse(&other).unwrap_err().problem,
        "is another actor than the sender"
    );
    let copy = |href: &str| {
        activity(
            "Create",
            &json!({
                "type": "CacheFile",
                "id": "https://tube.example/redundancy/1",
                "object": "https://other.example/videos/watch/1",
                "expires": null,
                "url": { "type": "Link", "mediaType": "application/x-mpegURL", "href": href },
            }),
        )
    };
    assert!(parse(&copy("https://tube.example/static/redundancy/hls/1")).is_ok());
    assert_eq!(
        parse(&copy("https://evil.example/hls")).unwrap_err().problem,
        "keeps its files on another server"
    );
}

#[test]
fn only_what_one_did_oneself_can_be_undone_and_only_once() {
    let parse = |value: &Value| Activity::parse(value, STRICT).map(|activity| activity.kind);
    let like = activity("Like", &json!(VIDEO));
    let Kind::Undo(undone) = parse(&activity("Undo", &like)).unwrap() else {
        panic!("not undone");
    };
    assert!(matches!(undone.kind, Kind::Like { object } if object == VIDEO));
    let id = json!(format!("{ACCOUNT}#likes/1"));
    for named in [id.clone(), json!({ "id": id })] {
        assert!(matches!(
            parse(&activity("Undo", &named)).unwrap(),
            Kind::UndoId(_)
        ));
    }
    let theirs = with(like, "actor", &json!(CHANNEL));
    assert_eq!(
        parse(&activity("Undo", &theirs)).unwrap_err().problem,
        "was done by another actor"
    );
    // Undone and undone and undone: the second is not read.
    let deep = (0..100).fold(json!(VIDEO), |object, _| activity("Undo", &object));
    let Kind::Undo(undone) = parse(&deep).unwrap() else {
        panic!("not undone");
    };
    assert_eq!(undone.kind, Kind::Unknown("Undo".to_owned()));
}

#[test]
fn a_view_is_one_more_or_somebody_watching_or_how_many_do() {
    let view = |extra: &[(&str, Value)]| {
        let view = extra
            .iter()
            .fold(activity("View", &json!(VIDEO)), |view, (field, value)| {
                with(view, field, value)
            });
        Activity::parse(&view, STRICT).map(|activity| match activity.kind {
            Kind::View(view) => view.presence,
            other => panic!("{other:?}"),
        })
    };
    let time = json!("2026-11-22T12:02:00Z");
    let until = "2026-11-22T12:02:00Z".parse().unwrap();
    let result = |kind: &str, count: i64| {
        let counter =
            json!({ "type": kind, "interactionType": "WatchAction", "userInteractionCount": count });
        ("result", counter)
    };
    assert_eq!(view(&[]), Ok(Presence::Viewed));
    for field in ["expires", "expiration"] {
        assert_eq!(view(&[(field, time.clone())]), Ok(Presence::Watching { until }));
    }
    assert_eq!(
        view(&[("expires", time), result("InteractionCounter", 14)]),
        Ok(Presence::Total {
            viewers: 14,
            until: Some(until)
        })
    );
    assert!(view(&[result("InteractionCounter", -1)]).is_err());
    assert!(view(&[result("Counter", 1)]).is_err());
    assert!(view(&[("expires", json!("soon"))]).is_err());
}

#[test]
fn statistics_of_a_viewer_are_bounded() {
    let action = json!({
        "type": "WatchAction",
        "id": "https://tube.example/videos/local-viewer/1",
        "uuid": "9c9de5e8-0a1e-484a-b099-e80766180a6d",
        "object": VIDEO,
        "duration": "PT95S",
        "startTime": "2026-11-22T12:00:00Z",
        "endTime": "2026-11-22T12:02:00Z",
        "actionStatus": "CompletedActionStatus",
        "watchSections": vec![json!({ "startTimestamp": 0, "endTimestamp": 95 }); 500],
        "location": { "addressCountry": "fr", "addressRegion": "Brittany" },
    });
    let read = WatchAction::parse(&action, STRICT).unwrap();
    assert_eq!((read.watched_s, read.sections.len()), (95, 100));
    assert_eq!(read.location.unwrap().country, "FR");
    let backwards = with(action, "endTime", &json!("2026-11-22T11:00:00Z"));
    assert_eq!(
        WatchAction::parse(&backwards, STRICT).unwrap_err().field,
        "endTime"
    );
}

#[test]
fn a_first_page_may_be_inside_its_collection() {
    let page = json!({
        "type": "CollectionPage",
        "next": "https://a.example/replies?page=2",
        "items": ["https://a.example/1", { "type": "Note", "id": "https://a.example/2" }, 3, "nonsense"],
        "first": { "type": "CollectionPage" },
    });
    let collection = json!({ "type": "Collection", "id": "https://a.example/replies", "first": page });
    let collection = Collection::parse(&collection, STRICT);
    // One in one in one is nobody's.
    assert_eq!(collection.unwrap_err().field, "first");
    let page = with(page, "first", &json!(null));
    let collection = json!({ "type": "Collection", "id": "https://a.example/replies", "first": page });
    let Some(First::Page(page)) = Collection::parse(&collection, STRICT).unwrap().first else {
        panic!("no page");
    };
    let ids: Vec<_> = page.items.iter().map(|item| item.id().unwrap()).collect();
    assert_eq!(ids, ["https://a.example/1", "https://a.example/2"]);
    assert_eq!(page.next.unwrap(), "https://a.example/replies?page=2");
    assert_eq!(page.id, None);
}

#[test]
fn documents_are_objects_within_bounds() {
    assert!(document(br#"{"id":1}"#).is_ok());
    for wrong in [&b""[..], b"[]", b"7", b"{", b"\xff", "[".repeat(1_000).as_bytes()] {
        assert_eq!(document(wrong).unwrap_err().field, "document");
    }
    assert!(document(format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200)).as_bytes()).is_err());
    let mut large = b"{\"a\":\"".to_vec();
    large.resize(MAX_DOCUMENT_BYTES, b'a');
    large.extend(b"\"}");
    assert_eq!(document(&large).unwrap_err().problem, "is too large");
}
