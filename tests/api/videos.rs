//! Lives and videos: who makes, sees and changes them.

use db::{Live, LiveSession, SessionError};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, broadcast, database, json_of};
use crate::support::Server;

#[tokio::test]
async fn lives_follow_peertubes_rules() {
    let server = Server::start().await;
    let root = Client::root(&server).await;
    let channel = root.channel().await.to_string();
    let form = [
        ("name", "federated live"),
        ("channelId", channel.as_str()),
        ("privacy", "2"),
        ("permanentLive", "true"),
        ("saveReplay", "true"),
        ("replaySettings[privacy]", "3"),
        ("latencyMode", "3"),
        ("tags[0]", "one"),
        ("tags[1]", "two"),
        ("category", "null"),
    ];
    // As PeerTube's own client sends it.
    let multipart = form
        .iter()
        .fold(reqwest::multipart::Form::new(), |form, (name, value)| {
            form.text(*name, (*value).to_owned())
        });
    let request = server
        .client
        .post(server.url("/api/v1/videos/live"))
        .bearer_auth(root.token.as_deref().unwrap());
    let response = request.multipart(multipart).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let video = json_of(response).await["video"].clone();
    let (id, uuid, short) = (
        &video["id"],
        video["uuid"].as_str().unwrap(),
        video["shortUUID"].as_str().unwrap(),
    );
    let path = format!("/videos/live/{uuid}");
    let live = root.get(&path).await;
    assert_eq!(
        live["rtmpUrl"],
        format!("rtmp://127.0.0.1:{}/live", server.rtmp_port)
    );
    assert_eq!(
        (&live["rtmpsUrl"], &live["replaySettings"]["privacy"]),
        (&Value::Null, &json!(3))
    );
    assert_eq!(live["streamKey"].as_str().unwrap().len(), 36);

    // Unlisted: for those who have the link, which a number is not.
    let anonymous = Client::anonymous(&server);
    let seen = anonymous.get(&format!("/videos/live/{short}")).await;
    assert!(
        seen.get("streamKey").is_none() && seen.get("rtmpUrl").is_none(),
        "{seen}"
    );
    assert_eq!(seen["latencyMode"], 3);
    assert_eq!(anonymous.status(&format!("/videos/{id}")).await, 401);
    assert_eq!(
        anonymous.get(&format!("/videos/{uuid}")).await["tags"],
        json!(["one", "two"])
    );
    let (_, bob) = root.user("bob").await;
    assert_eq!(bob.status(&format!("/videos/{id}")).await, 403);
    assert!(bob.get(&path).await.get("streamKey").is_none());
    for (method, sub) in [
        (Method::PUT, ""),
        (Method::GET, "/sessions"),
        (Method::POST, "/key"),
        (Method::POST, "/end"),
    ] {
        let response = bob
            .send(method.clone(), &format!("{path}{sub}"), Some(json!({})))
            .await;
        assert_eq!(response.status(), 403, "{method} {sub}");
    }
    assert_eq!(bob.delete(&format!("/videos/{uuid}")).await, 403);

    for (body, status) in [
        (
            json!({ "latencyMode": 2, "gracePeriod": 60, "dvrWindow": 0 }),
            204,
        ),
        (json!({ "saveReplay": false }), 204),
        (
            json!({ "saveReplay": false, "replaySettings": { "privacy": 1 } }),
            400,
        ),
        (json!({ "replaySettings": { "privacy": 1 } }), 400),
        (json!({ "saveReplay": true }), 400),
        (
            json!({ "saveReplay": true, "replaySettings": { "privacy": 5 } }),
            400,
        ),
        (json!({ "latencyMode": 4 }), 400),
        (json!({ "gracePeriod": 601 }), 400),
        (
            json!({ "saveReplay": true, "replaySettings": { "privacy": 1 } }),
            204,
        ),
        (json!({ "gracePeriod": null }), 204),
    ] {
        let response = root.put(&path, body.clone()).await;
        assert_eq!(response.status(), status, "{body}");
    }
    let live_now = root.get(&path).await;
    assert_eq!(
        (
            &live_now["latencyMode"],
            &live_now["gracePeriod"],
            &live_now["dvrWindow"]
        ),
        (&json!(2), &Value::Null, &json!(0))
    );
    let rotated = json_of(root.post(&format!("{path}/key"), json!({})).await).await;
    assert_ne!(rotated["streamKey"], live["streamKey"]);
    assert_eq!(root.get(&path).await["streamKey"], rotated["streamKey"]);
    assert_eq!(
        root.post(&format!("{path}/end"), json!({})).await.status(),
        409,
        "not on air"
    );

    let db = database(&server).await;
    let running = Live::by_video(&db, uuid.parse::<db::Uuid>().unwrap())
        .await
        .unwrap()
        .unwrap();
    let mut tx = db.begin().await.unwrap();
    LiveSession::start(&mut tx, &running, Timestamp::now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    assert_eq!(
        root.put(&path, json!({ "latencyMode": 1 })).await.status(),
        400,
        "on air"
    );
    assert_eq!(
        root.put(&format!("/videos/{uuid}"), json!({ "privacy": 1 }))
            .await
            .status(),
        400,
        "on air"
    );
    assert_eq!(
        root.put(&format!("/videos/{uuid}"), json!({ "name": "new name" }))
            .await
            .status(),
        204
    );

    let foreign = json!({ "channelId": root.channel().await, "name": "not mine", "privacy": 1 });
    assert_eq!(bob.post("/videos/live", foreign).await.status(), 400);
}

#[tokio::test]
async fn videos_are_seen_by_those_they_are_for() {
    let server = Server::start().await;
    let (anonymous, root) = (Client::anonymous(&server), Client::root(&server).await);
    let (_, ana) = root.user("ana").await;
    let (_, bob) = root.user("bob").await;
    let db = database(&server).await;
    let mut videos = Vec::new();
    for privacy in 1..=4 {
        let live = ana
            .live(json!({ "name": format!("privacy {privacy}"), "privacy": privacy, "saveReplay": false }))
            .await;
        let uuid = live["uuid"].as_str().unwrap().to_owned();
        let row = Live::by_video(&db, uuid.parse::<db::Uuid>().unwrap())
            .await
            .unwrap()
            .unwrap();
        let mut tx = db.begin().await.unwrap();
        LiveSession::start(&mut tx, &row, Timestamp::now()).await.unwrap();
        tx.commit().await.unwrap();
        videos.push(uuid);
    }
    ana.live(json!({ "name": "waiting" })).await;
    db.close().await;
    // public, unlisted, private, internal
    for (who, statuses, listed, in_account) in [
        (&anonymous, [200, 200, 401, 401], 1, 1),
        (&bob, [200, 200, 403, 200], 2, 2),
        (&ana, [200, 200, 200, 200], 2, 2),
        (&root, [200, 200, 200, 200], 2, 2),
    ] {
        for (uuid, status) in videos.iter().zip(statuses) {
            assert_eq!(who.status(&format!("/videos/{uuid}")).await, status);
            assert_eq!(who.status(&format!("/videos/{uuid}/captions")).await, status);
        }
        assert_eq!(who.get("/videos").await["total"], listed);
        assert_eq!(
            who.get("/accounts/ana/videos?isLive=true&nsfw=both").await["total"],
            in_account
        );
    }
    let private = ana.get(&format!("/videos/{}", videos[2])).await;
    assert!(
        private["streamingPlaylists"][0]["playlistUrl"]
            .as_str()
            .unwrap()
            .contains("/hls/private/"),
        "{private}"
    );
    assert_eq!(root.get("/videos?privacyOneOf=3").await["total"], 1);
    assert_eq!(root.get("/videos?include=1").await["total"], 5);
    assert_eq!(
        root.get("/videos?skipCount=true&count=0").await,
        json!({ "total": 0, "data": [] })
    );
    assert_eq!(ana.get("/users/me/videos?sort=-name").await["total"], 5);
    assert_eq!(anonymous.get("/search/videos?search=PRIVACY").await["total"], 1);
    assert_eq!(
        anonymous.get("/search/video-channels?search=ana").await["data"][0]["name"],
        "ana_channel"
    );
    assert_eq!(
        anonymous
            .get("/video-channels/ana_channel/videos?sort=-createdAt&start=0&count=30&nsfw=both")
            .await["total"],
        1
    );
    assert_eq!(anonymous.get("/accounts/ana/video-channels").await["total"], 1);

    let path = format!("/videos/{}", videos[0]);
    let update = json!({ "name": "renamed", "description": "d".repeat(300), "tags": ["tag3"], "category": 2, "language": "en", "commentsEnabled": false });
    assert_eq!(ana.put(&path, update).await.status(), 204);
    let video = anonymous.get(&path).await;
    assert_eq!(
        (&video["name"], &video["category"]["label"], &video["tags"]),
        (&json!("renamed"), &json!("Films"), &json!(["tag3"]))
    );
    assert_eq!(video["truncatedDescription"].as_str().unwrap().len(), 250);
    assert_eq!(
        anonymous.get(&format!("{path}/description")).await["description"]
            .as_str()
            .unwrap()
            .len(),
        300
    );
    assert_eq!(
        (&video["commentsPolicy"]["id"], &video["commentsEnabled"]),
        (&json!(2), &json!(false))
    );
    assert_eq!(
        anonymous
            .get("/videos?tagsOneOf=tag3&categoryOneOf[]=2&languageOneOf=en")
            .await["total"],
        1
    );
    assert_eq!(bob.put(&path, json!({ "name": "mine now" })).await.status(), 403);
    assert_eq!(
        ana.put(&path, json!({ "channelId": root.channel().await }))
            .await
            .status(),
        400
    );
    assert_eq!(ana.delete(&path).await, 204);
    assert_eq!(anonymous.status(&path).await, 404);
}

#[tokio::test]
async fn files_follow_the_privacy_of_their_video() {
    let server = Server::start().await;
    let root = Client::root(&server).await;
    let live = root
        .live(json!({ "permanentLive": false, "saveReplay": true, "replaySettings": { "privacy": 1 } }))
        .await;
    let uuid = live["uuid"].as_str().unwrap();
    let db = database(&server).await;
    broadcast(&db, uuid, None).await;
    db.close().await;
    let public = server.data.join("streaming-playlists/hls").join(uuid);
    let private = server.data.join("streaming-playlists/hls/private").join(uuid);
    std::fs::create_dir_all(&public).unwrap();
    let path = format!("/videos/{uuid}");
    assert_eq!(root.put(&path, json!({ "privacy": 3 })).await.status(), 204);
    assert!(private.is_dir() && !public.exists());
    assert_eq!(root.put(&path, json!({ "privacy": 2 })).await.status(), 204);
    assert!(public.is_dir() && !private.exists());
    assert_eq!(root.delete(&path).await, 204);
    assert!(!public.exists());
}

#[tokio::test]
async fn viewers_are_counted_while_they_say_so() {
    let server = Server::start().await;
    let root = Client::root(&server).await;
    let live = root.live(json!({})).await;
    let path = format!("/videos/{}", live["uuid"].as_str().unwrap());
    let anonymous = Client::anonymous(&server);
    for (body, status) in [
        (json!({ "currentTime": 1 }), 204),
        (
            json!({ "currentTime": 100_000, "sessionId": "other", "viewEvent": "seek" }),
            204,
        ),
        (json!({ "currentTime": -1 }), 400),
        (json!({}), 400),
        (json!({ "currentTime": 1, "viewEvent": "dance" }), 400),
        (json!({ "currentTime": 1, "sessionId": "x".repeat(65) }), 400),
    ] {
        assert_eq!(
            anonymous
                .post(&format!("{path}/views"), body.clone())
                .await
                .status(),
            status,
            "{body}"
        );
    }
    assert_eq!(
        anonymous
            .put(&format!("{path}/watching"), json!({ "currentTime": 2 }))
            .await
            .status(),
        204
    );
    assert_eq!(anonymous.get(&path).await["viewers"], 2);

    let once = root
        .live(json!({ "permanentLive": false, "saveReplay": true }))
        .await;
    let db = database(&server).await;
    let replay = broadcast(
        &db,
        once["uuid"].as_str().unwrap(),
        Some(SessionError::BadSocketHealth),
    )
    .await;
    db.close().await;
    let views = format!("/videos/{replay}/views");
    assert_eq!(
        root.post(&views, json!({ "currentTime": 12 })).await.status(),
        204
    );
    assert_eq!(
        root.post(&views, json!({ "currentTime": 13 })).await.status(),
        400,
        "beyond the end"
    );
}
