//! The REST API against what PeerTube 6.3 answered to the same requests, and against what its clients rely on.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "../db/tests/both/postgres.rs"]
#[expect(unreachable_pub, reason = "shared with the database's tests")]
mod postgres;
mod support;

use db::{Db, Live, LiveSession, RecordedFile, Recording, SessionError, Video};
use jiff::Timestamp;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use support::{Options, Server};

/// Requests as one user.
struct Client<'a> {
    server: &'a Server,
    token: Option<String>,
}

impl<'a> Client<'a> {
    fn anonymous(server: &'a Server) -> Self {
        Self { server, token: None }
    }

    async fn root(server: &'a Server) -> Self {
        Self {
            server,
            token: Some(server.token().await),
        }
    }

    async fn sign_in(server: &'a Server, username: &str, password: &str) -> Self {
        let response = grant(
            server,
            &[
                ("grant_type", "password"),
                ("username", username),
                ("password", password),
            ],
        )
        .await;
        assert_eq!(response.status(), 200);
        let token = json_of(response).await["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        Self {
            server,
            token: Some(token),
        }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self
            .server
            .client
            .request(method, self.server.url(&format!("/api/v1{path}")));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.send(Method::GET, path, None).await;
        assert_eq!(response.status(), 200, "{path}");
        json_of(response).await
    }

    async fn post(&self, path: &str, body: Value) -> Response {
        self.send(Method::POST, path, Some(body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Response {
        self.send(Method::PUT, path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> u16 {
        self.send(Method::DELETE, path, None).await.status().as_u16()
    }

    /// The status of a GET.
    async fn status(&self, path: &str) -> u16 {
        self.send(Method::GET, path, None).await.status().as_u16()
    }

    async fn channel(&self) -> i64 {
        self.get("/users/me").await["videoChannels"][0]["id"]
            .as_i64()
            .unwrap()
    }

    /// Makes a live and gives back its `video`.
    async fn live(&self, more: Value) -> Value {
        let mut body = json!({ "channelId": self.channel().await, "name": "A live", "privacy": 1 });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let response = self.post("/videos/live", body).await;
        assert_eq!(response.status(), 200);
        json_of(response).await["video"].clone()
    }

    async fn user(&self, name: &str) -> (i64, Client<'a>) {
        let body = json!({ "username": name, "password": "password", "email": format!("{name}@example.org"), "role": 2 });
        let response = self.post("/users", body).await;
        assert_eq!(response.status(), 200);
        let id = json_of(response).await["user"]["id"].as_i64().unwrap();
        (id, Self::sign_in(self.server, name, "password").await)
    }
}

async fn json_of(response: Response) -> Value {
    response.json().await.unwrap()
}

async fn grant(server: &Server, form: &[(&str, &str)]) -> Response {
    let client = server.json("/api/v1/oauth-clients/local").await;
    let mut fields = vec![
        ("client_id", client["client_id"].as_str().unwrap()),
        ("client_secret", client["client_secret"].as_str().unwrap()),
    ];
    fields.extend(form);
    server
        .client
        .post(server.url("/api/v1/users/token"))
        .form(&fields)
        .send()
        .await
        .unwrap()
}

/// The database of a running server.
async fn database(server: &Server) -> Db {
    Db::connect(&format!(
        "sqlite://{}",
        server.data.join("tributary.sqlite").display()
    ))
    .await
    .unwrap()
}

/// Was on air, and left a replay.
async fn broadcast(db: &Db, uuid: &str, error: Option<SessionError>) -> i64 {
    let live = Live::by_video(db, uuid.parse::<db::Uuid>().unwrap())
        .await
        .unwrap()
        .unwrap();
    let mut tx = db.begin().await.unwrap();
    let session = LiveSession::start(&mut tx, &live, Timestamp::now())
        .await
        .unwrap();
    LiveSession::end(&mut tx, session.id, error, Timestamp::now())
        .await
        .unwrap();
    let file = RecordedFile {
        file_name: "x-720-fragmented.mp4".into(),
        size_bytes: 1_000,
        width: 1280,
        height: 720,
        fps: 30,
        has_audio: true,
        has_video: true,
    };
    let recording = Recording {
        duration_s: 12,
        playlist_file: "x-master.m3u8".into(),
        sha256_file: "segments-sha256.json".into(),
        files: vec![file],
    };
    let id = Video::create_replay(&mut tx, &live, &session, &[], &recording, Timestamp::now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id
}

/// What a real PeerTube answered.
fn fixture(name: &str) -> Value {
    let path = format!(
        "{}/tests/fixtures/peertube-6.3/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    let exchange: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    exchange["response_body"].clone()
}

/// Field by field: what PeerTube says and we do not (`-`), what only we say (`+`), what is of another type (`!`). `null` and an
/// empty list are of every type.
fn differences(theirs: &Value, ours: &Value) -> Vec<String> {
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
fn compare(name: &str, ours: &Value, expected: &[&str]) {
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
        &[
            "-.data[].videosCount",
            "-.data[].abusesCount",
            "-.data[].abusesAcceptedCount",
            "-.data[].abusesCreatedCount",
            "-.data[].videoCommentsCount",
        ],
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

    // Everything about moderation, comments, playlists and ActivityPub comes with what it counts.
    let stats = differences(
        &fixture("get/api-server-stats.json"),
        &anonymous.get("/server/stats").await,
    );
    let later = ["ActivityPub", "activityPub", "Abuse", "Registration"];
    assert!(
        stats
            .iter()
            .all(|gap| gap.starts_with('-') && later.iter().any(|word| gap.contains(word))),
        "{stats:?}"
    );
}

#[tokio::test]
async fn wrong_requests_are_told_what_is_wrong() {
    let server = Server::start().await;
    let (anonymous, root) = (Client::anonymous(&server), Client::root(&server).await);
    let channel = root.channel().await;

    let body =
        json!({ "channelId": channel, "name": "v2", "privacy": 9, "tags": ["x"], "saveReplay": "maybe" });
    let response = root.post("/videos/live", body).await;
    assert_eq!(response.status(), 400);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json; charset=utf-8"
    );
    let problem = json_of(response).await;
    assert_eq!(problem["instance"], "/api/v1/videos/live");
    assert_eq!(
        problem["detail"],
        "Incorrect request parameters: name, privacy, tags, saveReplay"
    );
    let mut theirs = fixture("rest/059_POST_videos-upload_400.json");
    let name = &problem["invalid-params"]["name"];
    assert_eq!(*name, theirs["invalid-params"]["name"]);
    theirs["invalid-params"] = json!({});
    let mut ours = problem.clone();
    ours["invalid-params"] = json!({});
    assert_eq!(differences(&theirs, &ours), ["-.docs"]);

    // Nothing there, nothing said, or something else.
    for (method, path, body, status) in [
        (Method::GET, "/nothing/here", None, 400),
        (Method::PATCH, "/videos", None, 400),
        (Method::GET, "/videos/x", None, 400),
        (Method::GET, "/videos/%00", None, 400),
        (Method::GET, "/videos/123456789", None, 404),
        (Method::GET, "/videos?count=101", None, 400),
        (Method::GET, "/videos?start=-1", None, 400),
        (Method::GET, "/videos?sort=password", None, 400),
        (Method::GET, "/videos?filter=local", None, 400),
        (Method::GET, "/videos?categoryOneOf=a", None, 400),
        (Method::GET, "/videos?include=1", None, 401),
        (Method::GET, "/videos?privacyOneOf=3", None, 401),
        (Method::GET, "/users/me", None, 401),
        (Method::GET, "/accounts/nobody", None, 404),
        (Method::GET, "/video-channels/root", None, 404),
        (Method::POST, "/videos/live", Some(json!({})), 401),
        (Method::POST, "/users/token", Some(json!([])), 400),
    ] {
        let response = anonymous.send(method.clone(), path, body).await;
        assert_eq!(response.status(), status, "{method} {path}");
    }
    let unknown = anonymous.send(Method::GET, "/nothing", None).await;
    assert_eq!(
        unknown.headers()["content-type"],
        "application/json; charset=utf-8"
    );
    assert_eq!(unknown.text().await.unwrap(), "");

    let client = &server.client;
    let live = server.url("/api/v1/videos/live");
    let token = root.token.as_deref().unwrap();
    let broken = client
        .post(&live)
        .bearer_auth(token)
        .header("content-type", "application/json")
        .body("{")
        .send()
        .await;
    assert_eq!(broken.unwrap().status(), 400);
    let other = client
        .post(&live)
        .bearer_auth(token)
        .header("content-type", "image/png")
        .body("x")
        .send()
        .await;
    assert_eq!(other.unwrap().status(), 415);
    let big = client
        .post(&live)
        .bearer_auth(token)
        .json(&json!({ "name": "x".repeat(600_000) }))
        .send()
        .await;
    assert_eq!(big.unwrap().status(), 413);
    let wrong = client
        .get(server.url("/api/v1/videos"))
        .bearer_auth("x".repeat(40))
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), 401);
    assert_eq!(json_of(wrong).await["code"], "invalid_token");
}

#[tokio::test]
async fn signing_in_refreshing_and_out() {
    let server = Server::start().await;
    let password = [("grant_type", "password"), ("username", "root")];
    for (form, code) in [
        (
            vec![password[0], password[1], ("password", "wrong")],
            "invalid_grant",
        ),
        (
            vec![password[0], ("username", "nobody"), ("password", "wrong")],
            "invalid_grant",
        ),
        (vec![password[0], password[1]], "invalid_request"),
        (vec![("grant_type", "implicit")], "unsupported_grant_type"),
        (
            vec![("grant_type", "refresh_token"), ("refresh_token", "x")],
            "invalid_grant",
        ),
    ] {
        let response = grant(&server, &form).await;
        assert_eq!(response.status(), 400, "{form:?}");
        assert_eq!(json_of(response).await["code"], code, "{form:?}");
    }
    let wrong = [
        ("client_id", "x"),
        ("client_secret", "y"),
        ("grant_type", "password"),
    ];
    let wrong = server
        .client
        .post(server.url("/api/v1/users/token"))
        .form(&wrong)
        .send()
        .await
        .unwrap();
    assert_eq!(json_of(wrong).await["code"], "invalid_client");

    let first = grant(
        &server,
        &[password[0], password[1], ("password", support::ROOT_PASSWORD)],
    )
    .await;
    let first = json_of(first).await;
    assert!((86_399..=86_400).contains(&first["expires_in"].as_i64().unwrap()));
    let refresh = first["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let second = grant(&server, &form).await;
    assert_eq!(second.status(), 200);
    let second = json_of(second).await;
    assert_eq!(grant(&server, &form).await.status(), 400, "good for one use");
    let old = Client {
        server: &server,
        token: first["access_token"].as_str().map(str::to_owned),
    };
    assert_eq!(old.status("/users/me").await, 401);
    let new = Client {
        server: &server,
        token: second["access_token"].as_str().map(str::to_owned),
    };
    assert_eq!(new.status("/users/me").await, 200);
    assert_eq!(new.post("/users/revoke-token", json!({})).await.status(), 204);
    assert_eq!(new.status("/users/me").await, 401);

    let host = server
        .client
        .get(server.url("/api/v1/oauth-clients/local"))
        .header("host", "evil.example")
        .send()
        .await;
    assert_eq!(host.unwrap().status(), 403);
}

#[tokio::test]
async fn cookies_work_for_our_own_pages_only() {
    let server = Server::start().await;
    let root = Client::root(&server).await;
    let cookie = format!("tributary_session={}", root.token.as_deref().unwrap());
    let me = server.url("/api/v1/users/me");
    let client = &server.client;
    let read = client.get(&me).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(read.status(), 200);
    let own = server.url("");
    for (name, value, status) in [
        ("sec-fetch-site", "same-origin", 204),
        ("sec-fetch-site", "cross-site", 401),
        ("origin", own.as_str(), 204),
        ("origin", "https://evil.example", 401),
        ("x-nothing", "1", 401),
    ] {
        let request = client
            .put(&me)
            .header("cookie", &cookie)
            .header(name, value)
            .json(&json!({ "theme": "dark" }));
        assert_eq!(request.send().await.unwrap().status(), status, "{name}: {value}");
    }
    let preflight = client
        .request(Method::OPTIONS, &me)
        .header("origin", "https://other.example");
    let preflight = preflight
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "authorization,content-type");
    let answer = preflight.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    assert_eq!(
        answer.headers()["access-control-allow-headers"],
        "authorization,content-type"
    );
    assert!(!answer.headers().contains_key("access-control-allow-credentials"));
}

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
async fn users_are_managed_by_those_who_may() {
    let server = Server::start().await;
    let root = Client::root(&server).await;
    let (ana_id, ana) = root.user("ana").await;
    let moderator =
        json!({ "username": "mod", "password": "password", "email": "mod@example.org", "role": 1 });
    let created = json_of(root.post("/users", moderator).await).await;
    let mod_id = created["user"]["id"].as_i64().unwrap();
    let moderator = Client::sign_in(&server, "mod", "password").await;
    assert_eq!(ana.status("/users").await, 403);
    assert_eq!(moderator.get("/users?sort=username").await["total"], 3);
    let admin = json!({ "username": "boss", "password": "password", "email": "boss@example.org", "role": 0 });
    assert_eq!(moderator.post("/users", admin).await.status(), 403);
    assert_eq!(
        moderator
            .put(&format!("/users/{mod_id}"), json!({ "role": 0 }))
            .await
            .status(),
        403
    );
    assert_eq!(
        moderator
            .put(&format!("/users/{ana_id}"), json!({ "videoQuota": 5 }))
            .await
            .status(),
        204
    );
    assert_eq!(root.get(&format!("/users/{ana_id}")).await["videoQuota"], 5);
    assert_eq!(
        moderator
            .put(&format!("/users/{ana_id}"), json!({ "email": "MOD@example.org" }))
            .await
            .status(),
        409
    );
    let root_id = root.get("/users/me").await["id"].as_i64().unwrap();
    assert_eq!(root.delete(&format!("/users/{root_id}")).await, 400);
    assert_eq!(
        root.put(&format!("/users/{root_id}"), json!({ "role": 2 }))
            .await
            .status(),
        400
    );
    for (body, status) in [
        (
            json!({ "username": "ana_channel", "password": "password", "email": "a1@example.org" }),
            409,
        ),
        (
            json!({ "username": "x", "password": "password", "email": "a2@example.org", "channelName": "x" }),
            409,
        ),
        (
            json!({ "username": "Upper", "password": "password", "email": "a3@example.org" }),
            400,
        ),
        (
            json!({ "username": "x", "password": "short", "email": "a4@example.org" }),
            400,
        ),
        (
            json!({ "username": "x", "password": "password", "email": "nonsense" }),
            400,
        ),
        (json!({}), 400),
    ] {
        assert_eq!(root.post("/users", body.clone()).await.status(), status, "{body}");
    }

    assert_eq!(
        root.post(&format!("/users/{ana_id}/block"), json!({ "reason": "spam" }))
            .await
            .status(),
        204
    );
    assert_eq!(ana.status("/users/me").await, 401);
    let form = [
        ("grant_type", "password"),
        ("username", "ana"),
        ("password", "password"),
    ];
    assert_eq!(grant(&server, &form).await.status(), 400);
    assert_eq!(
        root.get("/users?blocked=true").await["data"][0]["blockedReason"],
        "spam"
    );
    assert_eq!(
        root.post(&format!("/users/{ana_id}/unblock"), json!({}))
            .await
            .status(),
        204
    );
    assert_eq!(grant(&server, &form).await.status(), 200);

    assert_eq!(
        root.put(&format!("/users/{ana_id}"), json!({ "password": "another one" }))
            .await
            .status(),
        204
    );
    let ana = Client::sign_in(&server, "ana@example.org", "another one").await;
    let me = json!({ "displayName": "Ana", "description": "I am Ana", "nsfwPolicy": "blur", "videoLanguages": ["en"], "p2pEnabled": false });
    assert_eq!(ana.put("/users/me", me).await.status(), 204);
    let me = ana.get("/users/me").await;
    assert_eq!(
        (
            &me["account"]["displayName"],
            &me["nsfwPolicy"],
            &me["p2pEnabled"]
        ),
        (&json!("Ana"), &json!("blur"), &json!(false))
    );
    let password = |current: &str| json!({ "currentPassword": current, "password": "third password" });
    assert_eq!(
        ana.put("/users/me", json!({ "password": "third password" }))
            .await
            .status(),
        400
    );
    let wrong = ana.put("/users/me", password("wrong")).await;
    assert_eq!(
        (wrong.status().as_u16(), json_of(wrong).await["code"].as_str()),
        (401, Some("current_password_is_invalid"))
    );
    assert_eq!(ana.put("/users/me", password("another one")).await.status(), 204);
    assert_eq!(ana.status("/users/me").await, 401, "signed out everywhere");
    let ana = Client::sign_in(&server, "ana", "third password").await;
    assert_eq!(
        ana.get("/users/me/video-quota-used").await,
        json!({ "videoQuotaUsed": 0, "videoQuotaUsedDaily": 0 })
    );

    assert_eq!(
        ana.post("/video-channels", json!({ "name": "ana", "displayName": "x" }))
            .await
            .status(),
        409
    );
    assert_eq!(
        ana.post("/video-channels", json!({ "name": "a b", "displayName": "x" }))
            .await
            .status(),
        400
    );
    assert_eq!(
        ana.post(
            "/video-channels",
            json!({ "name": "second", "displayName": "Second" })
        )
        .await
        .status(),
        200
    );
    let update = json!({ "displayName": "Other", "description": null, "support": "tip jar" });
    assert_eq!(ana.put("/video-channels/second", update).await.status(), 204);
    assert_eq!(ana.get("/video-channels/second").await["support"], "tip jar");
    assert_eq!(
        ana.put("/video-channels/root_channel", json!({ "displayName": "Mine" }))
            .await
            .status(),
        403
    );
    assert_eq!(ana.delete("/video-channels/second").await, 204);
    assert_eq!(
        ana.delete("/video-channels/ana_channel").await,
        409,
        "the last one"
    );
    assert_eq!(root.delete(&format!("/users/{ana_id}")).await, 204);
    assert_eq!(root.status("/accounts/ana").await, 404);
    assert_eq!(root.status("/video-channels/ana_channel").await, 404);
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
        anonymous
            .post(&views, json!({ "currentTime": 12 }))
            .await
            .status(),
        401,
        "the replay is private"
    );
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

#[tokio::test]
async fn requests_are_limited_per_client() {
    let proxies = ("TRIBUTARY__SERVER__TRUSTED_PROXIES", "127.0.0.1".to_owned());
    let limits = ("TRIBUTARY__LIMITS__RATE_LIMIT", "true".to_owned());
    let server = Server::start_with(Options {
        env: vec![limits, proxies],
        ..Options::default()
    })
    .await;
    let root = Client::root(&server).await;
    let ping = |client: &'static str| {
        server
            .client
            .get(server.url("/api/v1/ping"))
            .header("x-forwarded-for", client)
            .send()
    };
    let first = ping("192.0.2.1").await.unwrap();
    assert_eq!(
        (
            &first.headers()["x-ratelimit-limit"],
            &first.headers()["x-ratelimit-remaining"]
        ),
        (&"50", &"49")
    );
    for _ in 0..49 {
        assert_eq!(ping("192.0.2.1").await.unwrap().status(), 200);
    }
    let refused = ping("192.0.2.1").await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(
        refused.headers().contains_key("retry-after")
            && refused.headers().contains_key("access-control-allow-origin")
    );
    assert_eq!(ping("192.0.2.2").await.unwrap().status(), 200);
    let moderator = server
        .client
        .get(server.url("/api/v1/ping"))
        .header("x-forwarded-for", "192.0.2.1");
    let moderator = moderator
        .bearer_auth(root.token.as_deref().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(moderator.status(), 200);

    let mut statuses = Vec::new();
    for _ in 0..17 {
        let wrong = [
            ("client_id", "x"),
            ("client_secret", "y"),
            ("grant_type", "password"),
        ];
        let request = server
            .client
            .post(server.url("/api/v1/users/token"))
            .header("x-forwarded-for", "192.0.2.3");
        statuses.push(request.form(&wrong).send().await.unwrap().status().as_u16());
    }
    assert_eq!(
        statuses.iter().filter(|status| **status == 429).count(),
        2,
        "{statuses:?}"
    );
}

#[tokio::test]
async fn the_same_server_runs_on_postgresql() {
    let database = postgres::Postgres::start();
    let url = ("TRIBUTARY__DATABASE__URL", database.url.clone());
    let mut server = Server::start_with(Options {
        env: vec![url.clone()],
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
    server.restart(&[url]);
    let root = Client::root(&server).await;
    assert_eq!(
        root.get("/users/me/videos").await["data"][0]["uuid"],
        uuid.as_str()
    );
    assert!(server.stop().success());
    assert!(!server.data.join("tributary.sqlite").exists());
}
