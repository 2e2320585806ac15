//! Requests a second of one core, for a segment and a part, against nginx serving the same bytes from tmpfs.
//!
//! Server on the first processor, wrk on the second. The live is frozen for it: its encoder is cut off and may come
//! back for ten minutes, so that parts and segments stay where they are and nothing else is done.

use std::time::Duration;

use tokio::process::Command;

use crate::error::{Context as _, Result, failed};
use crate::lab::Lab;
use crate::media::ORDINARY;
use crate::playlist;
use crate::process;
use crate::report::{Row, Target, say};
use crate::rtmp::{Fleet, Leave, Pace, Plan};
use crate::server::{Live, Options, PATIENCE, Server};
use crate::stats::Samples;

const RATIO: f64 = 0.8;
const SERVER_CORE: usize = 0;
const CLIENT_CORE: usize = 1;
const CONNECTIONS: &str = "16";
/// Enough for segments to leave memory and to be served from the recording.
const PUBLISHED: Duration = Duration::from_secs(18);
const PART_MS: u32 = 200;
const SEGMENT_BYTES: usize = 600_000;
const PART_BYTES: usize = 60_000;
/// We and nginx take turns in short slices, so that what else the machine does hits both.
const SLICE_S: u32 = 2;
/// Slices of each in one round.
const SLICES: usize = 3;

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
        let (mut our, mut their) = (Load::default(), Load::default());
        for _ in 0..lab.amounts.rounds * SLICES {
            their.add(nginx.pid(), &theirs).await?;
            our.add(server.pid(), &ours).await?;
        }
        let (our_rate, their_rate) = (Samples::new(our.rates), Samples::new(their.rates));
        let row = Row::new(
            format!("{what}, {} kB", bytes.len() / 1000),
            "/s",
            our_rate.median(),
        )
        .beside(their_rate.median())
        .target(Target::RatioAtLeast(RATIO))
        .note(format!(
            "medians; ours {}; nginx {}; ratio of the best {:.2}; server CPU per request {:.0} and {:.0} us",
            our_rate.list(0),
            their_rate.list(0),
            our_rate.max() / their_rate.max(),
            our.cpu.as_secs_f64() * 1e6 / our.requests,
            their.cpu.as_secs_f64() * 1e6 / their.requests,
        ));
        lab.keep(row);
    }
    drop((server, nginx));
    lab.remove(&data);
    lab.remove(&folder);
    Ok(())
}

/// What one server did in its slices.
#[derive(Debug, Default)]
struct Load {
    /// Requests a second, by slice.
    rates: Vec<f64>,
    requests: f64,
    cpu: Duration,
}

impl Load {
    async fn add(&mut self, pid: u32, url: &str) -> Result<()> {
        let before = process::cpu(pid);
        let rate = wrk(url).await?;
        self.cpu += process::cpu(pid).saturating_sub(before);
        self.requests += rate * f64::from(SLICE_S);
        self.rates.push(rate);
        Ok(())
    }
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

async fn wrk(url: &str) -> Result<f64> {
    let output = Command::new("taskset")
        .args(["-c", &CLIENT_CORE.to_string(), "wrk", "-t1", "-c", CONNECTIONS])
        .args(["-d", &format!("{SLICE_S}s"), url])
        .output()
        .await
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
