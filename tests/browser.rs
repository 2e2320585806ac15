//! The pages in a real Chromium.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::media::Pattern;
use support::viewer::Viewer;
use support::{Options, ROOT_PASSWORD, Server};

/// How long the encoder of a live may be away in these tests; longer than it is.
const GRACE_S: &str = "30";
/// How long it is away.
const INTERRUPTION: Duration = Duration::from_secs(10);

/// A script of `tests/browser`, running.
struct Script {
    child: Child,
    /// What it says on the way, line by line.
    said: Receiver<String>,
}

impl Script {
    fn start(name: &str, args: &[&str], env: &[(&str, &str)]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/browser")
            .join(name);
        let mut command = Command::new("node");
        command.arg(script).args(args).envs(env.iter().copied());
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (say, said) = mpsc::channel();
        let stderr = child.stderr.take().unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                eprintln!("{line}");
                let _ = say.send(line);
            }
        });
        Self { child, said }
    }

    /// Waits until it says this.
    #[track_caller]
    fn wait_said(&self, wanted: &str) {
        let until = Instant::now() + support::PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.said.recv_timeout(left) {
                Ok(line) if line == wanted => return,
                Ok(_) => {}
                Err(error) => panic!("never said {wanted:?}: {error}"),
            }
        }
    }

    /// The line of JSON it ends with.
    fn report(self) -> Value {
        let output = self.child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let report = said.lines().next_back().unwrap_or_default();
        serde_json::from_str(report).unwrap_or_else(|_| panic!("{said}"))
    }
}

#[track_caller]
fn no_complaints(report: &Value) {
    assert_eq!(report["errors"], json!([]), "{report:#}");
    assert_eq!(report["consoleErrors"], json!([]), "{report:#}");
    assert_eq!(report["requestsToOtherHosts"], json!([]), "{report:#}");
}

/// What the player knew of the live, in order.
fn phases(report: &Value) -> Vec<String> {
    let states = report["states"].as_array().unwrap();
    let mut phases: Vec<String> = states
        .iter()
        .filter_map(|state| state[1].as_str()?.split(['/', ' ']).nth(1).map(str::to_owned))
        .collect();
    phases.dedup();
    phases
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_page_joins_by_itself_survives_an_interruption_and_shows_the_replay() {
    let env = vec![("TRIBUTARY__LIVE__GRACE_S", GRACE_S.to_owned())];
    let server = Server::start_with(Options {
        env,
        ..Options::default()
    })
    .await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let page = server.url(&format!("/videos/watch/{}", live.uuid));
    let watching = Script::start("watch.mjs", &[&page, "60"], &[("WAIT", "40"), ("REPLAY", "1")]);
    watching.wait_said("opened");

    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    watching.wait_said("live/on-air none");
    let health = format!("/api/v1/videos/live/{}/health", live.uuid);
    server
        .until(&health, Some(&token), |health| {
            health["viewers"] == 1 && health["uptimeMs"].as_i64().is_some_and(|uptime| uptime > 6_000)
        })
        .await;
    encoder.cut();
    let interrupted = Instant::now();
    watching.wait_said("live/interrupted none");
    tokio::time::sleep(INTERRUPTION.saturating_sub(interrupted.elapsed())).await;
    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    watching.wait_said("live/on-air none");
    server
        .until(&health, Some(&token), |health| {
            health["uptimeMs"].as_i64().is_some_and(|uptime| uptime > 24_000)
        })
        .await;
    encoder.stop();

    let report = watching.report();
    no_complaints(&report);
    assert_eq!(
        phases(&report),
        ["waiting", "on-air", "interrupted", "on-air", "waiting"],
        "{report:#}"
    );
    assert!(report["latency"]["p50"].as_f64().unwrap() < 6.0, "{report:#}");

    // Offered in place, from its beginning, and not played before its viewer asks: this is what was just seen.
    let replay = &report["replay"];
    let number = |pointer: &str| {
        replay
            .pointer(pointer)
            .and_then(Value::as_f64)
            .unwrap_or(f64::NAN)
    };
    assert_eq!(replay["offered"]["paused"], true, "{report:#}");
    assert!(number("/offered/at") < 0.5, "{report:#}");
    assert!(number("/offered/duration") > 10.0, "{report:#}");
    assert_eq!(
        replay["offered"]["words"].as_array().map(Vec::len),
        Some(1),
        "{report:#}"
    );
    assert_eq!(replay["played"], true, "{report:#}");
    assert!(
        number("/after/frames") > number("/offered/frames") + 30.0,
        "pictures were decoded: {report:#}"
    );

    let sessions = server
        .until(
            &format!("/api/v1/videos/live/{}/sessions", live.uuid),
            Some(&token),
            |sessions| sessions["data"][0]["replayVideo"].is_object(),
        )
        .await;
    assert_eq!(sessions["total"], 1, "{sessions:#}");
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
