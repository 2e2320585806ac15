//! Requests a second of one core, for a segment and a part, against nginx serving the same bytes from tmpfs.
//!
//! Server on the first processor, wrk on the second. The live is frozen for it: its encoder is cut off and may come
//! back for ten minutes, so that parts and segments stay where they are and nothing else is done.

use std::process::Command;
use std::time::Duration;

use crate::error::{Context as _, Result, failed};
use crate::lab::Lab;
use crate::media::ORDINARY;
use crate::playlist;
use crate::process;
use crate::report::{Row, Target, say};
use crate::rtmp::{Fleet, Leave, Pace, Plan};
use crate::server::{Live, Options, PATIENCE, Server};
use crate::stats::{Samples, real};

const RATIO: f64 = 0.8;
const SERVER_CORE: usize = 0;
const CLIENT_CORE: usize = 1;
const CONNECTIONS: &str = "16";
/// Enough for segments to leave memory and to be served from the recording.
const PUBLISHED: Duration = Duration::from_secs(18);
const PART_MS: u32 = 200;
const SEGMENT_BYTES: usize = 600_000;
const PART_BYTES: usize = 60_000;
const SECONDS: u64 = 5;

pub(crate) async fn run(lab: &mut Lab) -> Result<()> {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        return failed("delivery needs two processors, one for the server and one for its clients");
    }
    let options = Options {
        part_ms: Some(PART_MS),
        grace_s: Some(600),
        core: Some(SERVER_CORE),
    };
    let (server, data) = lab.server(&options)?;
    let live = frozen(lab, &server).await?;
    let (nginx, folder) = lab.nginx(Some(SERVER_CORE))?;

    let text = server
        .get(&live.media("0-ll.m3u8"))
        .await?
        .context("the frozen live has no playlist")?;
    let segments = playlist::segments(&text);
    let recent = segments.len().saturating_sub(3);
    let wanted = [
        (
            "segment from memory",
            SEGMENT_BYTES,
            segments.get(recent..).unwrap_or_default().to_vec(),
        ),
        ("part from memory", PART_BYTES, playlist::parts(&text)),
        (
            "segment from the recording",
            SEGMENT_BYTES,
            segments.get(1..3).unwrap_or_default().to_vec(),
        ),
    ];
    for (what, size, names) in wanted {
        let (name, bytes) = nearest(&server, &live, &names, size).await?;
        let theirs = nginx.publish(&name, &bytes)?;
        let ours = server.url(&live.media(&name));
        let (mut our, mut their) = (Vec::new(), Vec::new());
        let (mut our_micros, mut their_micros) = (0.0, 0.0);
        for _ in 0..lab.amounts.rounds {
            for (pid, url, figures, micros) in [
                (nginx.pid(), &theirs, &mut their, &mut their_micros),
                (server.pid(), &ours, &mut our, &mut our_micros),
            ] {
                let before = process::cpu(pid);
                let rate = wrk(url)?;
                let used = process::cpu(pid).saturating_sub(before);
                *micros = used.as_secs_f64() * 1e6 / (rate * real(SECONDS));
                figures.push(rate);
            }
        }
        let (our, their) = (Samples::new(our), Samples::new(their));
        let row = Row::new(format!("{what}, {} kB", bytes.len() / 1000), "/s", our.mean())
            .beside(their.mean())
            .target(Target::RatioAtLeast(RATIO))
            .note(format!(
                "ours {}; nginx {}; server CPU per request {our_micros:.0} and {their_micros:.0} us",
                our.list(0),
                their.list(0)
            ));
        lab.keep(row);
    }
    drop((server, nginx));
    lab.remove(&data);
    lab.remove(&folder);
    Ok(())
}

/// A live whose encoder has just been cut off.
async fn frozen(lab: &Lab, server: &Server) -> Result<Live> {
    let token = server.token().await?;
    let live = server.live(&token).await?;
    let plan = Plan {
        server: server.rtmp,
        app: "live".to_owned(),
        keys: vec![live.key.clone()],
        spread: Duration::ZERO,
        pace: Pace::RealTime,
    };
    let fleet = Fleet::start(plan, lab.script(&ORDINARY)?)?;
    fleet.wait_open(PATIENCE).await?;
    tokio::time::sleep(PUBLISHED).await;
    let outcome = fleet.stop(Leave::Cut)?;
    say(&format!("  {}", outcome.note()));
    Ok(live)
}

/// The file whose size is nearest to what is wanted, with its bytes.
async fn nearest(server: &Server, live: &Live, names: &[String], size: usize) -> Result<(String, Vec<u8>)> {
    let mut best: Option<(String, Vec<u8>)> = None;
    for name in names {
        let bytes = server.stream(&live.media(name)).await?.bytes().await?.to_vec();
        if best
            .as_ref()
            .is_none_or(|(_, best)| bytes.len().abs_diff(size) < best.len().abs_diff(size))
        {
            best = Some((name.clone(), bytes));
        }
    }
    best.context("the live has nothing to serve")
}

fn wrk(url: &str) -> Result<f64> {
    let output = Command::new("taskset")
        .args(["-c", &CLIENT_CORE.to_string(), "wrk", "-t1", "-c", CONNECTIONS])
        .args(["-d", &format!("{SECONDS}s"), url])
        .output()
        .context("cannot run wrk (install it with: apt-get install wrk)")?;
    let text = String::from_utf8_lossy(&output.stdout);
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return failed(format!("wrk met errors at {url}:\n{text}"));
    }
    text.lines()
        .find_map(|line| line.trim().strip_prefix("Requests/sec:"))
        .and_then(|rate| rate.trim().parse().ok())
        .context(format!("wrk said nothing: {text}"))
}
