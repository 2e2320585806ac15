//! What these tests do all the time: ask as somebody, and put a session into the database of a running server.

use db::{Db, Live, LiveSession, RecordedFile, Recording, SessionError, Video};
use jiff::Timestamp;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::Server;

/// Requests as one user.
pub struct Client<'a> {
    pub server: &'a Server,
    pub token: Option<String>,
}

impl<'a> Client<'a> {
    pub fn anonymous(server: &'a Server) -> Self {
        Self { server, token: None }
    }

    pub async fn root(server: &'a Server) -> Self {
        Self {
            server,
            token: Some(server.token().await),
        }
    }

    pub async fn sign_in(server: &'a Server, username: &str, password: &str) -> Self {
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

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
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

    pub async fn get(&self, path: &str) -> Value {
        let response = self.send(Method::GET, path, None).await;
        assert_eq!(response.status(), 200, "{path}");
        json_of(response).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Response {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Response {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> u16 {
        self.send(Method::DELETE, path, None).await.status().as_u16()
    }

    /// The status of a GET.
    pub async fn status(&self, path: &str) -> u16 {
        self.send(Method::GET, path, None).await.status().as_u16()
    }

    pub async fn channel(&self) -> i64 {
        self.get("/users/me").await["videoChannels"][0]["id"]
            .as_i64()
            .unwrap()
    }

    /// Makes a live and gives back its `video`.
    pub async fn live(&self, more: Value) -> Value {
        let mut body = json!({ "channelId": self.channel().await, "name": "A live", "privacy": 1 });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let response = self.post("/videos/live", body).await;
        assert_eq!(response.status(), 200);
        json_of(response).await["video"].clone()
    }

    pub async fn user(&self, name: &str) -> (i64, Client<'a>) {
        let body = json!({ "username": name, "password": "password", "email": format!("{name}@example.org"), "role": 2 });
        let response = self.post("/users", body).await;
        assert_eq!(response.status(), 200);
        let id = json_of(response).await["user"]["id"].as_i64().unwrap();
        (id, Self::sign_in(self.server, name, "password").await)
    }
}

pub async fn json_of(response: Response) -> Value {
    response.json().await.unwrap()
}

pub async fn grant(server: &Server, form: &[(&str, &str)]) -> Response {
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
pub async fn database(server: &Server) -> Db {
    Db::connect(&format!(
        "sqlite://{}",
        server.data.join("tributary.sqlite").display()
    ))
    .await
    .unwrap()
}

/// Was on air, and left a replay.
pub async fn broadcast(db: &Db, uuid: &str, error: Option<SessionError>) -> i64 {
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
