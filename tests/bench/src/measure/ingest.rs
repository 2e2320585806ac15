//! What a hundred streamers cost: the same recording, sent by the same publishers, to us and to nginx-rtmp in turn.
//!
//! Ours cuts parts, renders playlists and keeps the replay; nginx-rtmp writes plain HLS. Both write to tmpfs.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::lab::Lab;
use crate::media::ORDINARY;
use crate::process;
use crate::report::{Row, Target, say};
use crate::rtmp::{Fleet, Leave, Outcome, Pace, Plan};
use crate::server::{Options, PATIENCE};
use crate::stats::{MIB, Samples, real};

const CPU_RATIO: f64 = 2.0;
/// Until every stream has written a few segments.
const WARM_UP: Duration = Duration::from_secs(8);
const SPREAD: Duration = Duration::from_secs(2);
/// What a live holds in memory: four closed segments and the open one, of two seconds each, of 2.5 Mbit/s.
const WINDOW_BYTES: f64 = 5.0 * 2.0 * 2.5e6 / 8.0;
/// What it may hold beside.
const BESIDE_BYTES: f64 = 1e6;

struct Figures {
    cpu_s_per_stream_minute: f64,
    bytes_per_stream: f64,
    /// Processors that were busy with other things: noise.
    others: f64,
}

pub(crate) async fn run(lab: &mut Lab) -> Result<()> {
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    let count = lab.amounts.publishers;
    let mut refused = 0;
    for _ in 0..lab.amounts.rounds {
        let (nginx, folder) = lab.nginx(None)?;
        let keys: Vec<String> = (0..count).map(|index| format!("stream{index}")).collect();
        let (figures, outcome) = load(lab, nginx.pid(), nginx.rtmp, keys).await?;
        told("nginx-rtmp", &figures, &outcome, nginx.playlists(), count);
        theirs.push(figures);
        drop(nginx);
        lab.remove(&folder);

        let (server, data) = lab.server(&Options::default())?;
        let token = server.token().await?;
        let lives = server.lives(&token, count).await?;
        let keys = lives.iter().map(|live| live.key.clone()).collect();
        let (figures, outcome) = load(lab, server.pid(), server.rtmp, keys).await?;
        let mut listed = 0;
        for live in &lives {
            let playlist = server.get(&live.media("0.m3u8")).await?;
            listed += usize::from(playlist.is_some_and(|text| text.contains("#EXTINF")));
        }
        told("Tributary", &figures, &outcome, listed, count);
        refused += count - listed;
        ours.push(figures);
        drop(server);
        lab.remove(&data);
    }
    let cpu = |figures: &[Figures]| Samples::new(figures.iter().map(|f| f.cpu_s_per_stream_minute).collect());
    let (our_cpu, their_cpu) = (cpu(&ours), cpu(&theirs));
    let others = Samples::new(ours.iter().chain(&theirs).map(|f| f.others).collect());
    let row = Row::new(
        format!("ingest of {count}: CPU per stream-minute"),
        "s",
        our_cpu.mean(),
    )
    .beside(their_cpu.mean())
    .target(Target::RatioAtMost(CPU_RATIO))
    .note(format!(
        "ours {}; nginx {}; others used up to {:.2} cores; {refused} streams without a playlist",
        our_cpu.list(3),
        their_cpu.list(3),
        others.max(),
    ));
    lab.keep(row);
    let memory =
        |figures: &[Figures]| Samples::new(figures.iter().map(|f| f.bytes_per_stream / MIB).collect());
    let row = Row::new(
        format!("ingest of {count}: memory per stream"),
        "MiB",
        memory(&ours).max(),
    )
    .beside(memory(&theirs).max())
    .target(Target::AtMost((WINDOW_BYTES + BESIDE_BYTES) / MIB))
    .note(format!(
        "most RSS less RSS before; the window itself is {:.2} MiB",
        WINDOW_BYTES / MIB
    ));
    lab.keep(row);
    Ok(())
}

/// Publishes, and looks at a server for a while.
async fn load(lab: &Lab, pid: u32, rtmp: SocketAddr, keys: Vec<String>) -> Result<(Figures, Outcome)> {
    let count = keys.len();
    let idle = process::memory(pid).rss;
    let plan = Plan {
        server: rtmp,
        app: "live".to_owned(),
        keys,
        spread: SPREAD,
        pace: Pace::RealTime,
    };
    let fleet = Fleet::start(plan, lab.script(&ORDINARY)?)?;
    fleet.wait_open(PATIENCE).await?;
    tokio::time::sleep(WARM_UP).await;

    let begun = Instant::now();
    let me = std::process::id();
    let before = (process::cpu(pid), process::cpu(me), process::machine());
    let mut most = idle;
    while begun.elapsed() < lab.amounts.window {
        tokio::time::sleep(Duration::from_secs(1)).await;
        most = most.max(process::memory(pid).rss);
    }
    let took = begun.elapsed().as_secs_f64();
    let used = process::cpu(pid).saturating_sub(before.0);
    // The server is a child of this process, so that it is counted in both.
    let known = process::cpu(me).saturating_sub(before.1);
    let all = process::machine().saturating_sub(before.2);
    let outcome = fleet.stop(Leave::Clean)?;
    let figures = Figures {
        cpu_s_per_stream_minute: used.as_secs_f64() * 60.0 / took / real(count),
        bytes_per_stream: (most - idle) / real(count),
        others: all.saturating_sub(known).as_secs_f64() / took,
    };
    Ok((figures, outcome))
}

fn told(who: &str, figures: &Figures, outcome: &Outcome, listed: usize, count: usize) {
    say(&format!(
        "  {who}: {:.3} CPU-s per stream-minute, {listed} of {count} have a playlist; {}; others {:.2} cores",
        figures.cpu_s_per_stream_minute,
        outcome.note(),
        figures.others
    ));
    for refusal in outcome.refused.iter().take(3) {
        say(&format!("    refused: {refusal}"));
    }
}
