//! Activities reach every server once, in order, whatever the servers do.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::IntoResponse;
use db::{Actor, ActorKind, Delivery, Instance, InstanceSort, Page, RemoteActor, SignatureScheme};
use federation::deliver::{Policy, run_with};
use federation::key::PublicKey;
use federation::signature::{self, Claim, Request};
use federation::{Federation, Recipients, outbox};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::{self, Asked, Peer, limits};

/// Retries in no time.
fn hasty() -> Policy {
    Policy {
        first_retry: Duration::from_millis(20),
        max_retry: Duration::from_millis(40),
        slow: Duration::from_millis(100),
        ..Policy::default()
    }
}

/// A server that follows; its inbox is at `port` of this machine.
pub async fn follower(federation: &Federation, host: &str, port: u16) -> Actor {
    let base = format!("http://{host}:{port}");
    let url = format!("{base}/u/fan");
    let remote = RemoteActor {
        url: url.clone(),
        host: format!("{host}:{port}"),
        kind: ActorKind::Person,
        name: "fan".to_owned(),
        display_name: "Fan".to_owned(),
        description: None,
        inbox: format!("{base}/u/fan/inbox"),
        shared_inbox: Some(format!("{base}/inbox")),
        outbox: None,
        followers_url: None,
        public_pem: String::new(),
        icon_url: None,
        banner_url: None,
        published: None,
        support: None,
    };
    let mut tx = federation.db.begin().await.unwrap();
    remote.save(&mut tx, None, Timestamp::now()).await.unwrap();
    tx.commit().await.unwrap();
    Actor::by_url(&federation.db, &url).await.unwrap().unwrap()
}

/// Announces something to these, by its number.
pub async fn announce(federation: &Federation, number: usize, to: &[&Actor]) {
    let instance = federation.instance_actor().await.unwrap();
    let actor = federation.site.instance_actor();
    let body = json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1",
            { "RsaSignature2017": "https://w3id.org/security#RsaSignature2017" }],
        "type": "Announce",
        "id": format!("{actor}/announces/{number}"),
        "actor": actor,
        "object": format!("{}/videos/watch/{number}", federation.site.url),
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "cc": [],
    });
    let to = to
        .iter()
        .fold(Recipients::new(), |to, actor| to.shared_inbox_of(actor));
    let mut tx = federation.db.begin().await.unwrap();
    outbox::write(&mut tx, instance, &body, &to, Timestamp::now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    federation.deliveries.notify_one();
}

/// Which announcement a request brings.
fn number(asked: &Asked) -> usize {
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    body["id"]
        .as_str()
        .unwrap()
        .rsplit_once('/')
        .unwrap()
        .1
        .parse()
        .unwrap()
}

fn numbers(peer: &Peer) -> Vec<usize> {
    peer.asked().iter().map(number).collect()
}

pub struct Running {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    pub fn start(federation: &Federation, policy: Policy) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(run_with(federation.clone(), policy, stop.clone()));
        Self { stop, task }
    }

    pub async fn stop(self) {
        self.stop.cancel();
        let stopped = tokio::time::timeout(Duration::from_secs(10), self.task).await;
        stopped.unwrap().unwrap();
    }
}

/// Waits until nothing is queued.
pub async fn drained(federation: &Federation) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Delivery::counts(&federation.db).await.unwrap().queued > 0 {
        assert!(Instant::now() < deadline, "something still waits");
        tokio::task::yield_now().await;
    }
}

pub async fn only_instance(federation: &Federation) -> db::InstanceFacts {
    let list = Instance::list(&federation.db, None, InstanceSort::Host, Page::first(10))
        .await
        .unwrap();
    assert_eq!(list.total, 1);
    list.data[0].clone()
}

#[tokio::test]
async fn an_activity_is_signed_once_inside_and_each_time_outside() {
    let peer = Peer::start(|_| StatusCode::ACCEPTED).await;
    let (federation, _folder) = support::federation(limits()).await;
    let mut actors = Vec::new();
    for host in ["one.test", "two.test", "three.test"] {
        actors.push(follower(&federation, host, peer.address.port()).await);
    }
    // Twice the same inbox is once.
    actors.push(actors[0].clone());
    let running = Running::start(&federation, Policy::default());
    announce(&federation, 1, &actors.iter().collect::<Vec<_>>()).await;
    peer.answered(3).await;
    drained(&federation).await;
    running.stop().await;

    let instance = federation.instance_actor().await.unwrap();
    let pem = federation
        .keys
        .public_pem(&federation.db, instance)
        .await
        .unwrap();
    let key = PublicKey::from_pem(&pem).unwrap();
    let asked = peer.asked();
    assert_eq!(asked.len(), 3);
    for asked in &asked {
        assert_eq!(asked.body, asked_body(&peer), "the same to everyone");
        assert_eq!(asked.path(), "/inbox");
        assert_eq!(asked.headers["content-type"], "application/activity+json");
        let request = Request {
            method: &asked.method,
            path_and_query: asked.path(),
            headers: &asked.headers,
            body: Some(&asked.body),
        };
        let claim = Claim::parse(&asked.headers).unwrap();
        assert!(matches!(claim, Claim::Message(_)), "RFC 9421 is tried first");
        assert_eq!(claim.actor(), "http://tube.test/accounts/peertube");
        // The whole address is signed, and behind no proxy this server is not told its scheme.
        claim
            .verify(&request, asked.host(), &key, Timestamp::now())
            .unwrap();
    }
    let document: Value = serde_json::from_slice(&asked_body(&peer)).unwrap();
    assert_eq!(
        signature::ld::creator(&document),
        Some("http://tube.test/accounts/peertube")
    );
    signature::ld::verify(&document, &key).unwrap();
}

fn asked_body(peer: &Peer) -> axum::body::Bytes {
    peer.asked()[0].body.clone()
}

#[tokio::test]
async fn servers_that_know_older_signatures_only_are_remembered() {
    let peer = Peer::start(|asked| match Claim::parse(&asked.headers) {
        Ok(Claim::Draft(_)) => StatusCode::NO_CONTENT,
        _ => StatusCode::FORBIDDEN,
    })
    .await;
    let (federation, _folder) = support::federation(limits()).await;
    let actor = follower(&federation, "old.test", peer.address.port()).await;
    let running = Running::start(&federation, Policy::default());
    announce(&federation, 1, &[&actor]).await;
    announce(&federation, 2, &[&actor]).await;
    drained(&federation).await;
    running.stop().await;
    assert_eq!(
        numbers(&peer),
        [1, 1, 2],
        "the first was brought twice, the second once"
    );
    let facts = only_instance(&federation).await;
    assert_eq!(facts.instance.signature_scheme, Some(SignatureScheme::Cavage));
    assert!(facts.instance.delivered_at.is_some());
    assert_eq!((facts.queued, facts.given_up), (0, 0));
}

#[tokio::test]
async fn a_failure_keeps_the_order() {
    let tries = AtomicUsize::new(0);
    let peer = Peer::start(move |asked| {
        let second_fails = number(asked) == 2 && tries.fetch_add(1, Ordering::SeqCst) < 3;
        if second_fails {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::OK
        }
    })
    .await;
    let (federation, _folder) = support::federation(limits()).await;
    let actor = follower(&federation, "shaky.test", peer.address.port()).await;
    for number in 1..=4 {
        announce(&federation, number, &[&actor]).await;
    }
    let running = Running::start(&federation, hasty());
    drained(&federation).await;
    running.stop().await;
    assert_eq!(numbers(&peer), [1, 2, 2, 2, 2, 3, 4]);
    let facts = only_instance(&federation).await;
    assert_eq!((facts.instance.failures, facts.instance.last_error), (0, None));
}

#[tokio::test]
async fn servers_say_when_to_come_back() {
    let peer = Peer::start(|_| (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "3600")])).await;
    let (federation, _folder) = support::federation(limits()).await;
    let actor = follower(&federation, "busy.test", peer.address.port()).await;
    let before = Timestamp::now();
    announce(&federation, 1, &[&actor]).await;
    let running = Running::start(&federation, hasty());
    peer.answered(1).await;
    let deadline = Instant::now() + Duration::from_secs(20);
    let facts = loop {
        let facts = only_instance(&federation).await;
        if facts.instance.failures > 0 {
            break facts;
        }
        assert!(Instant::now() < deadline, "the failure is not written down");
    };
    let wait = facts.instance.retry_at.unwrap().duration_since(before).as_secs();
    assert!((3_599..3_700).contains(&wait), "{wait}");
    assert_eq!(facts.instance.last_error.as_deref(), Some("it answered 429"));
    assert_eq!(facts.queued, 1);

    // An administrator need not wait.
    let mut tx = federation.db.begin().await.unwrap();
    Instance::retry_now(&mut tx, facts.instance.id).await.unwrap();
    tx.commit().await.unwrap();
    federation.deliveries.notify_one();
    peer.answered(2).await;
    running.stop().await;
    let mut tx = federation.db.begin().await.unwrap();
    assert_eq!(Instance::drop_queue(&mut tx, facts.instance.id).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(only_instance(&federation).await.queued, 0);
}

#[tokio::test]
async fn what_a_server_does_not_want_is_dropped_and_nothing_else() {
    let peer = Peer::start(|asked| match number(asked) {
        1 => (StatusCode::GONE, "nobody\nhere").into_response(),
        3 => (StatusCode::BAD_REQUEST, "{\"error\":\"no\"}").into_response(),
        _ => StatusCode::NO_CONTENT.into_response(),
    })
    .await;
    let (federation, _folder) = support::federation(limits()).await;
    let actor = follower(&federation, "picky.test", peer.address.port()).await;
    for number in 1..=3 {
        announce(&federation, number, &[&actor]).await;
    }
    let running = Running::start(&federation, hasty());
    drained(&federation).await;
    running.stop().await;
    // 400 might have been the signature.
    assert_eq!(numbers(&peer), [1, 2, 3, 3]);
    let facts = only_instance(&federation).await;
    assert_eq!((facts.queued, facts.given_up), (0, 2));
    assert_eq!(facts.instance.failures, 0);
    assert_eq!(
        facts.instance.last_error.as_deref(),
        Some(r#"it answered 400: {"error":"no"}"#)
    );
}

#[tokio::test]
async fn an_activity_that_breaks_a_server_does_not_hold_up_the_others() {
    let peer = Peer::start(|asked| match number(asked) {
        1 => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::OK,
    })
    .await;
    let (federation, _folder) = support::federation(limits()).await;
    let actor = follower(&federation, "fragile.test", peer.address.port()).await;
    announce(&federation, 1, &[&actor]).await;
    announce(&federation, 2, &[&actor]).await;
    let running = Running::start(
        &federation,
        Policy {
            max_attempts: 3,
            ..hasty()
        },
    );
    drained(&federation).await;
    running.stop().await;
    // Three attempts, each with both signatures, as a server that cannot read one may fail at it.
    assert_eq!(numbers(&peer), [1, 1, 1, 1, 1, 1, 2]);
    assert_eq!(only_instance(&federation).await.given_up, 1);
}

#[tokio::test]
async fn what_cannot_be_delivered_for_days_is_given_up() {
    let (federation, _folder) = support::federation(limits()).await;
    // Nobody listens at port 1.
    let actor = follower(&federation, "127.0.0.1", 1).await;
    announce(&federation, 1, &[&actor]).await;
    announce(&federation, 2, &[&actor]).await;
    let running = Running::start(
        &federation,
        Policy {
            give_up: Duration::from_millis(200),
            ..hasty()
        },
    );
    drained(&federation).await;
    running.stop().await;
    let facts = only_instance(&federation).await;
    assert_eq!(facts.given_up, 2);
    assert!(facts.instance.failures > 0);
    let error = facts.instance.last_error.unwrap();
    assert!(error.to_lowercase().contains("refused"), "{error}");
}

#[tokio::test]
async fn those_who_are_dead_hold_up_nobody() {
    let peer = Peer::start(|_| StatusCode::NO_CONTENT).await;
    // Connects, and then nothing.
    let hole = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (federation, _folder) = support::federation(limits()).await;
    let mut actors = Vec::new();
    for n in 0..30 {
        let port = hole.local_addr().unwrap().port();
        actors.push(follower(&federation, &format!("dead{n}.test"), port).await);
    }
    for n in 0..30 {
        actors.push(follower(&federation, &format!("living{n}.test"), peer.address.port()).await);
    }
    announce(&federation, 1, &actors.iter().collect::<Vec<_>>()).await;
    let began = Instant::now();
    // One after the other, the dead would take 30 * 5 s.
    let policy = Policy {
        parallel: 2,
        first_retry: Duration::from_secs(3_600),
        max_retry: Duration::from_secs(3_600),
        ..hasty()
    };
    let running = Running::start(&federation, policy);
    peer.answered(30).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    // Nor does stopping wait for them.
    let began = Instant::now();
    running.stop().await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(
        Delivery::counts(&federation.db).await.unwrap().queued,
        30,
        "they are for the next start"
    );
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was() {
    const ACTIVITIES: usize = 40;
    let halfway = Arc::new(tokio::sync::Notify::new());
    let peer = Peer::start({
        let halfway = Arc::clone(&halfway);
        move |asked| {
            if number(asked) == ACTIVITIES / 2 {
                halfway.notify_one();
            }
            StatusCode::NO_CONTENT
        }
    })
    .await;
    let (federation, folder) = support::federation(limits()).await;
    let mut actors = Vec::new();
    for host in ["a.test", "b.test"] {
        actors.push(follower(&federation, host, peer.address.port()).await);
    }
    for number in 1..=ACTIVITIES {
        announce(&federation, number, &actors.iter().collect::<Vec<_>>()).await;
    }
    let running = Running::start(&federation, Policy { batch: 3, ..hasty() });
    halfway.notified().await;
    running.stop().await;
    let left = Delivery::counts(&federation.db).await.unwrap().queued;
    assert!(left > 0, "it was stopped too late to tell");
    federation.db.close().await;

    let federation = support::reopen(&folder, limits()).await;
    let running = Running::start(&federation, hasty());
    drained(&federation).await;
    running.stop().await;
    let mut by_host: HashMap<String, Vec<usize>> = HashMap::new();
    for asked in peer.asked() {
        by_host
            .entry(asked.host().to_owned())
            .or_default()
            .push(number(&asked));
    }
    assert_eq!(by_host.len(), 2);
    for (host, numbers) in by_host {
        // Posts under way are finished before it stops, so nothing comes twice here.
        assert_eq!(numbers, (1..=ACTIVITIES).collect::<Vec<_>>(), "{host}");
    }
}

#[tokio::test]
async fn one_server_gets_one_activity_at_a_time() {
    let under_way: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let peer = Peer::start_async({
        let under_way = Arc::clone(&under_way);
        move |asked| {
            let under_way = Arc::clone(&under_way);
            Box::pin(async move {
                let host = asked.host().to_owned();
                let count = {
                    let mut under_way = under_way.lock().unwrap();
                    let count = under_way.entry(host.clone()).or_default();
                    *count += 1;
                    *count
                };
                tokio::task::yield_now().await;
                *under_way.lock().unwrap().get_mut(&host).unwrap() -= 1;
                if count == 1 {
                    StatusCode::OK
                } else {
                    StatusCode::IM_A_TEAPOT
                }
                .into_response()
            })
        }
    })
    .await;
    let (federation, _folder) = support::federation(limits()).await;
    let mut actors = Vec::new();
    for n in 0..5 {
        actors.push(follower(&federation, &format!("host{n}.test"), peer.address.port()).await);
    }
    let running = Running::start(&federation, Policy { batch: 2, ..hasty() });
    for number in 1..=20 {
        announce(&federation, number, &actors.iter().collect::<Vec<_>>()).await;
    }
    drained(&federation).await;
    running.stop().await;
    assert_eq!(peer.asked().len(), 100);
    assert_eq!(Delivery::counts(&federation.db).await.unwrap().given_up, 0);
}
