//! Pulling the plug: whatever was complete is a replay after the next start, and nobody has to do anything.

mod support;

use std::collections::HashSet;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use support::media::{Pattern, probe};
use support::viewer::Viewer;
use support::{Options, Server};

/// Moments after the live went on air, spread over a segment and over how full the files are.
const MOMENTS_MS: [u64; 10] = [50, 430, 970, 1_210, 1_777, 2_340, 2_910, 3_333, 4_050, 4_680];
/// A segment is written a few milliseconds after players hear of it: the moment of the plug may fall in between.
const WRITTEN_WITHIN: Duration = Duration::from_millis(300);

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_at_any_moment_keeps_every_closed_segment() {
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

    for (run, moment) in MOMENTS_MS.into_iter().enumerate() {
        let encoder = Pattern::default().publish(&server.rtmp(&live.key));
        let mut viewer = Viewer::join(&server, &live).await;
        let mut closed = Vec::new();
        let watching = async {
            loop {
                viewer.next().await;
                let now = std::time::Instant::now();
                for segment in viewer
                    .playlist()
                    .segments
                    .iter()
                    .filter(|segment| segment.uri.is_some())
                {
                    let digest = segment.sha256.clone().unwrap();
                    if !closed.iter().any(|(known, _)| *known == digest) {
                        closed.push((digest, now));
                    }
                }
            }
        };
        let _ = tokio::time::timeout(Duration::from_millis(moment), watching).await;
        let killed = std::time::Instant::now();
        drop(viewer);
        server.kill();
        drop(encoder);
        server.restart();

        let token = server.token().await;
        let ended = server
            .until(&sessions, Some(&token), |sessions| {
                sessions["data"].as_array().is_some_and(|data| {
                    data.len() == run + 1 && data.iter().all(|session| session["endDate"].is_string())
                })
            })
            .await;
        let expected: Vec<_> = closed
            .iter()
            .filter(|(_, seen)| *seen + WRITTEN_WITHIN < killed)
            .map(|(digest, _)| digest)
            .collect();
        let replay = &ended["data"][run]["replayVideo"];
        if expected.is_empty() && replay.is_null() {
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
        for digest in expected {
            assert!(
                kept.contains(digest.as_str()),
                "run {run}: a closed segment is missing"
            );
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
