//! The whole server on PostgreSQL.

use serde_json::json;

use crate::client::Client;
use crate::postgres;
use crate::support::{Options, Server};

#[tokio::test]
async fn the_same_server_runs_on_postgresql() {
    let database = postgres::Postgres::start();
    let url = ("TRIBUTARY__DATABASE__URL", database.url.clone());
    let mut server = Server::start_with(Options {
        env: vec![url],
        ..Options::default()
    })
    .await;
    let uuid = {
        let root = Client::root(&server).await;
        let live = root
            .live(json!({ "permanentLive": true, "saveReplay": true, "tags": ["ab"] }))
            .await;
        let uuid = live["uuid"].as_str().unwrap().to_owned();
        assert_eq!(root.get(&format!("/videos/{uuid}")).await["tags"], json!(["ab"]));
        assert_eq!(root.get("/users/me/videos?search=live").await["total"], 1);
        uuid
    };
    assert!(server.stop().success());
    server.restart();
    // The connections of the old client ended with the old process.
    server.client = reqwest::Client::new();
    let root = Client::root(&server).await;
    assert_eq!(
        root.get("/users/me/videos").await["data"][0]["uuid"],
        uuid.as_str()
    );
    assert!(server.stop().success());
    assert!(!server.data.join("tributary.sqlite").exists());
}
