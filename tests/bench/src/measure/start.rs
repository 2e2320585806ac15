//! How soon the server is ready, and what it holds when nobody is there.

use std::time::Duration;

use crate::error::Result;
use crate::lab::Lab;
use crate::process;
use crate::report::{Row, Target};
use crate::server::Options;
use crate::stats::{MIB, Samples};

const READY_S: f64 = 0.5;
const IDLE_MIB: f64 = 40.0;
/// Until allocations of the start have settled.
const SETTLE: Duration = Duration::from_secs(3);
const STARTS: usize = 5;

/// From exec to the line `ready`: on a new folder (tables and the first user are made), and on one that was used.
pub(crate) async fn ready(lab: &mut Lab) -> Result<()> {
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let (server, data) = lab.server(&Options::default())?;
        first.push(server.ready_after.as_secs_f64());
        drop(server);
        let server = lab.server_in(&data, &Options::default())?;
        again.push(server.ready_after.as_secs_f64());
        drop(server);
        lab.remove(&data);
    }
    for (what, seconds) in [("ready, first start", first), ("ready, later start", again)] {
        let seconds = Samples::new(seconds);
        let row = Row::new(what, "s", seconds.max())
            .target(Target::AtMost(READY_S))
            .note(format!("slowest of {}", seconds.list(3)));
        lab.keep(row);
    }
    Ok(())
}

/// Memory of a server that waits.
pub(crate) async fn idle(lab: &mut Lab) -> Result<()> {
    let (server, data) = lab.server(&Options::default())?;
    server.get("/api/v1/ping").await?;
    tokio::time::sleep(SETTLE).await;
    let memory = process::memory(server.pid());
    // Checking a password takes memory on purpose (Argon2); it should be given back.
    server.token().await?;
    tokio::time::sleep(SETTLE).await;
    let after = process::memory(server.pid());
    drop(server);
    lab.remove(&data);
    let row = Row::new("idle memory (RSS)", "MiB", memory.rss / MIB)
        .target(Target::AtMost(IDLE_MIB))
        .note(format!(
            "PSS {:.1} MiB; RSS {:.1} MiB after one sign-in",
            memory.pss / MIB,
            after.rss / MIB
        ));
    lab.keep(row);
    Ok(())
}
