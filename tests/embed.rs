//! The player on somebody else's page, driven by PeerTube's own client for embeds.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use support::media::Pattern;
use support::viewer::Viewer;
use support::{Live, Server};

/// What `tests/browser/embed-api.mjs` reports of the embed of this video.
fn drive(server: &Server, uuid: &str) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/embed-api.mjs");
    let output = Command::new("node")
        .arg(script)
        .arg(server.url(&format!("/videos/embed/{uuid}")))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    serde_json::from_str(said.trim()).unwrap_or_else(|_| {
        panic!("{said}{}", String::from_utf8_lossy(&output.stderr));
    })
}

#[track_caller]
fn plays_pauses_and_answers(report: &Value) {
    assert_eq!(report["errors"], json!([]), "{report:#}");
    let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_f64).unwrap();
    assert!((2.0..4.0).contains(&number("/played")), "{report:#}");
    assert!(number("/paused") < 0.1, "{report:#}");
    assert!(
        (4.0..=8.0).contains(&number("/answers/updatesIn3s")),
        "{report:#}"
    );
    let answers = &report["answers"];
    assert_eq!(
        answers["before"],
        json!({ "playing": false, "resolutions": [] }),
        "an embed loads nothing before it is asked: {report:#}"
    );
    assert_eq!(answers["isPlaying"], true, "{report:#}");
    assert_eq!(answers["volume"], 0.4, "{report:#}");
    assert_eq!(answers["chosen"], 0, "{report:#}");
    let resolutions: Vec<i64> = answers["resolutions"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|resolution| resolution["id"].as_i64())
        .collect();
    assert_eq!(resolutions, [0, -1], "the one there is, and auto: {report:#}");
    assert!(
        answers["picture"]
            .as_str()
            .unwrap()
            .starts_with("data:image/jpeg"),
        "{report:#}"
    );
    assert_eq!(
        report["changes"],
        json!(["playing", "paused", "playing"]),
        "{report:#}"
    );
    assert_eq!(
        answers["refused"],
        json!({
            "volume": "invalid_params",
            "seek": "invalid_params",
            "resolution": "invalid_params",
            "rate": "invalid_params",
            "caption": "invalid_params",
            "unknown": "method_not_found",
        }),
        "{report:#}"
    );
    let hostile = report["hostile"].as_array().unwrap();
    assert_eq!(hostile.len(), 1, "the others are not answered: {report:#}");
    assert_eq!(hostile[0]["error"], "method_not_found", "{report:#}");
}

/// Of the live that just ended, once it can be watched.
async fn replay(server: &Server, token: &str, live: &Live) -> String {
    let path = format!("/api/v1/videos/live/{}/sessions", live.uuid);
    let sessions = server
        .until(&path, Some(token), |sessions| {
            sessions["data"][0]["replayVideo"].is_object()
        })
        .await;
    sessions["data"][0]["replayVideo"]["uuid"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_elsewhere_drive_a_live_and_its_replay() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    Viewer::join(&server, &live).await.watch_until(2).await;
    let report = drive(&server, &live.uuid);
    plays_pauses_and_answers(&report);
    assert_eq!(report["answers"]["rate"], 1.0, "a live has no speed: {report:#}");

    encoder.stop();
    let replay = replay(&server, &token, &live).await;
    let report = drive(&server, &replay);
    plays_pauses_and_answers(&report);
    assert_eq!(report["answers"]["rate"], 1.5, "{report:#}");
}
