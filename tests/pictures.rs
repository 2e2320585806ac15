//! Pictures of lives and replays: drawn, cached, kept from those they are not for, and gone with their video.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::time::{Duration, Instant};

use reqwest::Response;
use serde_json::{Value, json};
use support::media::Pattern;
use support::{Live, Options, PATIENCE, Server};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
const SIZES: [(&str, (u16, u16)); 2] = [("thumbnails", (560, 314)), ("previews", (850, 480))];

fn path(folder: &str, uuid: &str) -> String {
    format!("/lazy-static/{folder}/{uuid}.jpg")
}

fn header(response: &Response, name: &str) -> String {
    response.headers()[name].to_str().unwrap().to_owned()
}

/// Width and height in the frame header (ISO/IEC 10918-1, B.2.2).
fn size(jpeg: &[u8]) -> (u16, u16) {
    let at = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    let number = |at: usize| u16::from_be_bytes([jpeg[at], jpeg[at + 1]]);
    (number(at + 7), number(at + 5))
}

/// What is shown of a video nobody has drawn.
async fn neutral(server: &Server) -> bytes::Bytes {
    server.get(&path("previews", NOBODY)).await.bytes().await.unwrap()
}

/// Asks for a picture until it is one of the video's own.
async fn drawn(server: &Server, uuid: &str, token: &str) -> bytes::Bytes {
    let (neutral, deadline) = (neutral(server).await, Instant::now() + PATIENCE);
    loop {
        let request = server
            .client
            .get(server.url(&path("previews", uuid)))
            .bearer_auth(token);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let picture = response.bytes().await.unwrap();
        if picture != neutral {
            return picture;
        }
        assert!(Instant::now() < deadline, "{uuid} was never drawn");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// UUID of the newest replay of a live.
async fn replay(server: &Server, token: &str, live: &Live) -> String {
    let sessions = format!("/api/v1/videos/live/{}/sessions", live.uuid);
    let ended = |sessions: &Value| sessions["data"][0]["replayVideo"]["uuid"].is_string();
    let sessions = server.until(&sessions, Some(token), ended).await;
    sessions["data"][0]["replayVideo"]["uuid"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_is_drawn_and_so_is_its_replay() {
    let mut server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let video = server.json(&format!("/api/v1/videos/{}", live.uuid)).await;
    assert_eq!(video["thumbnailPath"], path("thumbnails", &live.uuid));
    assert_eq!(video["previewPath"], path("previews", &live.uuid));
    for (folder, wanted) in SIZES {
        let none = server.get(&path(folder, &live.uuid)).await;
        assert_eq!(header(&none, "content-type"), "image/jpeg");
        assert_eq!(size(&none.bytes().await.unwrap()), wanted);
    }

    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    let first = drawn(&server, &live.uuid, &token).await;
    assert_eq!(size(&first), (850, 480));
    for (folder, wanted) in SIZES {
        let shown = server.get(&path(folder, &live.uuid)).await;
        assert_eq!(header(&shown, "content-type"), "image/jpeg");
        assert_eq!(header(&shown, "cache-control"), "public, max-age=30");
        assert_eq!(header(&shown, "access-control-allow-origin"), "*");
        for (ask, told) in [("if-none-match", "etag"), ("if-modified-since", "last-modified")] {
            let request = server
                .client
                .get(shown.url().clone())
                .header(ask, header(&shown, told));
            let again = request.send().await.unwrap();
            assert_eq!(again.status(), 304, "{ask}");
            assert_eq!(header(&again, "etag"), header(&shown, "etag"));
        }
        assert_eq!(size(&shown.bytes().await.unwrap()), wanted);
    }
    let page = server
        .get(&format!("/w/{}", live.uuid))
        .await
        .text()
        .await
        .unwrap();
    let whole = server.url(&path("previews", &live.uuid));
    assert!(
        page.contains(&format!("property=\"og:image\" content=\"{whole}\"")),
        "{page}"
    );
    let address = server.url(&format!("/w/{}", live.uuid));
    let oembed = server.json(&format!("/services/oembed?url={address}")).await;
    assert_eq!(
        (&oembed["thumbnail_url"], &oembed["thumbnail_width"]),
        (&json!(whole), &json!(850))
    );
    let home = server.get("/").await.text().await.unwrap();
    assert!(home.contains(&path("thumbnails", &live.uuid)), "{home}");
    encoder.stop();

    let replay = replay(&server, &token, &live).await;
    let handed_down = server.get(&path("previews", &replay)).await;
    assert_eq!(header(&handed_down, "cache-control"), "public, max-age=86400");
    assert_ne!(handed_down.bytes().await.unwrap(), neutral(&server).await);

    // Whatever was lost is drawn again.
    assert!(server.stop().success());
    std::fs::remove_dir_all(server.data.join("pictures")).unwrap();
    server.restart();
    assert_eq!(size(&drawn(&server, &replay, &token).await), (850, 480));

    let gone = server
        .client
        .delete(server.url(&format!("/api/v1/videos/{replay}")))
        .bearer_auth(&token);
    assert_eq!(gone.send().await.unwrap().status(), 204);
    let left = server
        .get(&path("previews", &replay))
        .await
        .bytes()
        .await
        .unwrap();
    assert_eq!(left, neutral(&server).await);
    assert!(!server.data.join("pictures").join(&replay).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_for_those_the_video_is_for() {
    let server = Server::start().await;
    let token = server.token().await;
    // For everyone while it is on air, and for nobody else afterwards.
    let settings = json!({ "permanentLive": false, "replaySettings": { "privacy": 3 } });
    let closing = server.live(&token, settings).await;
    let private = server.live(&token, json!({ "privacy": 3 })).await;
    let encoders = [&closing, &private].map(|live| Pattern::default().publish(&server.rtmp(&live.key)));
    drawn(&server, &closing.uuid, &token).await;
    let url = server.url(&path("previews", &private.uuid));
    drawn(&server, &private.uuid, &token).await;
    assert_eq!(server.client.get(&url).send().await.unwrap().status(), 401);
    let shown = server.client.get(&url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(header(&shown, "cache-control"), "private, max-age=30");
    encoders.into_iter().for_each(support::media::Encoder::stop);

    let video = format!("/api/v1/videos/{}", closing.uuid);
    server
        .until(&video, Some(&token), |video| video["isLive"] == false)
        .await;
    for (folder, _) in SIZES {
        let refused = server.get(&path(folder, &closing.uuid)).await;
        assert_eq!(refused.status(), 401);
        assert_eq!(header(&refused, "access-control-allow-origin"), "*");
    }

    let video = format!("/api/v1/videos/{}", private.uuid);
    server
        .until(&video, Some(&token), |video| video["state"]["id"] == 4)
        .await;
    let opened = server.client.put(server.url(&video)).bearer_auth(&token);
    assert_eq!(
        opened
            .json(&json!({ "privacy": 1 }))
            .send()
            .await
            .unwrap()
            .status(),
        204
    );
    let shown = server.client.get(&url).send().await.unwrap();
    assert_eq!(header(&shown, "cache-control"), "public, max-age=30");
}

/// The headers are right, the pictures are noise.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_garbage_has_no_picture_and_leaves_no_process() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let noisy = Pattern {
        video_filter: Some("noise=amount=10"),
        ..Pattern::default()
    };
    let encoder = noisy.publish(&server.rtmp(&live.key));
    let deadline = Instant::now() + PATIENCE;
    let tried = loop {
        let metrics = server.get("/metrics").await.text().await.unwrap();
        let line = metrics
            .lines()
            .find(|line| line.starts_with("tributary_pictures_total"));
        if let Some(line) = line {
            break line.to_owned();
        }
        assert!(Instant::now() < deadline, "nobody tried");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(tried, "tributary_pictures_total{result=\"failed\"} 1");
    let shown = server
        .get(&path("previews", &live.uuid))
        .await
        .bytes()
        .await
        .unwrap();
    assert_eq!(shown, neutral(&server).await);
    assert_eq!(children(server.pid()), Vec::<String>::new());
    // The server is a child of this process: who looks for children finds them.
    assert!(
        children(std::process::id())
            .iter()
            .any(|stat| stat.starts_with(&format!("{} ", server.pid())))
    );
    encoder.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_decoder_lives_go_on_without_pictures() {
    let server = Server::start_with(Options {
        env: vec![("PATH", "/nowhere".to_owned())],
        ..Options::default()
    })
    .await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    Pattern::seconds(2).publish(&server.rtmp(&live.key)).finish();
    let replay = replay(&server, &token, &live).await;
    for uuid in [&live.uuid, &replay] {
        let shown = server.get(&path("previews", uuid)).await.bytes().await.unwrap();
        assert_eq!(shown, neutral(&server).await);
    }
}

/// Processes whose parent is this one, from `/proc/PID/stat`: `pid (name) state parent …`.
fn children(parent: u32) -> Vec<String> {
    let processes = std::fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap().path());
    processes
        // Those that are no processes, or no longer, have none.
        .filter_map(|path| std::fs::read_to_string(path.join("stat")).ok())
        .filter(|stat| {
            let after_name = stat.rsplit_once(") ").map(|(_, rest)| rest).unwrap_or_default();
            after_name.split(' ').nth(1).and_then(|pid| pid.parse().ok()) == Some(parent)
        })
        .collect()
}
