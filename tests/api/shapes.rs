//! Answers, field by field, against what PeerTube 6.3 answered to the same requests.

use db::{Live, LiveSession};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, broadcast, database, grant, json_of};
use crate::support::{self, Server};

/// What a real PeerTube answered.
pub fn fixture(name: &str) -> Value {
    let path = format!(
        "{}/tests/fixtures/peertube-6.3/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    let exchange: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    exchange["response_body"].clone()
}

/// Field by field: what PeerTube says and we do not (`-`), what only we say (`+`), what is of another type (`!`). `null` and an
/// empty list are of every type.
pub fn differences(theirs: &Value, ours: &Value) -> Vec<String> {
    fn walk(theirs: &Value, ours: &Value, path: &str, found: &mut Vec<String>) {
        match (theirs, ours) {
            (Value::Null, _) | (_, Value::Null) => {}
            (Value::Object(theirs), Value::Object(ours)) => {
                for (key, value) in theirs {
                    match ours.get(key) {
                        Some(our) => walk(value, our, &format!("{path}.{key}"), found),
                        None => found.push(format!("-{path}.{key}")),
                    }
                }
                found.extend(
                    ours.keys()
                        .filter(|key| !theirs.contains_key(*key))
                        .map(|key| format!("+{path}.{key}")),
                );
            }
            (Value::Array(theirs), Value::Array(ours)) => {
                if let (Some(theirs), Some(ours)) = (theirs.first(), ours.first()) {
                    walk(theirs, ours, &format!("{path}[]"), found);
                }
            }
            (Value::String(_), Value::String(_))
            | (Value::Bool(_), Value::Bool(_))
            | (Value::Number(_), Value::Number(_)) => {}
            (theirs, ours) => found.push(format!("!{path}: {theirs} / {ours}")),
        }
    }
    let mut found = Vec::new();
    walk(theirs, ours, "", &mut found);
    found
}

/// Asserts that an answer differs from PeerTube's in these fields and no others.
pub fn compare(name: &str, ours: &Value, expected: &[&str]) {
    let found = differences(&fixture(name), ours);
    assert_eq!(found, expected, "{name}: {ours:#}");
}

/// What plain files of HLS have in PeerTube for torrents and ffprobe, which are not here yet.
const FILE_GAPS: [&str; 4] = [
    "-.streamingPlaylists[].files[].magnetUri",
    "-.streamingPlaylists[].files[].torrentUrl",
    "-.streamingPlaylists[].files[].torrentDownloadUrl",
    "-.streamingPlaylists[].files[].metadataUrl",
];

#[tokio::test]
async fn answers_have_the_shape_of_peertubes() {
    let server = Server::start().await;
    let anonymous = Client::anonymous(&server);
    let root = Client::root(&server).await;

    compare(
        "rest/001_GET_oauth-clients-local_200.json",
        &anonymous.get("/oauth-clients/local").await,
        &[],
    );
    let token = grant(
        &server,
        &[
            ("grant_type", "password"),
            ("username", "root"),
            ("password", support::ROOT_PASSWORD),
        ],
    );
    let token = token.await;
    assert_eq!(token.headers()["cache-control"], "no-store");
    compare("rest/002_POST_users-token_200.json", &json_of(token).await, &[]);
    let user = json!({
        "username": "carol", "password": "password", "email": "carol@example.org", "videoQuota": -1, "videoQuotaDaily": -1,
        "role": 2, "channelName": "carol_channel",
    });
    let created = root.post("/users", user.clone()).await;
    compare("rest/005_POST_users_200.json", &json_of(created).await, &[]);
    let taken = root.post("/users", user).await;
    assert_eq!(taken.status(), 409);
    compare("rest/067_POST_users_409.json", &json_of(taken).await, &[]);
    compare(
        "rest/062_GET_users-search-alice_200.json",
        &root.get("/users?search=carol").await,
        &[],
    );

    let carol = Client::sign_in(&server, "carol", "password").await;
    compare(
        "rest/007_GET_users-me_200.json",
        &carol.get("/users/me").await,
        &[],
    );
    let channel = carol
        .post(
            "/video-channels",
            json!({ "name": "carol_second", "displayName": "second" }),
        )
        .await;
    compare(
        "rest/058_POST_video-channels_200.json",
        &json_of(channel).await,
        &[],
    );
    compare(
        "get/api-accounts-carol.json",
        &anonymous.get("/accounts/carol").await,
        &[],
    );
    compare(
        "get/api-video-channels-carol_channel.json",
        &anonymous.get("/video-channels/carol_channel").await,
        &[],
    );

    let live = json!({ "permanentLive": true, "saveReplay": true, "replaySettings": { "privacy": 1 }, "latencyMode": 3 });
    let live = carol.live(live).await;
    compare(
        "rest/044_POST_videos-live_200.json",
        &json!({ "video": live }),
        &[],
    );
    let uuid = live["uuid"].as_str().unwrap();
    let own = &["+.gracePeriod", "+.dvrWindow"];
    let settings = carol.get(&format!("/videos/live/{uuid}")).await;
    compare(
        "rest/045_GET_videos-live-4fd5f4ab-62fa-44d5-87a5-50bf1a318f2e_200.json",
        &settings,
        own,
    );
    let waiting = anonymous.get(&format!("/videos/{uuid}")).await;
    compare(
        "rest/046_GET_videos-4fd5f4ab-62fa-44d5-87a5-50bf1a318f2e_200.json",
        &waiting,
        &[],
    );
    assert_eq!(
        waiting["state"],
        json!({ "id": 4, "label": "Waiting for livestream" })
    );

    let db = database(&server).await;
    let replay = broadcast(&db, uuid, None).await;
    let details = anonymous.get(&format!("/videos/{replay}")).await;
    compare("get/vod-api-video-2res.json", &details, &FILE_GAPS);
    compare(
        "rest/048_GET_videos-sort-createdAt_200.json",
        &anonymous.get("/videos?sort=-createdAt").await,
        &[],
    );
    compare(
        "rest/037_GET_users-me-videos_200.json",
        &carol.get("/users/me/videos").await,
        &[],
    );
    let sessions = carol.get(&format!("/videos/live/{uuid}/sessions")).await;
    compare(
        "rest/108_GET_videos-live-95752c13-e7a4-42a5-8943-91c92d98262f-sessions_200.json",
        &sessions,
        &[],
    );
    let session = anonymous.get(&format!("/videos/{replay}/live-session")).await;
    assert_eq!(session, sessions["data"][0]);

    let on_air = Live::by_video(&db, uuid.parse::<db::Uuid>().unwrap())
        .await
        .unwrap()
        .unwrap();
    let mut tx = db.begin().await.unwrap();
    LiveSession::start(&mut tx, &on_air, Timestamp::now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let details = anonymous.get(&format!("/videos/{uuid}")).await;
    compare("get/live-api-video-while-streaming.json", &details, &[]);
    assert_eq!(details["streamingPlaylists"][0]["files"], json!([]));
    db.close().await;

    for list in ["captions", "chapters", "storyboards", "comment-threads"] {
        let ours = anonymous.get(&format!("/videos/{uuid}/{list}")).await;
        compare(
            &format!("get/api-videos-3d39311d-5077-41de-8fe3-e558423e45b0-{list}.json"),
            &ours,
            &[],
        );
    }
    for map in ["categories", "licences", "languages", "privacies"] {
        let theirs = fixture(&format!("get/api-videos-{map}.json"));
        assert_eq!(anonymous.get(&format!("/videos/{map}")).await, theirs, "{map}");
    }
    compare(
        "get/api-config.json",
        &anonymous.get("/config").await,
        &["+.software"],
    );
    compare(
        "get/api-config-about.json",
        &anonymous.get("/config/about").await,
        &[],
    );
    let missing = anonymous
        .send(Method::GET, "/videos/65adcf8a-1447-4195-a92a-e73eba873eb8", None)
        .await;
    assert_eq!(missing.status(), 404);
    let missing = json_of(missing).await;
    compare(
        "rest/012_GET_videos-65adcf8a-1447-4195-a92a-e73eba873eb8_404.json",
        &missing,
        &["-.docs"],
    );

    // Activities are counted, but not by their kinds.
    let stats = differences(
        &fixture("get/api-server-stats.json"),
        &anonymous.get("/server/stats").await,
    );
    let later = ["ActivityPub", "activityPub"];
    assert!(
        stats
            .iter()
            .all(|gap| gap.starts_with('-') && later.iter().any(|word| gap.contains(word))),
        "{stats:?}"
    );
}
