//! OBS Studio, the real one.

mod support;

use serde_json::json;
use support::obs::Obs;
use support::viewer::Viewer;
use support::{Options, Server};

#[tokio::test(flavor = "multi_thread")]
async fn obs_streams_and_leaves_a_replay() {
    let server = Server::start_with(Options {
        env: vec![("TRIBUTARY__LIVE__GRACE_S", "2".to_owned())],
        ..Options::default()
    })
    .await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let obs = Obs::stream(&format!("rtmp://127.0.0.1:{}/live", server.rtmp_port), &live.key);
    let mut viewer = Viewer::join(&server, &live).await;
    viewer.watch_until(3).await;
    let health = server
        .until(
            &format!("/api/v1/videos/live/{}/health", live.uuid),
            Some(&token),
            |health| {
                health["encoder"]
                    .as_str()
                    .is_some_and(|encoder| encoder.contains("libobs"))
            },
        )
        .await;
    assert_eq!((&health["width"], &health["height"]), (&json!(640), &json!(360)));
    // The network is gone: OBS says no goodbye.
    drop(obs);
    viewer.watch_to_the_end().await;
    server
        .until(
            &format!("/api/v1/videos/live/{}/sessions", live.uuid),
            Some(&token),
            |sessions| sessions["data"][0]["replayVideo"].is_object(),
        )
        .await;
}
