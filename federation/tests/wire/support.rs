//! What the tests of requests share: a server on this machine that remembers what it was asked, and names that lead anywhere.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use db::Db;
use federation::client::{Client, Limits};
use federation::{Federation, Settings, Site};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    pub fn host(&self) -> &str {
        self.headers["host"].to_str().unwrap()
    }

    pub fn path(&self) -> &str {
        self.uri.path_and_query().unwrap().as_str()
    }
}

pub type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A server on this machine.
pub struct Peer {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    count: watch::Receiver<usize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Peer {
    /// Answers at once.
    pub async fn start<R: IntoResponse>(answer: impl Fn(&Asked) -> R + Send + Sync + 'static) -> Self {
        Self::start_async(move |asked| {
            let response = answer(&asked).into_response();
            Box::pin(async move { response })
        })
        .await
    }

    pub async fn start_async(answer: impl Fn(Asked) -> Answering + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (counter, count) = watch::channel(0);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (remembered, answer) = (Arc::clone(&asked), Arc::new(answer));
        let handler = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let (remembered, answer, counter) =
                (Arc::clone(&remembered), Arc::clone(&answer), counter.clone());
            async move {
                let asked = Asked {
                    method,
                    uri,
                    headers,
                    body,
                };
                remembered.lock().unwrap().push(asked.clone());
                let response = answer(asked).await;
                counter.send_modify(|count| *count += 1);
                response
            }
        };
        let task = tokio::spawn(async move {
            axum::serve(listener, Router::new().fallback(handler))
                .await
                .unwrap();
        });
        Self {
            address,
            asked,
            count,
            task,
        }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until so many requests were answered.
    pub async fn answered(&self, count: usize) {
        let mut seen = self.count.clone();
        let waited =
            tokio::time::timeout(Duration::from_secs(20), seen.wait_for(|seen| *seen >= count)).await;
        assert!(
            waited.is_ok(),
            "{} of {count} requests came",
            *self.count.borrow()
        );
    }

    /// An address at this server, by a name that the resolver of the test leads here.
    pub fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }
}

/// Leads every name to the same addresses.
pub struct Everywhere(pub Vec<IpAddr>);

impl Everywhere {
    pub fn here() -> Arc<Self> {
        Self::at(&["127.0.0.1"])
    }

    pub fn at(addresses: &[&str]) -> Arc<Self> {
        Arc::new(Self(
            addresses.iter().map(|address| address.parse().unwrap()).collect(),
        ))
    }
}

impl Resolve for Everywhere {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Vec<SocketAddr> = self.0.iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
        Box::pin(async move {
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

pub fn site() -> Site {
    Site {
        url: "http://tube.test".to_owned(),
        host: "tube.test".to_owned(),
    }
}

pub fn settings() -> Settings {
    Settings {
        allow_private_addresses: true,
        ..Settings::default()
    }
}

/// As in the wild: only public addresses are asked.
pub fn guarded(resolver: Arc<Everywhere>) -> Client {
    Client::with(&site(), &Settings::default(), limits(), resolver).unwrap()
}

/// May ask this machine.
pub fn client(limits: Limits) -> Client {
    Client::with(&site(), &settings(), limits, Everywhere::here()).unwrap()
}

pub fn limits() -> Limits {
    Limits {
        connect: Duration::from_secs(5),
        document: Duration::from_secs(20),
        file: Duration::from_secs(20),
        post: Duration::from_secs(5),
        per_host: 4,
    }
}

/// A federation with an empty database, which goes with the folder.
pub async fn federation(limits: Limits) -> (Federation, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (reopen(&folder, limits).await, folder)
}

pub async fn reopen(folder: &TempDir, limits: Limits) -> Federation {
    Federation::with_client(database(folder).await, site(), settings(), client(limits))
}

pub async fn database(folder: &TempDir) -> Db {
    let path = folder.path().join("test.sqlite");
    Db::connect(&format!("sqlite://{}", path.display()))
        .await
        .unwrap()
}
