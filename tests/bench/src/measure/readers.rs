//! Thousands of viewers blocked on one playlist: how soon each has its answer, and what each costs while it waits.
//!
//! Wake to answer runs from the last write of the publisher before the first answer until a reader has the last byte of
//! its own. Nothing but the publisher's bytes closes a part, so that write is the one that closed it, unless the first
//! answer took longer than the 33 ms between two writes; the time since the first answer is noted beside, and what is
//! true lies between the two. Publisher, readers and stamps share one process and one clock. A reader pauses after an
//! answer, as a player fetches the part first, which also keeps its next request out of the others' way.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::error::{Context as _, Result, failed};
use crate::lab::Lab;
use crate::media::ORDINARY;
use crate::playlist;
use crate::process;
use crate::report::{Row, Target, say};
use crate::rtmp::{Fleet, Leave, Pace, Plan};
use crate::server::{Options, PATIENCE, Server};
use crate::stats::{Samples, real};

const WAKE_MS: f64 = 150.0;
const KIB_EACH: f64 = 16.0;
/// The live holds as much as it ever will before the first reader comes.
const WARM_UP: Duration = Duration::from_secs(14);
/// Readers come in groups, as a stampede would measure the listen queue.
const GROUP: usize = 100;
const BETWEEN_GROUPS: Duration = Duration::from_millis(20);
/// A part of the server's default length.
const PART: Duration = Duration::from_millis(500);
/// The least and the most a reader pauses after an answer: over before the next part closes.
const PAUSE_MS: u64 = 100;
const PAUSE_SPREAD_MS: u64 = 100;
/// Share of the readers that must have waited for a part for it to count.
const WAITED_PERCENT: usize = 95;
const ANSWER_BYTES: usize = 64 * 1024;
const SAMPLE_EVERY: Duration = Duration::from_millis(250);

/// One answer to a blocking reload.
#[derive(Debug, Clone, Copy)]
struct Answer {
    part: (u64, u32),
    asked: Instant,
    answered: Instant,
}

pub(crate) async fn run(lab: &mut Lab) -> Result<()> {
    let (server, data) = lab.server(&Options::default())?;
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
    tokio::time::sleep(WARM_UP).await;
    let before = process::memory(server.pid()).rss;

    let count = lab.amounts.readers;
    let Crowd {
        answers,
        rss,
        failures,
    } = crowd(&server, &live.media("0-ll.m3u8"), count, lab.amounts.window).await?;
    let sent = fleet.sent();
    fleet.stop(Leave::Clean)?;
    drop(server);
    lab.remove(&data);

    let judged = judge(&answers, &sent, count);
    if judged.since_write.len() == 0 {
        return failed(format!(
            "no part found {WAITED_PERCENT} % of {count} readers waiting; {failures} failed"
        ));
    }
    let row = Row::new(
        format!("{count} readers: wake to answer, p99"),
        "ms",
        judged.since_write.percentile(99),
    )
    .target(Target::AtMost(WAKE_MS))
    .note(format!(
        "p50 {:.0}, most {:.0}; since the first answer p50 {:.0} p99 {:.0}; p99s of {} parts {}; {failures} readers \
         failed",
        judged.since_write.median(),
        judged.since_write.max(),
        judged.since_first.median(),
        judged.since_first.percentile(99),
        judged.by_part.len(),
        judged.by_part.spread(0),
    ));
    lab.keep(row);
    let each = |rss: f64| (rss - before) / 1024.0 / real(count);
    let row = Row::new(format!("{count} readers: memory each"), "KiB", each(rss.max()))
        .target(Target::AtMost(KIB_EACH))
        .note(format!(
            "most RSS with everybody there less RSS of the same live without; least {:.1} in {} s, p50 {:.1}",
            each(rss.min()),
            lab.amounts.window.as_secs(),
            each(rss.median()),
        ));
    lab.keep(row);
    Ok(())
}

/// What was seen of the readers.
struct Crowd {
    answers: Vec<Answer>,
    /// Memory of the server while everybody was there.
    rss: Samples,
    failures: usize,
}

/// Lets the readers in and listens to them for a while.
async fn crowd(server: &Server, path: &str, count: usize, window: Duration) -> Result<Crowd> {
    let (sender, mut answers) = mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let failures = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..count {
        let reader = Reader {
            server: server.http,
            path: path.to_owned(),
            pause: Duration::from_millis(PAUSE_MS + u64::try_from(index).unwrap_or(0) * 37 % PAUSE_SPREAD_MS),
            answers: sender.clone(),
        };
        let (stop, failures) = (stop.clone(), Arc::clone(&failures));
        tasks.spawn(async move {
            let failed = tokio::select! {
                () = stop.cancelled() => return,
                failed = reader.run() => failed,
            };
            if failures.fetch_add(1, Ordering::Relaxed) == 0
                && let Err(error) = failed
            {
                say(&format!("  the first reader to fail: {error}"));
            }
        });
        if (index + 1) % GROUP == 0 {
            tokio::time::sleep(BETWEEN_GROUPS).await;
        }
    }
    // Everybody is there: from here on, parts count.
    let begun = Instant::now();
    let parts = usize::try_from(window.as_millis() / PART.as_millis()).unwrap_or(1);
    let mut kept: Vec<Answer> = Vec::with_capacity(count * (parts + 2));
    let mut rss = Vec::new();
    let mut sample = tokio::time::interval(SAMPLE_EVERY);
    while begun.elapsed() < window {
        tokio::select! {
            answer = answers.recv() => {
                kept.push(answer.context("every reader failed")?);
            }
            _ = sample.tick() => rss.push(process::memory(server.pid()).rss),
        }
    }
    stop.cancel();
    while tasks.join_next().await.is_some() {}
    Ok(Crowd {
        answers: kept,
        rss: Samples::new(rss),
        failures: failures.load(Ordering::Relaxed),
    })
}

/// A viewer on a keep-alive connection of its own.
struct Reader {
    server: SocketAddr,
    path: String,
    pause: Duration,
    answers: mpsc::UnboundedSender<Answer>,
}

impl Reader {
    async fn run(self) -> Result<()> {
        let mut socket = TcpStream::connect(self.server)
            .await
            .context("a reader cannot connect")?;
        let mut buffer = Vec::new();
        self.ask(&mut socket, "", &mut buffer).await?;
        loop {
            let part = std::str::from_utf8(&buffer)
                .ok()
                .and_then(playlist::next_part)
                .context("a playlist says nothing of the next part")?;
            tokio::time::sleep(self.pause).await;
            let (msn, number) = part;
            let query = format!("?_HLS_msn={msn}&_HLS_part={number}&_HLS_skip=YES");
            let asked = Instant::now();
            self.ask(&mut socket, &query, &mut buffer).await?;
            let answer = Answer {
                part,
                asked,
                answered: Instant::now(),
            };
            if self.answers.send(answer).is_err() {
                return Ok(());
            }
        }
    }

    /// One request; leaves the body in the buffer.
    async fn ask(&self, socket: &mut TcpStream, query: &str, buffer: &mut Vec<u8>) -> Result<()> {
        let request = format!(
            "GET {}{query} HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.path, self.server
        );
        socket
            .write_all(request.as_bytes())
            .await
            .context("a reader cannot ask")?;
        buffer.clear();
        loop {
            let read = socket
                .read_buf(buffer)
                .await
                .context("a reader lost its connection")?;
            if read == 0 || buffer.len() > ANSWER_BYTES {
                return failed("a reader got no whole answer");
            }
            let Some(head) = buffer.windows(4).position(|at| at == b"\r\n\r\n") else {
                continue;
            };
            let body = head + 4;
            let text = String::from_utf8_lossy(buffer.get(..head).unwrap_or_default());
            if !text.starts_with("HTTP/1.1 200") {
                return failed(format!(
                    "a reader was told {}",
                    text.lines().next().unwrap_or_default()
                ));
            }
            let length: usize = text
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, value)| value.trim().parse().ok())
                .context("an answer without a length")?;
            if buffer.len() >= body + length {
                buffer.drain(..body);
                return Ok(());
            }
        }
    }
}

/// Milliseconds from waking to answers, by the two ends of the truth.
struct Judged {
    since_write: Samples,
    since_first: Samples,
    /// The 99th percentile of each part: a few slow ones tell of the machine, all of them of the server.
    by_part: Samples,
}

/// Sorts out what belongs to parts that (nearly) everybody waited for.
fn judge(answers: &[Answer], sent: &[Instant], readers: usize) -> Judged {
    let mut by_part: BTreeMap<(u64, u32), Vec<Answer>> = BTreeMap::new();
    for answer in answers {
        by_part.entry(answer.part).or_default().push(*answer);
    }
    let (mut since_write, mut since_first) = (Vec::new(), Vec::new());
    let mut slowest = Vec::new();
    for answers in by_part.values() {
        let Some(first) = answers.iter().map(|a| a.answered).min() else {
            continue;
        };
        let before = sent.partition_point(|at| *at <= first);
        let Some(write) = before.checked_sub(1).and_then(|last| sent.get(last)) else {
            continue;
        };
        let waited: Vec<&Answer> = answers.iter().filter(|a| a.asked < *write).collect();
        if waited.len() * 100 < readers * WAITED_PERCENT {
            continue;
        }
        let of_part = Samples::ms(waited.iter().map(|a| a.answered - *write));
        slowest.push(of_part.percentile(99));
        since_write.extend(waited.iter().map(|a| a.answered - *write));
        since_first.extend(waited.iter().map(|a| a.answered - first));
    }
    Judged {
        since_write: Samples::ms(since_write),
        since_first: Samples::ms(since_first),
        by_part: Samples::new(slowest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parts_that_were_waited_for_count() {
        let zero = Instant::now();
        let at = |ms| zero + Duration::from_millis(ms);
        let answer = |part, asked, answered| Answer {
            part: (1, part),
            asked: at(asked),
            answered: at(answered),
        };
        let answers = [
            answer(0, 10, 105),
            answer(0, 20, 110),
            // The second reader came too late for this one.
            answer(1, 200, 605),
            answer(1, 650, 651),
        ];
        let judged = judge(&answers, &[at(67), at(100), at(133), at(600)], 2);
        assert_eq!(judged.by_part.list(0), "10");
        assert_eq!(judged.since_write.list(0), "5 10");
        assert_eq!(judged.since_first.list(0), "0 5");
    }
}
