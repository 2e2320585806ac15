//! How soon other servers hear of a change, when there are many and some are dead.
//!
//! Every address of 127.0.0.0/8 is this machine: one listener is a thousand servers. They are as most are today, and read the
//! older signatures only.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::{Duration, Instant};

use db::{Actor, ActorKind, Db, Follow, FollowState, RemoteActor};
use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::error::{Context as _, Result, failed};
use crate::lab::Lab;
use crate::process;
use crate::report::{Row, Target};
use crate::server::{Live, Options, PATIENCE, Server};
use crate::stats::MIB;

const INSTANCES: u16 = 1_000;
/// One in twenty: half of those refuse connections, half take them and say nothing.
const DEAD_EVERY: u16 = 20;
const FIRST_CONTACT_S: f64 = 10.0;
const KNOWN_S: f64 = 5.0;
const GROWTH_MIB: f64 = 30.0;
/// What others send at most.
const MAX_BODY: usize = 100_000;

/// One activity for a thousand servers, twice: to strangers, and to those who answered before.
pub(crate) async fn run(lab: &mut Lab) -> Result<()> {
    let options = Options {
        peers_here: true,
        ..Options::default()
    };
    let (server, data) = lab.server(&options)?;
    let token = server.token().await?;
    let live = server.live(&token).await?;

    let listening = TcpListener::bind("0.0.0.0:0").await.context("cannot listen")?;
    // Nobody takes what comes in here.
    let silent = TcpListener::bind("0.0.0.0:0").await.context("cannot listen")?;
    let living = listening.local_addr().context("no address")?.port();
    let silent_port = silent.local_addr().context("no address")?.port();
    let inbox_port = |number: u16| match number % (2 * DEAD_EVERY) {
        0 => silent_port,
        // Nobody listens at port 1.
        DEAD_EVERY => 1,
        _ => living,
    };
    let dead = usize::from(INSTANCES / DEAD_EVERY);
    let alive = usize::from(INSTANCES) - dead;
    follow(&data, inbox_port).await?;
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let receiver = tokio::spawn(receive(listening, arrived));

    let rows = [
        (
            format!("{alive} of {INSTANCES} servers told, strangers"),
            FIRST_CONTACT_S,
        ),
        (format!("{alive} servers told, known"), KNOWN_S),
    ];
    for (number, (what, target)) in rows.into_iter().enumerate() {
        let (before, cpu) = (process::memory(server.pid()), process::cpu(server.pid()));
        rename(&server, &token, &live, &format!("Renamed {number}")).await?;
        let told = tell(&mut arrivals, alive, server.pid()).await?;
        let cpu = process::cpu(server.pid()) - cpu;
        let growth = (told.peak - before.rss) / MIB;
        lab.keep(
            Row::new(what, "s", told.took.as_secs_f64())
                .target(Target::AtMost(target))
                .note(format!(
                    "{:.2} s of processor; {dead} are dead",
                    cpu.as_secs_f64()
                )),
        );
        lab.keep(
            Row::new("  memory it took", "MiB", growth)
                .target(Target::AtMost(GROWTH_MIB))
                .note(format!("RSS {:.1} MiB before", before.rss / MIB)),
        );
    }
    receiver.abort();
    drop((server, silent));
    lab.remove(&data);
    Ok(())
}

/// A change of a live that others hear of, as its start is.
async fn rename(server: &Server, token: &str, live: &Live, name: &str) -> Result<()> {
    let url = server.url(&format!("/api/v1/videos/{}", live.uuid));
    let body = serde_json::json!({ "name": name });
    let request = reqwest::Client::new().put(url).bearer_auth(token).json(&body);
    request.send().await?.error_for_status()?;
    Ok(())
}

struct Told {
    took: Duration,
    /// The most memory that was seen.
    peak: f64,
}

/// Waits until each of the living has it once.
async fn tell(arrivals: &mut mpsc::UnboundedReceiver<IpAddr>, alive: usize, pid: u32) -> Result<Told> {
    let (begun, mut peak, mut told) = (Instant::now(), 0.0_f64, HashSet::new());
    while told.len() < alive {
        let left = PATIENCE.saturating_sub(begun.elapsed());
        match tokio::time::timeout(left, arrivals.recv()).await {
            Ok(Some(ip)) => told.insert(ip),
            _ => return failed(format!("{} of {alive} were told", told.len())),
        };
        if told.len() % 50 == 0 {
            peak = peak.max(process::memory(pid).rss);
        }
    }
    Ok(Told {
        took: begun.elapsed(),
        peak,
    })
}

/// Writes the followers into the database of the running server, which looks there when it has something to tell.
async fn follow(data: &Path, inbox_port: impl Fn(u16) -> u16) -> Result<()> {
    let wrong = |error: db::Error| crate::error::Error::Failed(error.to_string());
    let url = format!("sqlite://{}", data.join("tributary.sqlite").display());
    let db = Db::connect(&url).await.map_err(wrong)?;
    let instance = Actor::instance(&db).await.map_err(wrong)?.id;
    let now = Timestamp::now();
    let mut tx = db.begin().await.map_err(wrong)?;
    for number in 0..INSTANCES {
        let [high, low] = number.to_be_bytes();
        let host = format!("{}:{}", Ipv4Addr::new(127, 1, high, low), inbox_port(number));
        let base = format!("http://{host}");
        let actor = RemoteActor {
            url: format!("{base}/accounts/peertube"),
            host,
            kind: ActorKind::Application,
            name: "peertube".to_owned(),
            display_name: String::new(),
            description: None,
            inbox: format!("{base}/accounts/peertube/inbox"),
            shared_inbox: Some(format!("{base}/inbox")),
            outbox: None,
            followers_url: None,
            public_pem: String::new(),
            icon_url: None,
            banner_url: None,
            published: None,
            support: None,
        };
        let id = actor.save(&mut tx, None, now).await.map_err(wrong)?;
        Follow::put(&mut tx, (id, instance), FollowState::Accepted, None, now)
            .await
            .map_err(wrong)?;
    }
    tx.commit().await.map_err(wrong)?;
    db.close().await;
    Ok(())
}

/// Takes whatever comes, for whichever address.
async fn receive(listener: TcpListener, arrived: mpsc::UnboundedSender<IpAddr>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(answer(stream, arrived.clone()));
        while connections.try_join_next().is_some() {}
    }
}

/// The requests of one connection, until it ends.
async fn answer(stream: TcpStream, arrived: mpsc::UnboundedSender<IpAddr>) -> std::io::Result<()> {
    let ip = stream.local_addr()?.ip();
    let mut stream = BufReader::new(stream);
    loop {
        let (mut length, mut is_newer, mut line) = (0, false, String::new());
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            is_newer |= line.starts_with("signature-input:");
        }
        let mut body = vec![0; length.min(MAX_BODY)];
        stream.read_exact(&mut body).await?;
        let answer: &[u8] = if is_newer {
            b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"
        } else {
            b"HTTP/1.1 204 No Content\r\n\r\n"
        };
        stream.write_all(answer).await?;
        if !is_newer {
            // Nobody listens any more: the measurement is over.
            let _ = arrived.send(ip);
        }
    }
}
