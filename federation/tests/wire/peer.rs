//! A server of another make: Lemmy's library takes what this one sends, and this one takes what the library sends.

use std::sync::{Arc, Mutex, OnceLock};

use activitypub_federation::activity_sending::SendActivityTask;
use activitypub_federation::axum::inbox::{ActivityData, receive_activity};
use activitypub_federation::config::{Data, FederationConfig, FederationMiddleware};
use activitypub_federation::http_signatures::{Keypair, generate_actor_keypair};
use activitypub_federation::protocol::public_key::PublicKey as PublishedKey;
use activitypub_federation::protocol::verification::verify_domains_match;
use activitypub_federation::traits::{Activity, Actor, Object};
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use db::SignatureScheme;
use federation::client::Client;
use federation::deliver::Policy;
use federation::key::PublicKey;
use federation::object;
use federation::signature::{Claim, Request};
use federation::{Federation, Site};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use url::Url;

use crate::deliver::{Running, announce, drained, follower, only_instance};
use crate::support::{self, Everywhere, Peer, limits, settings};

type Failure = activitypub_federation::error::Error;

/// What the other server remembers.
#[derive(Debug, Clone, Default)]
struct Memory {
    actors: Arc<Mutex<Vec<Someone>>>,
    announced: Arc<Mutex<Vec<Url>>>,
}

/// An actor, as the other server keeps and describes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Someone {
    #[serde(rename = "type")]
    kind: String,
    id: Url,
    inbox: Url,
    public_key: PublishedKey,
    #[serde(skip)]
    private_key: Option<String>,
}

#[async_trait::async_trait]
impl Object for Someone {
    type DataType = Memory;
    type Kind = Self;
    type Error = Failure;

    fn id(&self) -> &Url {
        &self.id
    }

    async fn read_from_id(id: Url, data: &Data<Memory>) -> Result<Option<Self>, Failure> {
        let actors = data.actors.lock().unwrap();
        Ok(actors.iter().find(|actor| actor.id == id).cloned())
    }

    async fn into_json(self, _: &Data<Memory>) -> Result<Self, Failure> {
        Ok(self)
    }

    async fn verify(json: &Self, expected: &Url, _: &Data<Memory>) -> Result<(), Failure> {
        verify_domains_match(&json.id, expected)
    }

    async fn from_json(json: Self, data: &Data<Memory>) -> Result<Self, Failure> {
        data.actors.lock().unwrap().push(json.clone());
        Ok(json)
    }
}

impl Actor for Someone {
    fn public_key_pem(&self) -> &str {
        &self.public_key.public_key_pem
    }

    fn private_key_pem(&self) -> Option<String> {
        self.private_key.clone()
    }

    fn inbox(&self) -> Url {
        self.inbox.clone()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Announce {
    #[serde(rename = "type")]
    kind: String,
    id: Url,
    actor: Url,
    object: Url,
}

#[async_trait::async_trait]
impl Activity for Announce {
    type DataType = Memory;
    type Error = Failure;

    fn id(&self) -> &Url {
        &self.id
    }

    fn actor(&self) -> &Url {
        &self.actor
    }

    async fn verify(&self, _: &Data<Memory>) -> Result<(), Failure> {
        Ok(())
    }

    async fn receive(self, data: &Data<Memory>) -> Result<(), Failure> {
        data.announced.lock().unwrap().push(self.object);
        Ok(())
    }
}

async fn inbox(data: Data<Memory>, activity: ActivityData) -> StatusCode {
    match receive_activity::<Announce, Someone, Memory>(activity, &data).await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

/// Somebody on the other server.
fn local_actor(port: u16) -> Someone {
    let Keypair {
        private_key,
        public_key,
    } = generate_actor_keypair().unwrap();
    let id: Url = format!("http://localhost:{port}/u/lem").parse().unwrap();
    Someone {
        kind: "Person".to_owned(),
        inbox: format!("http://localhost:{port}/inbox").parse().unwrap(),
        public_key: PublishedKey {
            id: format!("{id}#main-key"),
            owner: id.clone(),
            public_key_pem: public_key,
        },
        private_key: Some(private_key),
        id,
    }
}

async fn other_server() -> (FederationConfig<Memory>, u16) {
    // Its HTTP client wants one; an error means that there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = FederationConfig::builder()
        .domain(format!("localhost:{port}"))
        .app_data(Memory::default())
        // Plain HTTP, and this machine.
        .debug(true)
        .build()
        .await
        .unwrap();
    let router = Router::new()
        .route("/inbox", post(inbox))
        .layer(FederationMiddleware::new(config.clone()));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (config, port)
}

/// This server: its routes answer with its actor to whoever asks, and take everything.
async fn this_server() -> (Federation, Peer, tempfile::TempDir) {
    let actor: Arc<OnceLock<String>> = Arc::default();
    let shown = Arc::clone(&actor);
    let routes = Peer::start(move |_| {
        let headers = [("content-type", federation::CONTENT_TYPE)];
        (headers, shown.get().unwrap().clone()).into_response()
    })
    .await;
    let host = format!("localhost:{}", routes.address.port());
    let site = Site {
        url: format!("http://{host}"),
        host,
    };
    let folder = tempfile::tempdir().unwrap();
    let db = support::database(&folder).await;
    let client = Client::with(&site, &settings(), limits(), Everywhere::here()).unwrap();
    let federation = Federation::with_client(db, site, settings(), client);
    let instance = db::Actor::instance(&federation.db).await.unwrap();
    let key = federation
        .keys
        .public_pem(&federation.db, instance.id)
        .await
        .unwrap();
    actor
        .set(object::actor::instance(&instance, &key, &federation.site).to_string())
        .unwrap();
    (federation, routes, folder)
}

#[tokio::test]
async fn lemmys_library_takes_what_is_delivered() {
    let (federation, routes, _folder) = this_server().await;
    let (other, port) = other_server().await;
    let fan = follower(&federation, "localhost", port).await;
    let running = Running::start(&federation, Policy::default());
    announce(&federation, 7, &[&fan]).await;
    drained(&federation).await;
    running.stop().await;

    let announced = other.to_request_data().announced.lock().unwrap().clone();
    assert_eq!(announced.len(), 1);
    assert_eq!(announced[0].path(), "/videos/watch/7");
    // It asked who that is, once, and read the signatures it knows.
    assert_eq!(routes.asked().len(), 1);
    let facts = only_instance(&federation).await;
    assert_eq!(facts.instance.signature_scheme, Some(SignatureScheme::Cavage));
    assert_eq!((facts.queued, facts.given_up), (0, 0));
}

#[tokio::test]
async fn what_lemmys_library_sends_is_believed() {
    let (federation, routes, _folder) = this_server().await;
    let (other, port) = other_server().await;
    let sender = local_actor(port);
    let activity = Announce {
        kind: "Announce".to_owned(),
        id: format!("http://localhost:{port}/activities/1").parse().unwrap(),
        actor: sender.id.clone(),
        object: format!("http://localhost:{port}/post/1").parse().unwrap(),
    };
    let data = other.to_request_data();
    let inbox: Url = federation.site.shared_inbox().parse().unwrap();
    let sends = SendActivityTask::prepare(&activity, &sender, vec![inbox], &data)
        .await
        .unwrap();
    assert_eq!(sends.len(), 1);
    sends[0].sign_and_send(&data).await.unwrap();

    let asked = routes.asked();
    let request = Request {
        method: &asked[0].method,
        path_and_query: asked[0].path(),
        headers: &asked[0].headers,
        body: Some(&asked[0].body),
    };
    let claim = Claim::parse(&asked[0].headers).unwrap();
    assert_eq!(claim.actor(), sender.id.as_str());
    let (key, now) = (
        PublicKey::from_pem(sender.public_key_pem()).unwrap(),
        Timestamp::now(),
    );
    claim.verify(&request, &federation.site.host, &key, now).unwrap();

    let changed = Request {
        body: Some(b"{}"),
        ..request
    };
    assert!(claim.verify(&changed, &federation.site.host, &key, now).is_err());
}
