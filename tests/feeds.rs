//! Feeds of a channel with a live and its replay, read by a parser that others wrote.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use feed_rs::model::{Entry, Feed};
use serde_json::{Value, json};
use support::media::Pattern;
use support::viewer::Viewer;
use support::{Live, Server};

async fn text(server: &Server, path: &str) -> String {
    let response = server.get(path).await;
    assert_eq!(response.status(), 200, "{path}");
    response.text().await.unwrap()
}

async fn feed(server: &Server, path: &str) -> Feed {
    feed_rs::parser::parse(text(server, path).await.as_bytes()).unwrap()
}

fn title(entry: &Entry) -> &str {
    &entry.title.as_ref().unwrap().content
}

/// A live of a channel that left one replay, and is waiting again. Its name holds what XML and its readers trip over.
async fn with_replay(server: &Server, token: &str) -> (Live, Value) {
    let live = server
        .live(token, json!({ "name": "Tom & <Jerry> \u{1b} \"live\"" }))
        .await;
    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    let mut viewer = Viewer::join(server, &live).await;
    viewer.watch_until(1).await;
    let podcast = text(server, "/feeds/podcast/videos.xml?videoChannelName=root_channel").await;
    assert!(
        podcast.contains(r#"<podcast:liveItem status="live""#),
        "{podcast}"
    );
    assert!(podcast.contains(&live.media("master.m3u8")), "{podcast}");
    encoder.stop();
    viewer.watch_to_the_end().await;
    let sessions = format!("/api/v1/videos/live/{}/sessions", live.uuid);
    let sessions = server
        .until(&sessions, Some(token), |sessions| {
            sessions["data"][0]["replayVideo"].is_object()
        })
        .await;
    let replay = sessions["data"][0]["replayVideo"].clone();
    (live, replay)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_in_every_feed() {
    let server = Server::start().await;
    let token = server.token().await;
    let (live, replay) = with_replay(&server, &token).await;
    let page = server.url(&format!("/w/{}", replay["shortUUID"].as_str().unwrap()));

    for path in [
        "/feeds/videos.xml",
        "/feeds/videos.rss2",
        "/feeds/videos.atom",
        "/feeds/videos.json",
        "/feeds/videos.xml?format=atom1",
        "/feeds/videos.xml?videoChannelName=root_channel",
        "/feeds/videos.atom?accountName=root",
        "/feeds/podcast/videos.xml?videoChannelName=root_channel",
    ] {
        let feed = feed(&server, path).await;
        let entry = feed
            .entries
            .iter()
            .find(|entry| entry.links.iter().any(|link| link.href == page));
        let entry = entry.unwrap_or_else(|| panic!("{path}: {feed:#?}"));
        assert!(
            title(entry).starts_with("Tom & <Jerry>  \"live\""),
            "{path}: {}",
            title(entry)
        );
        assert!(entry.published.or(entry.updated).is_some(), "{path}");
    }
    let rss = feed(&server, "/feeds/videos.xml").await;
    let file = rss.entries[0].media[0].content[0].url.as_ref().unwrap();
    let file = server.get(file.path()).await;
    assert_eq!(file.status(), 200, "the enclosure is there");

    let podcast = text(&server, "/feeds/podcast/videos.xml?videoChannelName=root_channel").await;
    assert!(
        podcast.contains(r#"<podcast:liveItem status="pending""#),
        "{podcast}"
    );
    assert!(podcast.contains(&live.uuid), "{podcast}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_of_subscriptions_opens_with_its_token_only() {
    let server = Server::start().await;
    let token = server.token().await;
    let me = server
        .until("/api/v1/users/me", Some(&token), Value::is_object)
        .await;
    let tokens = server
        .until("/api/v1/users/scoped-tokens", Some(&token), Value::is_object)
        .await;
    let path = format!(
        "/feeds/subscriptions.xml?accountId={}&token={}",
        me["account"]["id"],
        tokens["feedToken"].as_str().unwrap()
    );
    assert!(feed(&server, &path).await.entries.is_empty());
    for wrong in [
        "/feeds/subscriptions.xml".to_owned(),
        format!("{path}0"),
        path.replace("accountId=", "accountId=9"),
    ] {
        assert_eq!(server.get(&wrong).await.status(), 403, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_there_is_no_feed_of_is_said() {
    let server = Server::start().await;
    for (path, status) in [
        ("/feeds/videos.exe", 404),
        ("/feeds/videos", 404),
        ("/feeds/cats.xml", 404),
        ("/feeds/videos.xml?videoChannelName=nobody", 404),
        ("/feeds/videos.xml?accountId=99999", 404),
        ("/feeds/podcast/videos.xml", 404),
    ] {
        assert_eq!(server.get(path).await.status(), status, "{path}");
    }
}
