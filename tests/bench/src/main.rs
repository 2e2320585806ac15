//! Measures the server beside nginx-rtmp in one run; see `docs/reference/performance.md`.

mod error;
mod lab;
mod measure;
mod media;
mod nginx;
mod playlist;
mod process;
mod report;
mod rtmp;
mod server;
mod stamp;
mod stats;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::error::{Context as _, Result};
use crate::lab::{Amounts, Lab};
use crate::measure::{delivery, federation, first, glass, ingest, lists, readers, replay, start};
use crate::report::{say, table};

/// Measures the server beside nginx-rtmp in one run, and prints the figures against their targets.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Cli {
    /// What to measure.
    #[arg(default_value = "all")]
    what: Vec<What>,
    /// The server's program; by default the one beside this program.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Encoders that publish at the same time.
    #[arg(long, default_value_t = 100)]
    publishers: usize,
    /// Viewers that wait for one playlist.
    #[arg(long, default_value_t = 5000)]
    readers: usize,
    /// How often we and nginx take turns.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// Seconds of load that are looked at, of publishers and of waiting viewers.
    #[arg(long, default_value_t = 30)]
    window_s: u64,
    /// Seconds that pictures are followed into the browser.
    #[arg(long, default_value_t = 60)]
    watch_s: u64,
    /// Length of the long recording in seconds.
    #[arg(long, default_value_t = 4 * 3600)]
    recording_s: u64,
    /// Publish it at most so many times faster than real time, instead of as fast as the server takes it.
    #[arg(long)]
    hurry: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    All,
    /// From exec to ready.
    Start,
    /// Memory of a server that waits.
    Idle,
    /// From the first keyframe to something to play.
    First,
    /// From Stop to the replay.
    Replay,
    /// CPU and memory per publisher.
    Ingest,
    /// Requests a second.
    Delivery,
    /// Other servers hear of a change.
    Federation,
    /// Lists of a hundred thousand videos.
    Lists,
    /// Viewers blocked on one playlist.
    Readers,
    /// From camera to browser, in our own page.
    Glass,
    /// The same, in a page with plain hls.js.
    Plain,
}

impl What {
    /// The quick and quiet first, the noisy last.
    const EACH: [Self; 11] = [
        Self::Start,
        Self::Idle,
        Self::First,
        Self::Replay,
        Self::Ingest,
        Self::Delivery,
        Self::Federation,
        Self::Lists,
        Self::Readers,
        Self::Glass,
        Self::Plain,
    ];
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let run = run(Cli::parse());
    // Ctrl-C drops the run, and with it the servers and what they wrote into memory.
    let ended = tokio::select! {
        ended = run => ended,
        _ = tokio::signal::ctrl_c() => error::failed("interrupted"),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Says whether everything could be measured; whether the figures please is not asked.
async fn run(cli: Cli) -> Result<bool> {
    lab::raise_file_limit()?;
    let program = match cli.server {
        Some(program) => program,
        None => std::env::current_exe()
            .context("where am I?")?
            .with_file_name("tributary"),
    };
    let amounts = Amounts {
        publishers: cli.publishers,
        readers: cli.readers,
        rounds: cli.rounds,
        window: Duration::from_secs(cli.window_s),
        watch: Duration::from_secs(cli.watch_s),
        recording: Duration::from_secs(cli.recording_s),
        hurry: cli.hurry,
    };
    let facts = lab::facts();
    say(&facts);
    let mut lab = Lab::new(program, amounts)?;
    let mut whole = true;
    for what in What::EACH {
        if !cli.what.contains(&What::All) && !cli.what.contains(&what) {
            continue;
        }
        say(&format!("{what:?}"));
        let measured = match what {
            What::All => Ok(()),
            What::Start => start::ready(&mut lab).await,
            What::Idle => start::idle(&mut lab).await,
            What::First => first::run(&mut lab).await,
            What::Replay => replay::run(&mut lab).await,
            What::Ingest => ingest::run(&mut lab).await,
            What::Delivery => delivery::run(&mut lab).await,
            What::Federation => federation::run(&mut lab).await,
            What::Lists => lists::run(&mut lab).await,
            What::Readers => readers::run(&mut lab).await,
            What::Glass => glass::run(&mut lab, true).await,
            What::Plain => glass::run(&mut lab, false).await,
        };
        if let Err(error) = measured {
            // The others may still be measured.
            say(&format!("  not measured: {error}"));
            whole = false;
        }
    }
    say(&format!("\n{facts}\n\n{}", table(lab.rows())));
    Ok(whole)
}
