//! Videos of PeerTube, as it federates them, come out of our REST API as they come out of its own: field by field, from recorded
//! exchanges. What differs is listed, with the reason.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::stranger::{Pair, Stranger, member};
use crate::support::Server;

/// The servers of the recordings.
const ORIGIN: &str = "127.0.0.1:9000";
const VIEWER: &str = "127.0.0.1:9002";

fn fixture(name: &str) -> Value {
    let path = format!(
        "{}/federation/tests/fixtures/peertube-6.3/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A recording as if it had been made with the servers of this test.
fn moved(value: &Value, origin: &str, viewer: &str) -> Value {
    let mut text = value.to_string();
    for (from, to) in [(ORIGIN, origin), (VIEWER, viewer)] {
        text = text.replace(from, to);
        text = text.replace(&from.replace(':', "%3A"), &to.replace(':', "%3A"));
    }
    serde_json::from_str(&text).unwrap()
}

/// The account or channel that a REST answer shows, as its server would tell it.
fn actor(shown: &Value, pem: &str) -> Value {
    let id = shown["url"].as_str().unwrap();
    let mut actor = json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "type": "Person",
        "id": id,
        "preferredUsername": shown["name"],
        "name": shown["displayName"],
        "summary": shown["description"],
        "support": shown["support"],
        "published": shown["createdAt"],
        "inbox": format!("{id}/inbox"),
        "outbox": format!("{id}/outbox"),
        "followers": format!("{id}/followers"),
        "following": format!("{id}/following"),
        "publicKey": { "id": format!("{id}#main-key"), "owner": id, "publicKeyPem": pem },
    });
    if let Some(owner) = shown.get("ownerAccount") {
        actor["type"] = "Group".into();
        actor["attributedTo"] = json!([{ "type": "Person", "id": owner["url"] }]);
    }
    actor
}

fn collection(total: &Value) -> Value {
    json!({ "type": "OrderedCollection", "totalItems": total })
}

/// Every leaf of a document by its path; items of lists by their numbers.
fn leaves(value: &Value, path: &str, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                leaves(field, &format!("{path}/{name}"), into);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{path}/{index}"), into);
            }
        }
        leaf => _ = into.insert(path.to_owned(), leaf.clone()),
    }
}

/// Paths at which the two differ.
fn differences(expected: &Value, found: &Value) -> BTreeMap<String, (Value, Value)> {
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    leaves(expected, "", &mut left);
    leaves(found, "", &mut right);
    let paths: Vec<String> = left.keys().chain(right.keys()).cloned().collect();
    paths
        .into_iter()
        .map(|path| {
            let of =
                |side: &BTreeMap<String, Value>| side.get(&path).cloned().unwrap_or_else(|| json!("(none)"));
            (path.clone(), (of(&left), of(&right)))
        })
        .filter(|(_, (left, right))| left != right)
        .collect()
}

/// What PeerTube showed must be what is shown here, but for these: whole paths, or with `…` in front how they end. Items of lists
/// have no numbers.
fn compare(expected: &Value, found: &Value, allowed: &[(&str, &str)]) {
    let mut unexpected = Vec::new();
    for (path, (theirs, ours)) in differences(expected, found) {
        let plain: Vec<&str> = path
            .split('/')
            .filter(|part| part.parse::<usize>().is_err())
            .collect();
        let plain = plain.join("/");
        let fits = |rule: &str| match rule.strip_prefix('…') {
            Some(ending) => plain.ends_with(ending),
            None => plain == rule,
        };
        match allowed.iter().find(|(rule, _)| fits(rule)) {
            Some((_, reason)) => println!("{path}: {theirs} there, {ours} here: {reason}"),
            None => unexpected.push(format!("{path}: {theirs} there, {ours} here")),
        }
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
}

const ROWS: &str = "numbers of rows are each server's own";
const PICTURES: &str = "pictures have names of our own";
const FETCHED: &str = "when the actor was last fetched";
const COUNTED: &str = "asked for in the recording";
const TORRENTS: &str = "PeerTube passes torrents on; here they come from their server";

/// Of any remote video.
const ALLOWED: &[(&str, &str)] = &[
    ("/id", ROWS),
    ("/account/id", ROWS),
    ("/channel/id", ROWS),
    ("/channel/ownerAccount/id", ROWS),
    ("/streamingPlaylists/id", ROWS),
    ("/streamingPlaylists/files/id", ROWS),
    ("/thumbnailPath", PICTURES),
    ("/previewPath", PICTURES),
    (
        "…/hostRedundancyAllowed",
        "PeerTube leaves it out for remote actors",
    ),
    ("…/followersCount", COUNTED),
    ("…/followingCount", COUNTED),
    ("/account/updatedAt", FETCHED),
    ("/channel/updatedAt", FETCHED),
    ("/channel/ownerAccount/updatedAt", FETCHED),
    ("/streamingPlaylists/files/torrentUrl", TORRENTS),
    ("/streamingPlaylists/files/torrentDownloadUrl", TORRENTS),
    (
        "/streamingPlaylists/files/magnetUri",
        "PeerTube puts its own copy of the torrent into it",
    ),
    (
        "/streamingPlaylists/files/fileDownloadUrl",
        "made up by PeerTube; the file itself is where it says",
    ),
];

/// A server that has what the recording shows, and what ours shows after somebody looked it up there.
async fn look_up(object: &Value, shown: &Value) -> (Server, Stranger, Value, Value) {
    let (server, stranger, pair) = tokio::join!(member(), Stranger::start(), Pair::new());
    let viewer = format!("127.0.0.1:{}", server.http_port);
    let object = moved(object, stranger.host(), &viewer);
    let mut shown = moved(shown, stranger.host(), &viewer);
    // Pictures of actors are not what is compared here.
    for who in [
        "/account/avatars",
        "/channel/avatars",
        "/channel/ownerAccount/avatars",
    ] {
        *shown.pointer_mut(who).unwrap() = json!([]);
    }
    for who in [&shown["account"], &shown["channel"]] {
        let path = who["url"]
            .as_str()
            .unwrap()
            .strip_prefix(&stranger.origin)
            .unwrap();
        stranger.serve(path, actor(who, &pair.pem));
    }
    let path = |field: &str| {
        object[field]
            .as_str()
            .unwrap()
            .strip_prefix(&stranger.origin)
            .unwrap()
            .to_owned()
    };
    stranger.serve(&path("id"), object.clone());
    stranger.serve(&path("likes"), collection(&json!(7)));
    stranger.serve(&path("dislikes"), collection(&json!(1)));
    let chapters =
        json!([{ "name": "Start", "startOffset": 0, "endOffset": 5 }, { "name": "End", "startOffset": 5 }]);
    stranger.serve(
        &path("hasParts"),
        json!({ "id": object["hasParts"], "hasPart": chapters }),
    );

    let token = server.token().await;
    let search = format!("/api/v1/search/videos?search={}", object["id"].as_str().unwrap());
    server
        .until(&search, Some(&token), |found| found["total"] == 1)
        .await;
    let path = format!("/api/v1/videos/{}", object["uuid"].as_str().unwrap());
    let mut found = server.until(&path, None, |video| video["dislikes"] == 1).await;
    assert_eq!(found["likes"], 7);
    found["likes"] = shown["likes"].clone();
    found["dislikes"] = shown["dislikes"].clone();
    (server, stranger, shown, found)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_video_is_shown_as_peertube_shows_it() {
    let object = &fixture("by-type/POST_Update-Video")["request_body"]["object"];
    let shown = &fixture("rest/video-of-another-server")["response_body"];
    let (server, _stranger, shown, found) = look_up(object, shown).await;
    let younger =
        "what was sent is a minute younger than what was shown: the comments were restricted in between";
    let mut allowed = ALLOWED.to_vec();
    allowed.extend([
        ("/commentsPolicy/id", younger),
        ("/commentsPolicy/label", younger),
        ("/updatedAt", younger),
        ("/viewers", "nobody watches here"),
    ]);
    compare(&shown, &found, &allowed);

    let uuid = found["uuid"].as_str().unwrap();
    let captions = server.json(&format!("/api/v1/videos/{uuid}/captions")).await;
    assert_eq!(captions["total"], 1);
    assert_eq!(
        captions["data"][0]["language"],
        json!({ "id": "en", "label": "English" })
    );
    assert_eq!(captions["data"][0]["automaticallyGenerated"], false);
    assert_eq!(
        captions["data"][0]["captionPath"],
        format!("/lazy-static/video-captions/{uuid}-en.vtt")
    );
    let path = format!("/api/v1/videos/{uuid}/chapters");
    let chapters = server
        .until(&path, None, |told| told["chapters"] != json!([]))
        .await;
    assert_eq!(
        chapters["chapters"],
        json!([{ "timecode": 0, "title": "Start" }, { "timecode": 5, "title": "End" }])
    );
    let boards = server.json(&format!("/api/v1/videos/{uuid}/storyboards")).await;
    let sheet = &object["preview"][0]["url"][0];
    let board = &boards["storyboards"][0];
    assert_eq!(board["totalWidth"], sheet["width"]);
    assert_eq!(board["totalHeight"], sheet["height"]);
    assert_eq!(board["spriteWidth"], sheet["tileWidth"]);
    assert_eq!(format!("PT{}S", board["spriteDuration"]), sheet["tileDuration"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_is_shown_here_as_on_its_own_server() {
    let object = &fixture("get/vod-ap-video-2res")["response_body"];
    let shown = &fixture("rest/video-two-resolutions")["response_body"];
    let (_server, _stranger, shown, found) = look_up(object, shown).await;
    let mut allowed = ALLOWED.to_vec();
    allowed.extend([
        ("/isLocal", "it is, there"),
        ("/channel/isLocal", "it is, there"),
        (
            "/createdAt",
            "not told: the date of publishing is taken, as PeerTube does",
        ),
        ("…/storage", "its files are there"),
        ("…/userId", "of local accounts"),
    ]);
    compare(&shown, &found, &allowed);
}
