//! Encoders and players that nobody here wrote.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use support::media::{Pattern, probe};
use support::viewer::Viewer;
use support::{Options, Server};

/// Whether the end of a stream is lost is a matter of microseconds: once is no proof.
const FULL_SPEED_RUNS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn gstreamer_publishes_with_rtmp2sink() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let mut encoder = Command::new("gst-launch-1.0")
        .args(["-q", "-e", "videotestsrc", "is-live=true", "!"])
        .args(["video/x-raw,width=320,height=180,framerate=25/1", "!"])
        .args([
            "x264enc",
            "tune=zerolatency",
            "speed-preset=ultrafast",
            "key-int-max=25",
            "!",
            "h264parse",
            "!",
        ])
        .args([
            "mux.",
            "audiotestsrc",
            "is-live=true",
            "!",
            "audioconvert",
            "!",
            "avenc_aac",
            "!",
            "aacparse",
            "!",
        ])
        .args(["mux.", "flvmux", "name=mux", "streamable=true", "!"])
        .args(["rtmp2sink", &format!("location={}", server.rtmp(&live.key))])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut viewer = Viewer::join(&server, &live).await;
    viewer.watch_until(3).await;
    let interrupt = Command::new("kill")
        .args(["-INT", &encoder.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupt.success());
    encoder.wait().unwrap();
    viewer.watch_to_the_end().await;
    assert!(viewer.segments_checked >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_and_mpv_play_the_classic_and_the_low_latency_playlist() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    let mut viewer = Viewer::join(&server, &live).await;
    viewer.watch_until(3).await;
    for playlist in ["master.m3u8", "ll.m3u8"] {
        let url = server.url(&live.media(playlist));
        let played = Command::new("ffmpeg")
            .args([
                "-hide_banner",
                "-nostdin",
                "-v",
                "error",
                "-xerror",
                "-i",
                &url,
                "-t",
                "4",
                "-f",
                "null",
                "-",
            ])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&played.stderr);
        assert!(
            played.status.success() && said.is_empty(),
            "ffmpeg, {playlist}: {said}"
        );
        let played = Command::new("mpv")
            .args([
                "--no-config",
                "--vo=null",
                "--ao=null",
                "--untimed",
                "--length=4",
                "--msg-level=all=error",
                &url,
            ])
            .output()
            .unwrap();
        assert!(
            played.status.success(),
            "mpv, {playlist}: {}",
            String::from_utf8_lossy(&played.stdout)
        );
    }
    encoder.stop();
}

/// ffmpeg without `-re` sends as fast as the socket takes it, says goodbye and hangs up without reading what it was told
/// in the meantime. Whatever the server says then costs the end of the stream, and the goodbye with it; with a grace this
/// long the session would not end before the test gives up.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_sent_at_full_speed_is_recorded_whole_and_ends_at_once() {
    let server = Server::start_with(Options {
        env: vec![("TRIBUTARY__LIVE__GRACE_S", "300".to_owned())],
        ..Options::default()
    })
    .await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let folder = tempfile::tempdir().unwrap();
    let file = ten_minutes(folder.path());
    for run in 0..FULL_SPEED_RUNS {
        let sent = Command::new("ffmpeg")
            .args(["-v", "error", "-nostdin", "-i"])
            .arg(&file)
            .args(["-c", "copy", "-f", "flv", &server.rtmp(&live.key)])
            .status()
            .unwrap();
        assert!(sent.success(), "run {run}");
        let sessions = server
            .until(
                &format!("/api/v1/videos/live/{}/sessions", live.uuid),
                Some(&token),
                |sessions| sessions["data"][run]["replayVideo"].is_object(),
            )
            .await;
        let uuid = sessions["data"][run]["replayVideo"]["uuid"].as_str().unwrap();
        let video = server.json(&format!("/api/v1/videos/{uuid}")).await;
        assert_eq!(video["duration"], 600, "run {run}");
        let probed = probe(video["streamingPlaylists"][0]["playlistUrl"].as_str().unwrap());
        assert_eq!(
            (probed.errors.as_str(), probed.pictures),
            ("", 18_000),
            "run {run}"
        );
    }
}

/// Ten minutes of pictures and sound as FLV.
fn ten_minutes(folder: &Path) -> PathBuf {
    let file = folder.join("minutes.flv");
    let made = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-nostdin",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=160x90:r=30",
        ])
        .args(["-f", "lavfi", "-i", "sine", "-t", "600"])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-bf", "2"])
        .args(["-pix_fmt", "yuv420p", "-c:a", "aac"])
        .arg(&file)
        .status()
        .unwrap();
    assert!(made.success());
    file
}
