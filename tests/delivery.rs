//! What players rely on when they fetch: blocking, caching, ranges, compression, and limits that hold.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;
use support::media::Pattern;
use support::viewer::Viewer;
use support::{Options, Server};

#[tokio::test(flavor = "multi_thread")]
async fn playlists_block_media_is_immutable_and_ranges_work() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    let mut viewer = Viewer::join(&server, &live).await;
    viewer.watch_until(1).await;

    let header = |response: &reqwest::Response, name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    // A preload hint is answered when the part exists.
    let hint = viewer.playlist().preload_hints[0].0.clone();
    let part = server.get(&live.media(&hint)).await;
    assert_eq!(part.status(), 200);
    assert!(header(&part, "cache-control").unwrap().contains("immutable"));
    assert_eq!(header(&part, "access-control-allow-origin").unwrap(), "*");

    let far = viewer.last_closed() + 10;
    assert_eq!(
        server
            .get(&live.media(&format!("0-ll.m3u8?_HLS_msn={far}")))
            .await
            .status(),
        400
    );
    assert_eq!(
        server.get(&live.media("0-ll.m3u8?_HLS_part=1")).await.status(),
        400
    );
    assert_eq!(server.get(&live.media("0-ll.m3u8?unknown=1")).await.status(), 200);

    let segment = live.media(viewer.playlist().segments[0].uri.as_ref().unwrap());
    let whole = server.get(&segment).await.bytes().await.unwrap();
    let ranged = server
        .client
        .get(server.url(&segment))
        .header("range", "bytes=10-19")
        .send()
        .await
        .unwrap();
    assert_eq!(ranged.status(), 206);
    assert_eq!(
        header(&ranged, "content-range").unwrap(),
        format!("bytes 10-19/{}", whole.len())
    );
    assert_eq!(ranged.bytes().await.unwrap(), whole[10..20]);
    let beyond = server
        .client
        .get(server.url(&segment))
        .header("range", "bytes=99999999-")
        .send()
        .await
        .unwrap();
    assert_eq!(beyond.status(), 416);

    let plain = reqwest::Client::builder().no_gzip().build().unwrap();
    let url = server.url(&live.media("0-ll.m3u8"));
    let packed = plain
        .get(&url)
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap();
    assert_eq!(header(&packed, "content-encoding").unwrap(), "gzip");
    assert_eq!(header(&packed, "vary").unwrap(), "accept-encoding");
    let unpacked = plain.get(&url).send().await.unwrap();
    assert_eq!(header(&unpacked, "content-encoding"), None);
    encoder.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_waiting_are_told_to_come_back_and_the_others_are_served() {
    let env = vec![("TRIBUTARY__LIMITS__MAX_WAITING", "20".to_owned())];
    let server = Server::start_with(Options {
        env,
        ..Options::default()
    })
    .await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    let mut viewer = Viewer::join(&server, &live).await;
    viewer.watch_until(1).await;
    let next = viewer.last_closed() + 2;
    let url = server.url(&live.media(&format!("0-ll.m3u8?_HLS_msn={next}")));
    let asked = (0..60).map(|_| {
        let request = server.client.get(&url).send();
        tokio::spawn(async { request.await.unwrap().status().as_u16() })
    });
    let mut answers = Vec::new();
    for answer in asked.collect::<Vec<_>>() {
        answers.push(answer.await.unwrap());
    }
    assert!(
        answers.iter().filter(|status| **status == 200).count() >= 20,
        "{answers:?}"
    );
    assert!(answers.contains(&503), "{answers:?}");
    assert!(
        answers.iter().all(|status| matches!(status, 200 | 503)),
        "{answers:?}"
    );
    viewer.next().await;
    encoder.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_what_does_not_exist_costs_no_memory() {
    let server = Server::start().await;
    let ask = async |round: u32| {
        for n in 0..2_000_u32 {
            let uuid = format!(
                "00000000-0000-4000-8000-{:012x}",
                u64::from(round) << 32 | u64::from(n)
            );
            let response = server
                .get(&format!(
                    "/static/streaming-playlists/hls/{uuid}/0-ll.m3u8?_HLS_msn={n}"
                ))
                .await;
            assert_eq!(response.status(), 404);
        }
    };
    ask(0).await;
    let before = resident_kb(server.pid());
    for round in 1..=3 {
        ask(round).await;
    }
    let after = resident_kb(server.pid());
    assert!(after < before + 2_000, "{before} kB before, {after} kB after");
}

/// A client that sends its request byte by byte, and one that never reads its answer, are cut off, and nobody waits for
/// them.
#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_hold_nobody_up() {
    let server = Server::start().await;
    let address = ("127.0.0.1", server.http_port);
    let mut slow: Vec<_> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream
                .write_all(b"GET /api/v1/ping HTTP/1.1\r\nHost: x\r\nX-Slow: ")
                .unwrap();
            stream
        })
        .collect();
    let started = Instant::now();
    assert_eq!(server.get("/api/v1/ping").await.text().await.unwrap(), "pong");
    assert!(started.elapsed() < Duration::from_secs(5));
    // The first of them is let go when its head has taken too long (15 s).
    let first = &mut slow[0];
    first.set_read_timeout(Some(support::PATIENCE)).unwrap();
    let mut answer = Vec::new();
    let _ = first.read_to_end(&mut answer);
    assert!(
        answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

/// Readers that ask for a recording and take nothing of it hold one chunk each, and others get theirs.
#[tokio::test(flavor = "multi_thread")]
async fn readers_that_do_not_read_hold_little() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let pattern = Pattern {
        bitrate: "8M",
        size: "640x360",
        ..Pattern::seconds(10)
    };
    pattern.publish(&server.rtmp(&live.key)).finish();
    let sessions = format!("/api/v1/videos/live/{}/sessions", live.uuid);
    let ended = server
        .until(&sessions, Some(&token), |s| {
            s["data"][0]["replayVideo"].is_object()
        })
        .await;
    let uuid = ended["data"][0]["replayVideo"]["uuid"].as_str().unwrap();
    let path = format!("/static/streaming-playlists/hls/{uuid}/{uuid}-360-fragmented.mp4");
    let before = resident_kb(server.pid());
    let stuck: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", server.http_port)).unwrap();
            stream
                .write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes())
                .unwrap();
            stream
        })
        .collect();
    let whole = server.get(&path).await.bytes().await.unwrap();
    assert!(whole.len() > 2_000_000, "{}", whole.len());
    let held = resident_kb(server.pid()).saturating_sub(before);
    assert!(
        held < 100 * 1_024,
        "{held} kB for {} readers of {} bytes",
        stuck.len(),
        whole.len()
    );
}

fn resident_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
