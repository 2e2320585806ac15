//! A live from a real encoder to a player: on air, interrupted, ended, and the replay it leaves.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use serde_json::{Value, json};
use support::media::{Pattern, probe};
use support::viewer::Viewer;
use support::{Live, Options, Server};

/// The replay of a live's last session, once it is published.
async fn replay(server: &Server, token: &str, live: &Live) -> Value {
    let sessions = format!("/api/v1/videos/live/{}/sessions", live.uuid);
    let sessions = server
        .until(&sessions, Some(token), |sessions| {
            let data = sessions["data"].as_array();
            data.and_then(|data| data.last())
                .is_some_and(|session| session["replayVideo"].is_object())
        })
        .await;
    let uuid = sessions["data"].as_array().unwrap().last().unwrap()["replayVideo"]["uuid"]
        .as_str()
        .unwrap()
        .to_owned();
    server.json(&format!("/api/v1/videos/{uuid}")).await
}

fn playlist_url(video: &Value) -> String {
    video["streamingPlaylists"][0]["playlistUrl"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permanent_live_plays_ends_and_leaves_its_replay() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;

    let waiting = server.json(&format!("/api/v1/videos/{}", live.uuid)).await;
    assert_eq!(waiting["state"]["id"], 4);
    assert_eq!(waiting["streamingPlaylists"], json!([]));
    assert_eq!(server.get(&live.media("0-ll.m3u8")).await.status(), 404);

    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    let mut viewer = Viewer::join(&server, &live).await;
    viewer.watch_until(3).await;
    assert!(viewer.segments_checked >= 2, "{}", viewer.segments_checked);

    let on_air = server.json(&format!("/api/v1/videos/{}", live.uuid)).await;
    assert_eq!(on_air["state"]["id"], 1);
    assert_eq!(on_air["isLive"], true);
    assert_eq!(playlist_url(&on_air), server.url(&live.media("master.m3u8")));

    encoder.stop();
    viewer.watch_to_the_end().await;
    let recorded: i64 = viewer
        .playlist()
        .segments
        .iter()
        .map(|segment| segment.duration_us)
        .sum();

    let replay = replay(&server, &token, &live).await;
    assert_eq!(replay["isLive"], false);
    assert_eq!(replay["state"]["id"], 1);
    assert_ne!(replay["uuid"], json!(live.uuid));
    assert!(
        (replay["duration"].as_f64().unwrap() - seconds(recorded)).abs() <= 1.0,
        "{replay:#}"
    );
    let probed = probe(&playlist_url(&replay));
    assert_eq!(probed.errors, "");
    assert!(
        (probed.seconds - seconds(recorded)).abs() < 0.2,
        "{probed:?} {recorded}"
    );
    assert!(
        probed
            .pictures
            .abs_diff(u64::try_from(recorded / 40_000).unwrap())
            <= 2,
        "{probed:?} {recorded}"
    );

    let waiting = server.json(&format!("/api/v1/videos/{}", live.uuid)).await;
    assert_eq!(waiting["state"]["id"], 4, "a permanent live waits again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_shot_live_becomes_the_video_at_its_own_address() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({ "permanentLive": false })).await;
    Pattern::seconds(5).publish(&server.rtmp(&live.key)).finish();
    let path = format!("/api/v1/videos/{}", live.uuid);
    let video = server
        .until(&path, None, |video| {
            video["isLive"] == false && video["state"]["id"] == 1
        })
        .await;
    let probed = probe(&playlist_url(&video));
    assert_eq!(probed.errors, "");
    assert!((4.5..=5.5).contains(&probed.seconds), "{probed:?}");

    let again = Pattern::seconds(1).publish(&server.rtmp(&live.key));
    again.wait_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_continues_the_session_and_a_long_absence_ends_it() {
    let env = vec![("TRIBUTARY__LIVE__GRACE_S", "4".to_owned())];
    let server = Server::start_with(Options {
        env,
        ..Options::default()
    })
    .await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;

    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    let mut viewer = Viewer::join(&server, &live).await;
    viewer.watch_until(2).await;
    encoder.cut();
    let before = viewer.last_closed();
    // The encoder comes back with another keyframe interval and B-frames, as if its settings had been changed.
    let encoder = Pattern {
        keyframe_every: 50,
        b_frames: 2,
        size: "640x360",
        ..Pattern::default()
    }
    .publish(&server.rtmp(&live.key));
    viewer.watch_until(before + 3).await;
    assert!(!viewer.playlist().ended);
    assert!(
        viewer
            .playlist()
            .segments
            .iter()
            .any(|segment| segment.discontinuity)
    );

    encoder.cut();
    viewer.watch_to_the_end().await;
    let replay = replay(&server, &token, &live).await;
    let sessions: Value = server
        .until(
            &format!("/api/v1/videos/live/{}/sessions", live.uuid),
            Some(&token),
            |s| s["total"].is_number(),
        )
        .await;
    assert_eq!(sessions["total"], 1, "one session, one replay");
    let recorded: i64 = viewer
        .playlist()
        .segments
        .iter()
        .map(|segment| segment.duration_us)
        .sum();
    assert!((replay["duration"].as_f64().unwrap() - seconds(recorded)).abs() <= 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_publisher_with_the_key_takes_over() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let first = Pattern::default().publish(&server.rtmp(&live.key));
    let mut viewer = Viewer::join(&server, &live).await;
    viewer.watch_until(1).await;
    let second = Pattern::default().publish(&server.rtmp(&live.key));
    first.wait_failed();
    viewer.watch_until(4).await;
    assert!(!viewer.playlist().ended);
    second.stop();
    viewer.watch_to_the_end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_without_replay_leaves_nothing_on_disk_but_can_be_rewound() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({ "saveReplay": false })).await;
    let encoder = Pattern {
        keyframe_every: 5,
        ..Pattern::default()
    }
    .publish(&server.rtmp(&live.key));
    let mut viewer = Viewer::join(&server, &live).await;
    viewer.watch_until(8).await;
    let first = viewer.playlist().segments[0].clone();
    assert_eq!(first.msn, 1, "the whole session is listed");
    let response = server.get(&live.media(&first.uri.unwrap())).await;
    assert_eq!(response.status(), 200);
    encoder.stop();
    viewer.watch_to_the_end().await;
    let left: Vec<_> = walk(&server.data)
        .into_iter()
        .filter(|path| path.ends_with(".mp4") || path.ends_with(".m3u8"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
    let sessions: Value = server
        .until(
            &format!("/api/v1/videos/live/{}/sessions", live.uuid),
            Some(&token),
            |s| s["total"] == 1,
        )
        .await;
    assert_eq!(sessions["data"][0]["replayVideo"], Value::Null);
}

/// A private one-shot live records under the very UUID of its public replay.
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_for_nobody_until_it_is_published() {
    let server = Server::start().await;
    let token = server.token().await;
    for permanent in [false, true] {
        let settings = json!({ "privacy": 3, "permanentLive": permanent });
        let live = server.live(&token, settings).await;
        let encoder = Pattern::seconds(8).publish(&server.rtmp(&live.key));
        let index = recorded(&server, "m3u8").await;
        assert!(index.contains("/private/"), "{index}");
        let name = index.rsplit('/').next().unwrap();
        let media = name.replace(".m3u8", "-fragmented.mp4");
        for file in [name, &media, "0.m3u8", "master.m3u8"] {
            let status = server.get(&live.media(file)).await.status();
            assert_eq!(status, 404, "{file} of a private live");
            let private = live.media(file).replace("/hls/", "/hls/private/");
            assert_eq!(server.get(&private).await.status(), 401, "{file}");
        }
        encoder.finish();
        let uuid = replay(&server, &token, &live).await["uuid"].clone();
        assert_eq!(uuid == json!(live.uuid), !permanent);
        let video = server
            .json(&format!("/api/v1/videos/{}", uuid.as_str().unwrap()))
            .await;
        let probed = probe(&playlist_url(&video));
        assert_eq!(probed.errors, "");
        assert!((7.0..=8.5).contains(&probed.seconds), "{probed:?}");
        let left = walk(&server.data.join("streaming-playlists/hls/private"));
        assert_eq!(left, Vec::<String>::new(), "it moved");
    }
}

/// The path of the one file that ends so among the recordings not yet published, once there is one.
async fn recorded(server: &Server, extension: &str) -> String {
    let deadline = std::time::Instant::now() + support::PATIENCE;
    loop {
        let files = walk(&server.data.join("streaming-playlists"));
        let growing = |path: &&String| {
            path.ends_with(extension)
                && std::fs::read_to_string(path).is_ok_and(|text| text.contains(":EVENT\n#EXT"))
        };
        if let Some(path) = files.iter().find(growing) {
            return path.clone();
        }
        assert!(
            std::time::Instant::now() < deadline,
            "nothing is recorded: {files:?}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_alone_and_pictures_alone_are_streams_too() {
    let server = Server::start().await;
    let token = server.token().await;
    for pattern in [
        Pattern {
            video: false,
            ..Pattern::default()
        },
        Pattern {
            audio: false,
            ..Pattern::default()
        },
    ] {
        let live = server.live(&token, json!({})).await;
        let encoder = pattern.publish(&server.rtmp(&live.key));
        let mut viewer = Viewer::join(&server, &live).await;
        viewer.watch_until(2).await;
        encoder.stop();
        viewer.watch_to_the_end().await;
        let probed = probe(&playlist_url(&replay(&server, &token, &live).await));
        assert_eq!(probed.errors, "", "{pattern:?}");
        assert!(probed.seconds > 3.0, "{probed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keyframes_far_apart_are_cut_anyway_and_told_to_the_streamer() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let encoder = Pattern {
        keyframe_every: 250,
        ..Pattern::default()
    }
    .publish(&server.rtmp(&live.key));
    let mut viewer = Viewer::join(&server, &live).await;
    viewer.watch_until(3).await;
    let health = server
        .until(
            &format!("/api/v1/videos/live/{}/health", live.uuid),
            Some(&token),
            |health| {
                health["advice"]
                    .as_array()
                    .is_some_and(|advice| !advice.is_empty())
            },
        )
        .await;
    assert_eq!(health["advice"][0]["code"], "keyframe-interval");
    assert_eq!(health["videoCodec"], "H.264");
    assert_eq!(health["width"], 320);
    encoder.stop();
    viewer.watch_to_the_end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_or_application_is_refused() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    Pattern::seconds(20)
        .publish(&server.rtmp("no-such-key"))
        .wait_failed();
    let other = format!("rtmp://127.0.0.1:{}/other/{}", server.rtmp_port, live.key);
    Pattern::seconds(20).publish(&other).wait_failed();
}

/// Of microseconds.
fn seconds(micros: i64) -> f64 {
    std::time::Duration::from_micros(u64::try_from(micros).unwrap()).as_secs_f64()
}

/// Paths of all files below a folder.
fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path))
        } else {
            found.push(path.display().to_string())
        }
    }
    found
}
