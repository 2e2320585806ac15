//! When the machine is in trouble: each time a clear message, and nothing else lost.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::process::Stdio;

use serde_json::json;
use support::media::Pattern;
use support::viewer::Viewer;
use support::{Options, Server, command, free_port};

/// Runs a server that must not start; what it says.
fn refused(data: &std::path::Path, http_port: u16, rtmp_port: u16, options: &Options) -> String {
    let output = command(data, http_port, rtmp_port, options)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(!output.status.success(), "it started");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_recording_and_not_the_live() {
    let options = Options {
        prepare: Some("mount -t tmpfs -o size=3m none \"$DATA\"; exec \"$@\""),
        ..Options::default()
    };
    let server = Server::start_with(options).await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let encoder = Pattern {
        bitrate: "3M",
        size: "640x360",
        ..Pattern::default()
    }
    .publish(&server.rtmp(&live.key));
    let mut viewer = Viewer::join(&server, &live).await;
    viewer.watch_until(1).await;
    let health = format!("/api/v1/videos/live/{}/health", live.uuid);
    let told = async {
        server
            .until(&health, Some(&token), |health| {
                health["recording"] == "stopped: disk full"
            })
            .await
    };
    let watched = async {
        loop {
            viewer.next().await;
        }
    };
    let health = tokio::select! {
        health = told => health,
        () = watched => unreachable!(),
    };
    assert_eq!(health["advice"][0]["level"], "error");
    let now = viewer.last_closed();
    viewer.watch_until(now + 4).await;
    assert!(!viewer.playlist().ended, "the live goes on");
    encoder.stop();
    viewer.watch_to_the_end().await;
}

#[test]
fn a_data_folder_that_cannot_be_written_is_named() {
    let data = tempfile::tempdir().unwrap();
    let options = Options {
        prepare: Some("mount -t tmpfs -o ro none \"$DATA\"; exec \"$@\""),
        ..Options::default()
    };
    let said = refused(data.path(), free_port(), free_port(), &options);
    assert!(
        said.contains(&data.path().display().to_string()) && said.contains("--data"),
        "{said}"
    );
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let data = tempfile::tempdir().unwrap();
    let said = refused(data.path(), port, free_port(), &Options::default());
    assert!(
        said.contains(&port.to_string()) && said.contains("--listen"),
        "{said}"
    );
    let said = refused(data.path(), free_port(), port, &Options::default());
    assert!(
        said.contains(&port.to_string()) && said.contains("--rtmp"),
        "{said}"
    );
}

#[test]
fn a_broken_configuration_is_refused_with_its_place() {
    let data = tempfile::tempdir().unwrap();
    for (env, wanted) in [
        (("TRIBUTARY__PACKAGER__PART_MS", "50"), "packager.part_ms is 50"),
        (("TRIBUTARY__LIVE__GRACE_S", "soon"), "grace_s"),
        (("TRIBUTARY__PACKAGER__PART_LENGTH", "500"), "part_length"),
        (
            ("TRIBUTARY__DATABASE__URL", "postgres://nobody@127.0.0.1:1/none"),
            "database",
        ),
    ] {
        let options = Options {
            env: vec![(env.0, env.1.to_owned())],
            ..Options::default()
        };
        let said = refused(data.path(), free_port(), free_port(), &options);
        assert!(said.contains(wanted), "{env:?}: {said}");
    }
    let file = data.path().join("broken.toml");
    std::fs::write(&file, "[packager]\npart_ms = 500\nsegments = 3\n").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_tributary"))
        .args(["config", "check", "--config"])
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("segments"), "{said}");
}
