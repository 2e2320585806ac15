//! A server of other software, with people and keys, that says and serves whatever a test wants.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use db::{Actor, Db};
use federation::key::{Keys, PrivateKey};
use federation::signature;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{Options, PATIENCE, Server};

pub const TYPE: &str = "application/activity+json";

/// A pair of keys.
pub struct Pair {
    pub private: PrivateKey,
    pub pem: String,
}

impl Pair {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("keys").display());
        let db = Db::connect(&url).await.unwrap();
        let actor = Actor::instance(&db).await.unwrap();
        let keys = Keys::default();
        let pair = Self {
            pem: keys.public_pem(&db, actor.id).await.unwrap(),
            private: keys.private(&db, actor.id).await.unwrap(),
        };
        db.close().await;
        pair
    }
}

#[derive(Default)]
struct Shared {
    objects: Mutex<HashMap<String, (StatusCode, Value)>>,
    asked: Mutex<Vec<String>>,
    posted: Mutex<Vec<Value>>,
    rung: Notify,
}

pub struct Stranger {
    pub origin: String,
    shared: Arc<Shared>,
}

impl Stranger {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            origin: format!("http://{address}"),
            shared,
        }
    }

    pub fn host(&self) -> &str {
        self.origin.strip_prefix("http://").unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub fn serve(&self, path: &str, object: Value) {
        let mut objects = self.shared.objects.lock().unwrap();
        objects.insert(path.to_owned(), (StatusCode::OK, object));
    }

    pub fn remove(&self, path: &str) {
        let mut objects = self.shared.objects.lock().unwrap();
        objects.insert(path.to_owned(), (StatusCode::GONE, Value::Null));
    }

    /// Somebody who lives there from now on; their id.
    pub fn person(&self, name: &str, pem: &str) -> String {
        let id = self.url(&format!("/users/{name}"));
        self.serve(&format!("/users/{name}"), self.actor(name, pem));
        let links = json!([{ "rel": "self", "type": TYPE, "href": id }]);
        self.serve(
            "/.well-known/webfinger",
            json!({ "subject": name, "links": links }),
        );
        id
    }

    pub fn actor(&self, name: &str, pem: &str) -> Value {
        let id = self.url(&format!("/users/{name}"));
        json!({
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "type": "Person",
            "id": id,
            "preferredUsername": name,
            "name": name,
            "inbox": format!("{id}/inbox"),
            "outbox": format!("{id}/outbox"),
            "followers": format!("{id}/followers"),
            "following": format!("{id}/following"),
            "endpoints": { "sharedInbox": self.url("/inbox") },
            "publicKey": { "id": format!("{id}#main-key"), "owner": id, "publicKeyPem": pem },
        })
    }

    /// What was asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub fn posted(&self) -> Vec<Value> {
        self.shared.posted.lock().unwrap().clone()
    }

    /// The first that was posted here and is wanted, waited for.
    pub async fn receive(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let find = async {
            loop {
                let rung = self.shared.rung.notified();
                if let Some(found) = self.posted().into_iter().find(&wanted) {
                    return found;
                }
                rung.await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, find).await;
        found.unwrap_or_else(|_| panic!("it never came; what did: {:#?}", self.posted()))
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if request.method() == Method::POST {
        let body = axum::body::to_bytes(request.into_body(), 1_000_000)
            .await
            .unwrap();
        let activity = serde_json::from_slice(&body).unwrap();
        shared.posted.lock().unwrap().push(activity);
        shared.rung.notify_waiters();
        return StatusCode::NO_CONTENT.into_response();
    }
    shared.asked.lock().unwrap().push(path.clone());
    let object = shared.objects.lock().unwrap().get(&path).cloned();
    match object {
        Some((status, object)) => {
            (status, [(header::CONTENT_TYPE, TYPE)], object.to_string()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A server that talks to others on this machine.
pub async fn member() -> Server {
    member_with(Vec::new()).await
}

pub async fn member_with(mut env: Vec<(&'static str, String)>) -> Server {
    env.push(("TRIBUTARY__FEDERATION__ALLOW_PRIVATE_ADDRESSES", "true".into()));
    Server::start_with(Options {
        env,
        ..Options::default()
    })
    .await
}

/// A request as it is about to be sent: a test may change it first.
pub struct Letter {
    pub path: String,
    pub host: String,
    pub key_id: String,
    pub time: Timestamp,
    pub body: Vec<u8>,
}

impl Letter {
    pub fn new(server: &Server, path: &str, activity: &Value) -> Self {
        Self {
            path: path.to_owned(),
            host: format!("127.0.0.1:{}", server.http_port),
            key_id: activity["actor"].as_str().unwrap_or_default().to_owned(),
            time: Timestamp::now(),
            body: activity.to_string().into_bytes(),
        }
    }

    pub fn sign(&self, key: &PrivateKey) -> Vec<(&'static str, String)> {
        let body = Some(self.body.as_slice());
        signature::sign(
            &Method::POST,
            &self.host,
            &self.path,
            body,
            &self.key_id,
            key,
            self.time,
        )
        .unwrap()
    }

    pub async fn send(&self, server: &Server, headers: &[(&'static str, String)]) -> reqwest::Response {
        self.try_send(server, headers).await.unwrap()
    }

    /// Fails where the server hangs up before it has read all.
    pub async fn try_send(
        &self,
        server: &Server,
        headers: &[(&'static str, String)],
    ) -> reqwest::Result<reqwest::Response> {
        let mut request = server
            .client
            .post(server.url(&self.path))
            .header("content-type", TYPE);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request.body(self.body.clone()).send().await
    }
}

/// Posts an activity as it should be; the status of the answer.
pub async fn post(server: &Server, path: &str, activity: &Value, key: &PrivateKey) -> u16 {
    let letter = Letter::new(server, path, activity);
    let headers = letter.sign(key);
    letter.send(server, &headers).await.status().as_u16()
}
