//! The form of a live says no where the API does, and says why.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use serde_json::{Value, json};
use support::media::Pattern;
use support::{Options, Server};

const PUBLIC: &str = "1";
const PRIVATE: &str = "3";

/// Sends a form as a browser does; gives back the status and the page.
async fn submit(server: &Server, token: &str, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let response = client
        .post(server.url(path))
        .header("cookie", format!("tributary_session={token}"))
        .header("origin", server.url(""))
        .form(fields)
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// The least a form says.
fn fields<'a>(channel: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("name", "Another name"),
        ("channel", channel),
        ("permanent", "on"),
    ];
    fields.extend(more);
    fields
}

async fn channel(server: &Server, uuid: &str) -> String {
    let video = server.json(&format!("/api/v1/videos/{uuid}")).await;
    video["channel"]["id"].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_watch_stays_as_it_is_while_a_live_is_on_air() {
    let server = Server::start().await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let encoder = Pattern::default().publish(&server.rtmp(&live.key));
    let path = format!("/api/v1/videos/{}", live.uuid);
    server.until(&path, None, |video| video["state"]["id"] == 1).await;
    let channel = channel(&server, &live.uuid).await;

    let edit = format!("/studio/live/{}/edit", live.uuid);
    let (status, page) = submit(&server, &token, &edit, &fields(&channel, &[("privacy", PRIVATE)])).await;
    assert_eq!(status, 422);
    assert!(page.contains("who may watch it cannot be changed"), "{page}");
    let video = server.json(&path).await;
    assert_eq!(
        (&video["privacy"]["id"], &video["name"]),
        (&json!(1), &json!("Test live"))
    );

    // A browser leaves out what it shows as fixed.
    for more in [&[][..], &[("privacy", PUBLIC)]] {
        let (status, page) = submit(&server, &token, &edit, &fields(&channel, more)).await;
        assert_eq!(status, 303, "{page}");
    }
    let video = server.json(&path).await;
    assert_eq!(
        (&video["privacy"]["id"], &video["name"]),
        (&json!(1), &json!("Another name"))
    );
    encoder.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_more_lives_than_the_server_allows() {
    let env = vec![("TRIBUTARY__LIVE__MAX_USER_LIVES", "1".to_owned())];
    let server = Server::start_with(Options {
        env,
        ..Options::default()
    })
    .await;
    let token = server.token().await;
    let live = server.live(&token, json!({})).await;
    let channel = channel(&server, &live.uuid).await;

    let body = json!({ "channelId": channel.parse::<i64>().unwrap(), "name": "One too many" });
    let refused = server
        .client
        .post(server.url("/api/v1/videos/live"))
        .bearer_auth(&token)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 403);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "max_user_lives_limit_reached", "{problem:#}");

    let new = fields(&channel, &[("privacy", PUBLIC)]);
    let (status, page) = submit(&server, &token, "/studio/live/new", &new).await;
    assert_eq!(status, 422);
    assert!(page.contains("as many lives as this server allows"), "{page}");

    let deleted = server
        .client
        .delete(server.url(&format!("/api/v1/videos/{}", live.uuid)))
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status(), 204);
    let (status, page) = submit(&server, &token, "/studio/live/new", &new).await;
    assert_eq!(status, 303, "{page}");
}
