//! What another server finds here, compared with what PeerTube 6.3 answered to the same questions.

use std::collections::BTreeSet;

use crate::support::media::Pattern;
use crate::support::viewer::Viewer;
use crate::support::{Options, Server};
use reqwest::Response;
use serde_json::{Value, json};

const AS: &str = "application/activity+json, application/ld+json";

async fn ask(server: &Server, path: &str, accept: &str) -> Response {
    let request = server.client.get(server.url(path)).header("accept", accept);
    request.send().await.unwrap()
}

async fn object(server: &Server, path: &str) -> Value {
    let response = ask(server, path, AS).await;
    assert_eq!(response.status(), 200, "{path}");
    let headers = response.headers();
    assert_eq!(
        headers["content-type"],
        "application/activity+json; charset=utf-8"
    );
    assert_eq!(headers["access-control-allow-origin"], "*");
    response.json().await.unwrap()
}

fn captured(name: &str) -> Value {
    let path = format!(
        "{}/federation/tests/fixtures/peertube-6.3/get/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let exchange: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    exchange["response_body"].clone()
}

/// Every path of a document with the kind of value there; items of lists are told apart by what they say they are.
fn shape(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter().filter(|(name, _)| *name != "@context") {
                shape(field, &format!("{path}.{name}"), into);
            }
        }
        Value::Array(items) => {
            for item in items {
                let word = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
                // The name of an Infohash is the hash.
                let name = if item["type"] == "Infohash" {
                    String::new()
                } else {
                    word("name")
                };
                let kind = [word("type"), name, word("mediaType")];
                shape(item, &format!("{path}[{}]", kind.join(" ").trim()), into);
            }
        }
        Value::Null => _ = into.insert(format!("{path}: null")),
        Value::Bool(_) => _ = into.insert(format!("{path}: flag")),
        Value::Number(_) => _ = into.insert(format!("{path}: number")),
        Value::String(_) => _ = into.insert(format!("{path}: text")),
    }
}

/// What PeerTube says and we do not (`-`), and the other way round (`+`).
fn differences(ours: &Value, name: &str) -> Vec<String> {
    let (mut mine, mut theirs) = (BTreeSet::new(), BTreeSet::new());
    let captured = captured(name);
    shape(ours, "", &mut mine);
    shape(&captured, "", &mut theirs);
    assert_eq!(ours["@context"], captured["@context"], "{name}");
    let lacks = theirs.difference(&mine).map(|path| format!("- {path}"));
    let adds = mine.difference(&theirs).map(|path| format!("+ {path}"));
    lacks.chain(adds).collect()
}

/// The differences that begin with none of `known`.
fn unexplained(differences: Vec<String>, known: &[&str]) -> Vec<String> {
    let is_known = |difference: &String| known.iter().any(|known| difference.starts_with(known));
    differences
        .into_iter()
        .filter(|difference| !is_known(difference))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_discovered_as_a_peertube_is() {
    let server = Server::start().await;
    let origin = server.url("");
    let host = origin.strip_prefix("http://").unwrap().to_owned();
    let webfinger = |resource: String| {
        let path = format!("/.well-known/webfinger?resource={resource}");
        let server = &server;
        async move { ask(server, &path, "*/*").await }
    };
    for (name, path) in [
        ("root", "/accounts/root"),
        ("root_channel", "/video-channels/root_channel"),
        ("peertube", "/accounts/peertube"),
    ] {
        let found = webfinger(format!("acct:{name}@{host}")).await;
        assert_eq!(found.headers()["access-control-allow-origin"], "*");
        let found: Value = found.json().await.unwrap();
        assert_eq!(found["subject"], format!("acct:{name}@{host}"));
        let url = format!("http://{host}{path}");
        assert_eq!(found["aliases"], json!([url]));
        assert_eq!(
            found["links"],
            json!([
                { "rel": "self", "type": "application/activity+json", "href": url },
                {
                    "rel": "http://ostatus.org/schema/1.0/subscribe",
                    "template": server.url("/remote-interaction?uri={uri}"),
                },
            ])
        );
        assert_eq!(object(&server, path).await["id"], url);
    }
    assert_eq!(webfinger(format!("acct:nobody@{host}")).await.status(), 404);
    assert_eq!(
        webfinger("acct:root@elsewhere.example".into()).await.status(),
        404
    );
    assert_eq!(webfinger("root".into()).await.status(), 400);
    assert_eq!(ask(&server, "/.well-known/webfinger", "*/*").await.status(), 400);

    let host_meta = ask(&server, "/.well-known/host-meta", "*/*").await;
    assert_eq!(
        host_meta.headers()["content-type"],
        "application/xml; charset=utf-8"
    );
    assert_eq!(
        host_meta.text().await.unwrap(),
        captured("host-meta")
            .as_str()
            .unwrap()
            .replace("127.0.0.1:9000", &host)
    );

    let links = server.json("/.well-known/nodeinfo").await;
    let theirs = captured("wellknown-nodeinfo").to_string();
    assert_eq!(links.to_string(), theirs.replace("127.0.0.1:9000", &host));
    let nodeinfo = server.json("/nodeinfo/2.0.json").await;
    assert_eq!(nodeinfo["software"]["name"], "tributary");
    assert_eq!(nodeinfo["usage"]["users"]["total"], 1);
    assert_eq!(server.get("/nodeinfo/2.1.json").await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn actors_have_the_shape_of_peertubes_and_keep_their_keys() {
    let mut server = Server::start().await;
    let account = object(&server, "/accounts/root").await;
    assert_eq!(differences(&account, "actor-accounts-carol"), [""; 0]);
    let channel = object(&server, "/video-channels/root_channel").await;
    // No avatars yet.
    assert_eq!(
        unexplained(
            differences(&channel, "actor-video-channels-carol_channel"),
            &["- .icon[Image"]
        ),
        [""; 0]
    );
    assert_eq!(channel["attributedTo"][0]["id"], account["id"]);
    let instance = object(&server, "/accounts/peertube").await;
    assert_eq!(instance["type"], "Application");
    assert_ne!(
        instance["publicKey"]["publicKeyPem"],
        account["publicKey"]["publicKeyPem"]
    );

    // The pages' addresses are the objects', for those who ask.
    assert_eq!(object(&server, "/a/root").await, account);
    assert_eq!(object(&server, "/c/root_channel").await, channel);
    assert_eq!(object(&server, "/c/root_channel/videos").await, channel);
    for page in [
        "/a/root",
        "/c/root_channel",
        "/accounts/root",
        "/video-channels/root_channel",
    ] {
        let response = ask(&server, page, "text/html, */*;q=0.8").await;
        assert_eq!(response.status(), 200, "{page}");
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        assert!(
            response
                .headers()
                .get_all("vary")
                .iter()
                .any(|vary| vary == "accept")
        );
    }

    for actor in [&account, &channel, &instance] {
        for name in ["followers", "following", "outbox", "playlists"] {
            let url = actor[name].as_str().unwrap();
            let collection = object(&server, url.strip_prefix(&server.url("")).unwrap_or(url)).await;
            assert_eq!(
                differences(&collection, "actor-accounts-carol-followers"),
                [""; 0]
            );
            assert_eq!(
                (&collection["id"], &collection["totalItems"]),
                (&actor[name], &json!(0))
            );
        }
    }
    for path in [
        "/accounts/nobody",
        "/accounts/root/secrets",
        "/video-channels/root",
        "/accounts/root_channel",
    ] {
        assert_eq!(ask(&server, path, AS).await.status(), 404, "{path}");
    }
    server.stop();
    server.restart();
    assert_eq!(object(&server, "/accounts/root").await, account);
}

/// What there is not yet: peer-to-peer (info hashes, torrents, magnets, trackers), the ffprobe dump, storyboards, the shape of
/// a live's picture while it is on air.
const NOT_YET: [&str; 6] = [
    "- .url[Link  application/x-mpegURL].tag[Infohash",
    "- .url[Link  application/x-mpegURL].tag[Link  application/x-bittorrent",
    "- .url[Link  application/x-mpegURL].tag[Link  application/json]",
    "- .url[Link tracker-http]",
    "- .url[Link tracker-websocket]",
    "- .preview[Image]",
];

#[tokio::test(flavor = "multi_thread")]
async fn lives_and_replays_have_the_shape_of_peertubes() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({ "latencyMode": 3 })).await;
    let path = format!("/videos/watch/{}", live.uuid);

    let waiting = object(&server, &path).await;
    assert_eq!(waiting["state"], 4);
    assert_eq!(waiting["isLiveBroadcast"], true);
    assert_eq!(waiting["url"].as_array().unwrap().len(), 1, "no playlist yet");
    for name in ["likes", "dislikes", "shares", "comments"] {
        let url = waiting[name].as_str().unwrap();
        let collection = object(&server, url.strip_prefix(&server.url("")).unwrap_or(url)).await;
        // That one was empty.
        assert_eq!(
            unexplained(differences(&collection, "video-likes"), &["+ .first"]),
            [""; 0]
        );
        assert_eq!(collection["id"], waiting[name]);
    }
    let chapters = object(&server, &format!("{path}/chapters")).await;
    assert_eq!(differences(&chapters, "video-chapters"), [""; 0]);

    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    let mut viewer = Viewer::join(&server, &live).await;
    viewer.watch_until(2).await;
    let on_air = object(&server, &path).await;
    let mut known = NOT_YET.to_vec();
    known.push("- .aspectRatio");
    assert_eq!(
        unexplained(differences(&on_air, "live-ap-video-while-streaming"), &known),
        [""; 0]
    );
    assert_eq!(on_air["state"], 1);
    assert_eq!(on_air["latencyMode"], 3);
    assert_eq!(on_air["url"][1]["href"], server.url(&live.media("master.m3u8")));
    encoder.stop();

    let sessions = format!("/api/v1/videos/live/{}/sessions", live.uuid);
    let sessions = server
        .until(&sessions, Some(&token), |sessions| {
            sessions["data"][0]["replayVideo"].is_object()
        })
        .await;
    let replay = &sessions["data"][0]["replayVideo"];
    let replay = object(&server, &format!("/w/{}", replay["shortUUID"].as_str().unwrap())).await;
    // Of a replay it is known when it was live.
    let mut known = NOT_YET.to_vec();
    known.extend(["- .originallyPublishedAt: null", "+ .originallyPublishedAt: text"]);
    assert_eq!(
        unexplained(differences(&replay, "vod-ap-video-2res"), &known),
        [""; 0]
    );
    // What is linked can be fetched.
    let links = std::iter::once(&replay["url"][1]).chain(replay["url"][1]["tag"].as_array().unwrap());
    for href in links.filter_map(|link| link["href"].as_str()) {
        assert_eq!(
            server.client.head(href).send().await.unwrap().status(),
            200,
            "{href}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_public_is_told_to_nobody_it_is_not_for() {
    let server = Server::start_with(Options::default()).await;
    let token = server.token().await;
    let asked = async |privacy: u8, prefix: &str| {
        let settings = json!({ "privacy": privacy, "permanentLive": true, "saveReplay": false });
        let live = server.live(&token, settings).await;
        ask(&server, &format!("{prefix}{}", live.uuid), AS).await
    };
    let unlisted: Value = asked(2, "/w/").await.json().await.unwrap();
    assert_eq!((&unlisted["to"], &unlisted["cc"]), (&json!([]), &json!([])));
    for privacy in [3, 4] {
        assert_eq!(asked(privacy, "/videos/watch/").await.status(), 401, "{privacy}");
    }
    assert_eq!(ask(&server, "/w/nothing", AS).await.status(), 400);
    let nowhere = "/videos/watch/122d093a-1ede-43bd-bd34-59d2931ffc5e";
    assert_eq!(ask(&server, nowhere, AS).await.status(), 404);
}
