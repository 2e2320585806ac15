//! Pulling the plug: whatever was complete is a replay after the next start, and nobody has to do anything.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::HashSet;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use support::media::{Pattern, probe};
use support::viewer::Viewer;
use support::{Live, Options, Server};

/// Moments after the live went on air, spread over a segment and over how full the files are. From there every other run
/// waits for the next segment to be listed, and pulls the plug on seeing it.
const MOMENTS_MS: [u64; 10] = [50, 430, 970, 1_210, 1_777, 2_340, 2_910, 3_333, 4_050, 4_680];
/// Runs that must have had a segment to lose: the first may be cut off before there is one.
const TELLING_RUNS: usize = 9;

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_at_any_moment_keeps_every_listed_segment() {
    let data = tempfile::tempdir().unwrap();
    let env = vec![("TRIBUTARY__PACKAGER__SEGMENT_MS", "1000".to_owned())];
    let mut server = Server::start_with(Options {
        env,
        data: Some(data.path().to_owned()),
        ..Options::default()
    })
    .await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let sessions = format!("/api/v1/videos/live/{}/sessions", live.uuid);
    let mut telling = 0;

    for (run, moment) in MOMENTS_MS.into_iter().enumerate() {
        let encoder = Pattern::default().publish(&server.rtmp(&live.key));
        let mut viewer = Viewer::join(&server, &live).await;
        let mut listed = HashSet::new();
        let watching = async {
            loop {
                note(&viewer, &mut listed);
                viewer.next().await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_millis(moment), watching).await;
        note(&viewer, &mut listed);
        drop(viewer);
        if run % 2 == 1 {
            listed.insert(next_listed(&server, &live).await);
        }
        server.kill();
        drop(encoder);
        server.restart();
        telling += usize::from(!listed.is_empty());

        let token = server.token().await;
        let ended = server
            .until(&sessions, Some(&token), |sessions| {
                sessions["data"].as_array().is_some_and(|data| {
                    data.len() == run + 1 && data.iter().all(|session| session["endDate"].is_string())
                })
            })
            .await;
        let replay = &ended["data"][run]["replayVideo"];
        if listed.is_empty() && replay.is_null() {
            continue;
        }
        let uuid = replay["uuid"]
            .as_str()
            .unwrap_or_else(|| panic!("no replay of run {run}: {ended:#}"));
        let video = server.json(&format!("/api/v1/videos/{uuid}")).await;
        let playlist = video["streamingPlaylists"][0]["playlistUrl"].as_str().unwrap();
        let probed = probe(playlist);
        assert_eq!(probed.errors, "", "run {run}");
        if run == 0 || run + 1 == MOMENTS_MS.len() {
            let played = Command::new("node")
                .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/hlsjs.mjs"))
                .args([playlist, "1"])
                .env("LOW_LATENCY", "0")
                .output()
                .unwrap();
            let report: serde_json::Value = serde_json::from_slice(&played.stdout).unwrap();
            assert!(
                report["firstPictureMs"].is_number() && report["errors"] == json!([]),
                "{report:#}"
            );
        }
        let hashes: serde_json::Value = server
            .client
            .get(
                video["streamingPlaylists"][0]["segmentsSha256Url"]
                    .as_str()
                    .unwrap(),
            )
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let kept: HashSet<&str> = hashes
            .as_object()
            .unwrap()
            .values()
            .flat_map(|ranges| ranges.as_object().unwrap().values())
            .map(|digest| digest.as_str().unwrap())
            .collect();
        let lost: Vec<_> = listed
            .iter()
            .filter(|digest| !kept.contains(digest.as_str()))
            .collect();
        assert!(
            lost.is_empty(),
            "run {run}: {} of {} are lost",
            lost.len(),
            listed.len()
        );
    }
    assert!(
        telling >= TELLING_RUNS,
        "only {telling} runs had something to lose"
    );
}

/// Remembers the digests of the segments a viewer sees listed.
fn note(viewer: &Viewer<'_>, listed: &mut HashSet<String>) {
    let segments = viewer.playlist().segments.iter();
    let closed = segments.filter(|segment| segment.uri.is_some());
    listed.extend(closed.map(|segment| segment.sha256.clone().unwrap()));
}

/// The digest of the next segment, as soon as it is listed.
async fn next_listed(server: &Server, live: &Live) -> String {
    let last = async || {
        let text = server.get(&live.media("0-ll.m3u8")).await.text().await.unwrap();
        let digests = text
            .lines()
            .filter_map(|line| line.strip_prefix("#EXT-X-TRIBUTARY-SHA256:"));
        digests.map(str::to_owned).next_back()
    };
    let before = last().await;
    loop {
        match last().await {
            Some(digest) if Some(&digest) != before.as_ref() => return digest,
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_order_publishes_what_is_on_air() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start_with(Options {
        data: Some(data.path().to_owned()),
        ..Options::default()
    })
    .await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    let mut viewer = Viewer::join(&server, &live).await;
    viewer.watch_until(1).await;
    assert!(server.stop().success());
    drop(encoder);
    server.restart();
    let token = server.token().await;
    let sessions = server
        .until(
            &format!("/api/v1/videos/live/{}/sessions", live.uuid),
            Some(&token),
            |s| s["total"] == 1,
        )
        .await;
    assert!(
        sessions["data"][0]["replayVideo"]["uuid"].is_string(),
        "{sessions:#}"
    );
}
