//! The pages in a real Chromium.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use support::media::Pattern;
use support::viewer::Viewer;
use support::{Options, ROOT_PASSWORD, Server};

/// A script of `tests/browser`, running.
struct Script(Child);

impl Script {
    fn start(name: &str, args: &[&str], env: &[(&str, &str)]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/browser")
            .join(name);
        let mut command = Command::new("node");
        command.arg(script).args(args).envs(env.iter().copied());
        Self(
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        )
    }

    /// Waits until the page is open.
    fn wait_opened(&mut self) {
        let mut lines = BufReader::new(self.0.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        assert!(lines.by_ref().any(|line| line == "opened"));
        std::thread::spawn(move || lines.for_each(|line| eprintln!("{line}")));
    }

    /// The line of JSON it ends with.
    fn report(self) -> Value {
        let output = self.0.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let report = said.lines().next_back().unwrap_or_default();
        serde_json::from_str(report)
            .unwrap_or_else(|_| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)))
    }
}

#[track_caller]
fn no_complaints(report: &Value) {
    assert_eq!(report["errors"], json!([]), "{report:#}");
    assert_eq!(report["consoleErrors"], json!([]), "{report:#}");
    assert_eq!(report["requestsToOtherHosts"], json!([]), "{report:#}");
}

/// States of the player in order, without their times.
fn states(report: &Value) -> String {
    let states = report["states"]
        .as_array()
        .unwrap()
        .iter()
        .map(|state| state[1].as_str().unwrap());
    states.collect::<Vec<_>>().join(" > ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_page_joins_by_itself_survives_an_interruption_and_shows_the_replay() {
    let env = vec![("TRIBUTARY__LIVE__GRACE_S", "20".to_owned())];
    let server = Server::start_with(Options {
        env,
        ..Options::default()
    })
    .await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let page = server.url(&format!("/videos/watch/{}", live.uuid));
    let mut watching = Script::start("watch.mjs", &[&page, "24"], &[("WAIT", "40")]);
    watching.wait_opened();

    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    let health = format!("/api/v1/videos/live/{}/health", live.uuid);
    let watched =
        |health: &Value| health["viewers"] == 1 && health["history"].as_array().is_some_and(|h| h.len() > 5);
    server.until(&health, Some(&token), watched).await;
    encoder.cut();
    server
        .until(&health, Some(&token), |health| health["state"] == "interrupted")
        .await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    server
        .until(&health, Some(&token), |health| health["state"] == "on-air")
        .await;
    server
        .until(&health, Some(&token), |health| {
            health["uptimeMs"].as_i64().is_some_and(|uptime| uptime > 17_000)
        })
        .await;
    encoder.stop();

    let report = watching.report();
    no_complaints(&report);
    let states = states(&report);
    for state in ["waiting", "on-air", "interrupted", "replay"] {
        assert!(states.contains(state), "{state} is missing: {states}");
    }
    assert!(report["latency"]["p50"].as_f64().unwrap() < 6.0, "{report:#}");
    assert!(
        report["duration"].as_f64().is_some_and(|seconds| seconds > 10.0),
        "the replay is there: {report:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_hls_js_plays_both_playlists_from_another_origin() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    // hls.js takes a playlist without a whole segment for an empty one, and asks again.
    Viewer::join(&server, &live).await.watch_until(1).await;
    for (playlist, low_latency) in [("ll.m3u8", "1"), ("master.m3u8", "0")] {
        let url = server.url(&live.media(playlist));
        let report = Script::start("hlsjs.mjs", &[&url, "8"], &[("LOW_LATENCY", low_latency)]).report();
        assert_eq!(report["playing"], true, "{playlist}: {report:#}");
        assert_eq!(report["errors"], json!([]), "{playlist}: {report:#}");
    }
    encoder.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_accessible_on_desktop_and_phone() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    server
        .until(&format!("/api/v1/videos/{}", live.uuid), None, |video| {
            video["state"]["id"] == 1
        })
        .await;
    let pages: Vec<String> = [
        "/",
        "/c/root_channel",
        "/a/root",
        &format!("/videos/watch/{}", live.uuid),
        "/studio",
        "/studio/live/new",
        &format!("/studio/live/{}", live.uuid),
        &format!("/studio/live/{}/edit", live.uuid),
        "/no-such-page",
    ]
    .iter()
    .map(|path| server.url(path))
    .collect();
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let login = format!("root:{ROOT_PASSWORD}");
    let report = Script::start("a11y.mjs", &pages, &[("LOGIN", &login)]).report();
    assert_eq!(report["violations"], json!([]), "{report:#}");
    encoder.stop();
}
