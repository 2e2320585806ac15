//! Videos that go from one server to another: lives that wait, go on air and leave replays, what is changed and deleted.

use std::time::{Duration, Instant};

use db::Actor;
use futures_util::StreamExt as _;
use reqwest::Response;
use serde_json::{Value, json};

use crate::peers::{Inside, host};
use crate::stranger::member;
use crate::support::media::Pattern;
use crate::support::{PATIENCE, Server};

/// B follows A, and A has heard of it.
pub async fn followed() -> (Server, Server) {
    let (a, b) = tokio::join!(member(), member());
    let inside = Inside::of(&b).await;
    let instance = Actor::instance(&inside.federation.db).await.unwrap();
    federation::follow(&inside.federation, &instance, &host(&a))
        .await
        .unwrap();
    let mine = b.url("/accounts/peertube");
    a.until("/accounts/peertube/followers?page=1", None, |page| {
        page["orderedItems"] == json!([mine])
    })
    .await;
    b.until("/accounts/peertube/following", None, |following| {
        following["totalItems"] == 1
    })
    .await;
    (a, b)
}

fn api(uuid: &str) -> String {
    format!("/api/v1/videos/{uuid}")
}

async fn put(server: &Server, token: &str, uuid: &str, change: Value) {
    let request = server
        .client
        .put(server.url(&api(uuid)))
        .bearer_auth(token)
        .json(&change);
    assert_eq!(request.send().await.unwrap().status(), 204);
}

/// Waits until a page that shows the video would say so; when it did.
async fn state(events: &mut Events, wanted: &str) -> (Instant, Value) {
    let search = async {
        loop {
            let state = events.next().await;
            if state["state"] == wanted {
                return (Instant::now(), state);
            }
        }
    };
    tokio::time::timeout(PATIENCE, search)
        .await
        .unwrap_or_else(|_| panic!("never {wanted}"))
}

struct Events {
    stream: std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    text: String,
}

impl Events {
    async fn of(server: &Server, uuid: &str) -> Self {
        let response: Response = server.get(&format!("{}/events", api(uuid))).await;
        assert_eq!(response.status(), 200);
        Self {
            stream: Box::pin(response.bytes_stream()),
            text: String::new(),
        }
    }

    /// The next state.
    async fn next(&mut self) -> Value {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if event.contains("event: state") {
                    let data = event
                        .lines()
                        .find_map(|line| line.strip_prefix("data: "))
                        .unwrap();
                    return serde_json::from_str(data).unwrap();
                }
                continue;
            }
            let bytes = self
                .stream
                .next()
                .await
                .expect("the stream of events ended")
                .unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_goes_on_air_everywhere_and_leaves_its_replay_there() {
    let (a, b) = followed().await;
    let token = a.token().await;
    let live = a.live(&token, json!({ "name": "Studio A" })).await;

    let there = b
        .until(&api(&live.uuid), None, |video| video["name"] == "Studio A")
        .await;
    assert_eq!(there["isLocal"], false);
    assert_eq!(there["url"], a.url(&format!("/videos/watch/{}", live.uuid)));
    assert_eq!(there["state"]["id"], 4);
    assert_eq!(there["channel"]["host"], host(&a));
    assert_eq!(there["streamingPlaylists"], json!([]));

    let (mut here, mut elsewhere) = tokio::join!(Events::of(&a, &live.uuid), Events::of(&b, &live.uuid));
    assert_eq!(elsewhere.next().await["state"], "waiting");
    let encoder = Pattern::seconds(5).publish(&a.rtmp(&live.key));
    let ((at_a, _), (at_b, told)) = tokio::join!(state(&mut here, "on-air"), state(&mut elsewhere, "on-air"));
    println!(
        "on air: B's page knows {:?} after A's",
        at_b.saturating_duration_since(at_a)
    );
    assert!(at_b.saturating_duration_since(at_a) < Duration::from_secs(1));
    assert_eq!(told["playlist"], a.url(&live.media("master.m3u8")));

    let there = b.json(&api(&live.uuid)).await;
    assert_eq!(there["state"]["id"], 1);
    assert_eq!(
        there["streamingPlaylists"][0]["playlistUrl"],
        a.url(&live.media("master.m3u8"))
    );
    let hash = &there["streamingPlaylists"][0]["segmentsSha256Url"];
    assert_eq!(*hash, a.url(&live.media("segments-sha256.json")));
    let listed = b.json("/api/v1/videos?isLive=true").await;
    assert_eq!(listed["data"][0]["uuid"], live.uuid);
    assert_eq!(b.json("/api/v1/videos?isLocal=true").await["total"], 0);
    let home = b.get("/").await.text().await.unwrap();
    assert!(home.contains("Studio A") && home.contains(&host(&a)), "{home}");
    let page = b.get(&format!("/w/{}", live.uuid)).await;
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains(&format!("connect-src 'self' {}", a.url(""))),
        "{policy}"
    );
    assert!(
        page.text()
            .await
            .unwrap()
            .contains(&a.url(&live.media("master.m3u8")))
    );
    // Browsers may load it from there.
    let media = b
        .client
        .get(a.url(&live.media("master.m3u8")))
        .header("origin", b.url(""))
        .send()
        .await
        .unwrap();
    assert_eq!(media.headers()["access-control-allow-origin"], "*");

    tokio::task::spawn_blocking(|| encoder.finish()).await.unwrap();
    let ((at_a, _), (at_b, _)) = tokio::join!(state(&mut here, "waiting"), state(&mut elsewhere, "waiting"));
    println!(
        "off air: B's page knows {:?} after A's",
        at_b.saturating_duration_since(at_a)
    );
    assert!(at_b.saturating_duration_since(at_a) < Duration::from_secs(1));
    let replays = b
        .until("/api/v1/videos?isLive=false", None, |videos| videos["total"] == 1)
        .await;
    let replay = replays["data"][0]["uuid"].as_str().unwrap().to_owned();
    let replay_there = b.json(&api(&replay)).await;
    let replay_here = a.json(&api(&replay)).await;
    for field in [
        "name",
        "duration",
        "aspectRatio",
        "publishedAt",
        "updatedAt",
        "originallyPublishedAt",
        "tags",
    ] {
        assert_eq!(replay_there[field], replay_here[field], "{field}");
    }
    let (file_there, file_here) = (
        &replay_there["streamingPlaylists"][0]["files"][0],
        &replay_here["streamingPlaylists"][0]["files"][0],
    );
    for field in [
        "fileUrl",
        "size",
        "resolution",
        "width",
        "fps",
        "hasAudio",
        "hasVideo",
    ] {
        assert_eq!(file_there[field], file_here[field], "{field}");
    }

    let request = a.client.delete(a.url(&api(&replay))).bearer_auth(&token);
    assert_eq!(request.send().await.unwrap().status(), 204);
    b.until(&api(&replay), None, |video| video["status"] == 404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_or_closed_here_is_so_elsewhere() {
    let (a, b) = followed().await;
    let token = a.token().await;
    let live = a
        .live(
            &token,
            json!({ "privacy": 3, "replaySettings": { "privacy": 3 } }),
        )
        .await;
    put(&a, &token, &live.uuid, json!({ "name": "Renamed", "privacy": 1 })).await;
    // Nobody heard of it while it was private: it is new to them now.
    let video = b
        .until(&api(&live.uuid), None, |video| video["name"] == "Renamed")
        .await;
    let id = a.json(&format!("/videos/watch/{}/announces", live.uuid)).await;
    assert_eq!(id["totalItems"], 2);
    put(
        &a,
        &token,
        &live.uuid,
        json!({ "description": "What it is about", "tags": ["jazz"] }),
    )
    .await;
    let video = b
        .until(&api(&live.uuid), None, |now| {
            now["updatedAt"] != video["updatedAt"]
        })
        .await;
    assert_eq!(
        (&video["description"], &video["tags"]),
        (&json!("What it is about"), &json!(["jazz"]))
    );

    put(&a, &token, &live.uuid, json!({ "privacy": 3 })).await;
    b.until(&api(&live.uuid), None, |video| video["status"] == 404)
        .await;
    put(&a, &token, &live.uuid, json!({ "privacy": 1 })).await;
    b.until(&api(&live.uuid), None, |video| video["name"] == "Renamed")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_is_found_by_its_address_and_a_channel_by_its_handle() {
    let (a, b) = tokio::join!(member(), member());
    let live = a.live(&a.token().await, json!({ "name": "Studio A" })).await;
    let short = db::Uuid::short(live.uuid.parse().unwrap());
    let address = a.url(&format!("/w/{short}"));
    let search = format!("/api/v1/search/videos?search={address}");
    assert_eq!(b.json(&search).await["total"], 0, "nobody is asked for strangers");
    let token = b.token().await;
    let found = b.until(&search, Some(&token), |found| found["total"] == 1).await;
    assert_eq!(found["data"][0]["uuid"], live.uuid);
    assert_eq!(b.json(&api(&live.uuid)).await["name"], "Studio A");
    // What one person looked for is in nobody's lists.
    assert_eq!(b.json("/api/v1/videos?isLive=true").await["total"], 0);

    let handle = format!("/api/v1/search/video-channels?search=root_channel@{}", host(&a));
    let found = b.until(&handle, Some(&token), |found| found["total"] == 1).await;
    assert_eq!(found["data"][0]["url"], a.url("/video-channels/root_channel"));
    let picture = b.get(&format!("/lazy-static/previews/{}.jpg", live.uuid)).await;
    assert_eq!(picture.status(), 200);
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
}
