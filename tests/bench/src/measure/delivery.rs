//! Requests a second of one core, for a segment and a part, against nginx serving the same bytes.
//!
//! Server on the first processor, wrk on the second. The live is frozen for it: its encoder is cut off and may come
//! back for ten minutes, so that parts and segments stay where they are and nothing else is done. Both servers have
//! their files on a disk, and these in the page cache.

use std::time::Duration;

use tokio::process::Command;

use super::replay;
use crate::error::{Context as _, Result, failed};
use crate::lab::Lab;
use crate::media::ORDINARY;
use crate::nginx::Nginx;
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
/// Enough for a replay of some segments.
const REPLAYED: Duration = Duration::from_secs(6);
const PART_MS: u32 = 200;
const SEGMENT_BYTES: u64 = 600_000;
const PART_BYTES: u64 = 60_000;
/// We and nginx take turns in slices as short as wrk knows, so that what else the machine does hits both.
const SLICE_S: u32 = 1;
/// Pairs of slices in one round.
const PAIRS: usize = 10;
/// A real disk, as replays are on: `/dev/shm` and sometimes `/tmp` are memory (file-hierarchy(7)).
const DISK: &str = "/var/tmp";

/// One thing to ask for again and again.
struct Question {
    what: &'static str,
    ours: String,
    theirs: String,
    /// First and last byte.
    range: Option<(u64, u64)>,
    bytes: u64,
}

pub(crate) async fn run(lab: &mut Lab) -> Result<()> {
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        return failed("delivery needs two processors, one for the server and one for its clients");
    }
    let disk = tempfile::Builder::new()
        .prefix("tributary-bench.")
        .tempdir_in(DISK)
        .context(format!("cannot make a folder in {DISK}"))?;
    let options = Options {
        part_ms: Some(PART_MS),
        grace_s: Some(600),
        core: Some(SERVER_CORE),
        ..Options::default()
    };
    let server = lab.server_in(&disk.path().join("data"), &options)?;
    let nginx = Nginx::start(&disk.path().join("nginx"), Some(SERVER_CORE))?;
    let mut questions = vec![replayed(lab, &server, &nginx).await?];
    questions.splice(0..0, frozen(lab, &server, &nginx).await?);
    for question in questions {
        let row = compare(&question, &server, &nginx, lab.amounts.rounds * PAIRS).await?;
        lab.keep(row);
    }
    Ok(())
}

async fn compare(question: &Question, server: &Server, nginx: &Nginx, pairs: usize) -> Result<Row> {
    let (mut ours, mut theirs) = (Load::default(), Load::default());
    let mut others = Vec::new();
    for pair in 0..pairs {
        let before = (process::cpu_ever(std::process::id()), process::machine());
        // Who begins changes, so that a machine that becomes slower is nobody's advantage.
        if pair % 2 == 0 {
            theirs.add(nginx.pid(), &question.theirs, question).await?;
            ours.add(server.pid(), &question.ours, question).await?;
        } else {
            ours.add(server.pid(), &question.ours, question).await?;
            theirs.add(nginx.pid(), &question.theirs, question).await?;
        }
        let known = process::cpu_ever(std::process::id()).saturating_sub(before.0);
        let all = process::machine().saturating_sub(before.1);
        others.push(all.saturating_sub(known).as_secs_f64() / f64::from(2 * SLICE_S));
    }
    let ratios = ours
        .rates
        .iter()
        .zip(&theirs.rates)
        .map(|(ours, theirs)| ours / theirs);
    let ratios = Samples::new(ratios.collect());
    let (our_cpu, their_cpu) = (ours.cpu_us(), theirs.cpu_us());
    let (our_rate, their_rate) = (Samples::new(ours.rates), Samples::new(theirs.rates));
    let note = format!(
        "{pairs} pairs of slices of {SLICE_S} s, ratio {}; ours {}; nginx {}; server CPU per request {our_cpu:.0} and \
         {their_cpu:.0} us; others used {} cores",
        ratios.spread(2),
        our_rate.spread(0),
        their_rate.spread(0),
        Samples::new(others).spread(2),
    );
    Ok(Row::new(
        format!("{}, {} kB", question.what, question.bytes / 1000),
        "/s",
        our_rate.median(),
    )
    .beside(their_rate.median())
    .ratios(ratios)
    .target(Target::RatioAtLeast(RATIO))
    .note(note))
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
    async fn add(&mut self, pid: u32, url: &str, question: &Question) -> Result<()> {
        let before = process::cpu(pid);
        let rate = wrk(url, question.range).await?;
        self.cpu += process::cpu(pid).saturating_sub(before);
        self.requests += rate * f64::from(SLICE_S);
        self.rates.push(rate);
        Ok(())
    }

    fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.requests
    }
}

/// A replay, asked for by byte range as players do.
async fn replayed(lab: &Lab, server: &Server, nginx: &Nginx) -> Result<Question> {
    let token = server.token().await?;
    let live = published(lab, server, &token, REPLAYED, Leave::Clean).await?;
    let video = replay::published(server, &token, &live.uuid).await?;
    let (folder, playlist) = replay::media_playlist(server, &video).await?;
    let name = playlist::segments(&playlist)
        .into_iter()
        .next()
        .context("the replay has no file")?;
    let (first, len) = playlist::byte_ranges(&playlist)
        .into_iter()
        .min_by_key(|(_, len)| len.abs_diff(SEGMENT_BYTES))
        .context("the replay has no segment")?;
    let path = format!("{folder}/{name}");
    let bytes = server.stream(&path).await?.bytes().await?;
    Ok(Question {
        what: "segment from a replay, by byte range",
        ours: server.url(&path),
        theirs: nginx.publish(&name, &bytes)?,
        range: Some((first, first + len - 1)),
        bytes: len,
    })
}

/// What a live whose encoder has just been cut off serves.
async fn frozen(lab: &Lab, server: &Server, nginx: &Nginx) -> Result<Vec<Question>> {
    let token = server.token().await?;
    let live = published(lab, server, &token, PUBLISHED, Leave::Cut).await?;
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
    let mut questions = Vec::new();
    for (what, size, names) in wanted {
        let (name, data) = nearest(server, &live, &names, size).await?;
        questions.push(Question {
            what,
            ours: server.url(&live.media(&name)),
            theirs: nginx.publish(&name, &data)?,
            range: None,
            bytes: size_of(&data),
        });
    }
    Ok(questions)
}

/// A live that was published for some time.
async fn published(lab: &Lab, server: &Server, token: &str, time: Duration, leave: Leave) -> Result<Live> {
    let live = server.live(token).await?;
    let plan = Plan {
        server: server.rtmp,
        app: "live".to_owned(),
        keys: vec![live.key.clone()],
        spread: Duration::ZERO,
        pace: Pace::RealTime,
    };
    let fleet = Fleet::start(plan, lab.script(&ORDINARY)?)?;
    fleet.wait_open(PATIENCE).await?;
    tokio::time::sleep(time).await;
    let outcome = fleet.stop(leave)?;
    say(&format!("  {}", outcome.note()));
    Ok(live)
}

/// The file whose size is nearest to what is wanted, with its bytes.
async fn nearest(server: &Server, live: &Live, names: &[String], size: u64) -> Result<(String, Vec<u8>)> {
    let mut best: Option<(String, Vec<u8>)> = None;
    for name in names {
        let bytes = server.stream(&live.media(name)).await?.bytes().await?.to_vec();
        if best
            .as_ref()
            .is_none_or(|(_, best)| size_of(&bytes).abs_diff(size) < size_of(best).abs_diff(size))
        {
            best = Some((name.clone(), bytes));
        }
    }
    best.context("the live has nothing to serve")
}

fn size_of(data: &[u8]) -> u64 {
    u64::try_from(data.len()).unwrap_or(u64::MAX)
}

async fn wrk(url: &str, range: Option<(u64, u64)>) -> Result<f64> {
    let mut command = Command::new("taskset");
    command
        .args(["-c", &CLIENT_CORE.to_string(), "wrk", "-t1", "-c", CONNECTIONS])
        .args(["--timeout", "10s", "-d", &format!("{SLICE_S}s"), url]);
    if let Some((first, last)) = range {
        command.args(["-H", &format!("Range: bytes={first}-{last}")]);
    }
    let output = command
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
