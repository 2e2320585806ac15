//! Encoders and players that nobody here wrote.

mod support;

use std::process::{Command, Stdio};

use serde_json::json;
use support::Server;
use support::media::{Pattern, probe};
use support::viewer::Viewer;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_a_hundred_times_faster_than_time_is_recorded_whole() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("minutes.flv");
    let made = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=160x90:r=30",
            "-f",
            "lavfi",
            "-i",
            "sine",
            "-t",
            "600",
        ])
        .args([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-g",
            "60",
            "-bf",
            "2",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
        ])
        .arg(&file)
        .status()
        .unwrap();
    assert!(made.success());
    let sent = Command::new("ffmpeg")
        .args(["-v", "error", "-readrate", "100", "-i"])
        .arg(&file)
        .args(["-c", "copy", "-f", "flv", &server.rtmp(&live.key)])
        .status()
        .unwrap();
    assert!(sent.success());
    let sessions = server
        .until(
            &format!("/api/v1/videos/live/{}/sessions", live.uuid),
            Some(&token),
            |s| s["data"][0]["replayVideo"].is_object(),
        )
        .await;
    let uuid = sessions["data"][0]["replayVideo"]["uuid"].as_str().unwrap();
    let video = server.json(&format!("/api/v1/videos/{uuid}")).await;
    assert_eq!(video["duration"], 600);
    let probed = probe(video["streamingPlaylists"][0]["playlistUrl"].as_str().unwrap());
    assert_eq!(probed.errors, "");
    assert_eq!(probed.pictures, 18_000, "{probed:?}");
}
