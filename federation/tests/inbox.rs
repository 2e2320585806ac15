//! How many activities the door takes in.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic, and a measurement prints"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use db::{Actor, ActorKind, Db, InboxActivity, RemoteActor};
use federation::inbox::{self, Taken};
use federation::key::{Keys, PrivateKey};
use federation::signature::{Request, sign};
use federation::{Federation, Settings, Site};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

const PATH: &str = "/inbox";
/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Door {
    federation: Federation,
    key: PrivateKey,
    actor: String,
    _folder: tempfile::TempDir,
}

struct Letter {
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Door {
    /// With one known actor elsewhere, who signs with the key of the server itself: a key is a key.
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("db").display());
        let db = Db::connect(&url).await.unwrap();
        let instance = Actor::instance(&db).await.unwrap();
        let keys = Keys::default();
        let pem = keys.public_pem(&db, instance.id).await.unwrap();
        let key = keys.private(&db, instance.id).await.unwrap();
        let actor = "https://b.example/accounts/bob".to_owned();
        let told = RemoteActor {
            url: actor.clone(),
            host: "b.example".into(),
            kind: ActorKind::Person,
            name: "bob".into(),
            display_name: "Bob".into(),
            description: None,
            inbox: format!("{actor}/inbox"),
            shared_inbox: None,
            outbox: None,
            followers_url: None,
            public_pem: pem,
            icon_url: None,
            banner_url: None,
            published: None,
            support: None,
        };
        let mut tx = db.begin().await.unwrap();
        told.save(&mut tx, None, Timestamp::now()).await.unwrap();
        tx.commit().await.unwrap();
        let site = Site {
            url: "https://a.example".into(),
            host: "a.example".into(),
        };
        Self {
            federation: Federation::new(db, site, Settings::default()).unwrap(),
            key,
            actor,
            _folder: folder,
        }
    }

    fn letter(&self, number: usize) -> Letter {
        let body = json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "type": "Like",
            "id": format!("{}/likes/{number}", self.actor),
            "actor": self.actor,
            "object": format!("https://a.example/videos/watch/{number}"),
            "to": ["https://a.example/accounts/ana"],
        });
        let body = body.to_string().into_bytes();
        let now = Timestamp::now();
        let mut headers = HeaderMap::new();
        headers.insert("host", "a.example".parse().unwrap());
        let signed = sign(
            &Method::POST,
            "a.example",
            PATH,
            Some(&body),
            &self.actor,
            &self.key,
            now,
        );
        for (name, value) in signed.unwrap() {
            headers.insert(name, value.parse().unwrap());
        }
        Letter { headers, body }
    }

    async fn post(&self, letter: &Letter) -> Result<Taken, inbox::Refused> {
        let request = Request {
            method: &Method::POST,
            path_and_query: PATH,
            headers: &letter.headers,
            body: Some(&letter.body),
        };
        inbox::receive(&self.federation, &request, Timestamp::now()).await
    }
}

/// Of this process, all its threads.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    // proc(5): utime and stime, in hundredths of a second.
    let ticks: u64 = fields[11..13]
        .iter()
        .map(|ticks| ticks.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 10)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn activities_are_kept_once_up_to_a_bound_and_worked_off() {
    let door = Door::open().await;
    let letter = door.letter(1);
    assert_eq!(door.post(&letter).await, Ok(Taken::Stored));
    assert_eq!(door.post(&letter).await, Ok(Taken::Known));
    // Nobody works them off here.
    let mut stored = 1;
    let refused = loop {
        match door.post(&door.letter(stored + 1)).await {
            Ok(taken) => assert_eq!(taken, Taken::Stored),
            Err(refused) => break refused,
        }
        stored += 1;
    };
    assert_eq!(stored, 2_000);
    assert_eq!(refused.status, http::StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.retry_after.is_some());
    assert_eq!(door.post(&letter).await.unwrap_err(), refused);

    // Worked off: nobody here has such videos, and nobody tries again.
    let stop = CancellationToken::new();
    let work = tokio::spawn(inbox::run(door.federation.clone(), stop.clone()));
    let deadline = Instant::now() + PATIENCE;
    while InboxActivity::waiting(&door.federation.db).await.unwrap() > 0 {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(door.post(&letter).await, Ok(Taken::Known));
    stop.cancel();
    work.await.unwrap();
}

/// `cargo test --release -p federation --test inbox -- --ignored --nocapture`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: run it alone, in a release build"]
async fn activities_verified_and_stored_per_second_of_a_core() {
    const ROUNDS: usize = 5;
    /// Below what one server may have waiting.
    const LETTERS: usize = 2_000;
    const AT_ONCE: usize = 64;
    for _ in 0..ROUNDS {
        let door = Arc::new(Door::open().await);
        let letters: Vec<Letter> = (0..LETTERS).map(|number| door.letter(number)).collect();
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let (began, cpu) = (Instant::now(), cpu_time());
        let mut slowest = Duration::ZERO;
        let mut tasks = tokio::task::JoinSet::new();
        for letter in letters {
            let place = Arc::clone(&places).acquire_owned().await.unwrap();
            let door = Arc::clone(&door);
            tasks.spawn(async move {
                let _place = place;
                let began = Instant::now();
                assert_eq!(door.post(&letter).await, Ok(Taken::Stored));
                began.elapsed()
            });
        }
        while let Some(took) = tasks.join_next().await {
            slowest = slowest.max(took.unwrap());
        }
        let (took, cpu) = (began.elapsed(), cpu_time() - cpu);
        let count = u32::try_from(LETTERS).unwrap();
        println!(
            "{:.0} per second, {:.0} per second of a core; the slowest answer took {slowest:?}",
            f64::from(count) / took.as_secs_f64(),
            f64::from(count) / cpu.as_secs_f64(),
        );
    }
}
