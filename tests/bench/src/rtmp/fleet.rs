//! Many publishers on one thread.
//!
//! Every connection has its turn once a [`TURN`] and writes what has become due since; turns are spread, as real
//! encoders do not know of each other. Connecting happens on other threads, so that a slow handshake delays no media.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::connect::{self, Connected};
use super::script::{Cursor, Script};
use super::wire::{Value, command};
use crate::error::{Context as _, Result, failed};
use crate::stats::{Samples, real};

/// A picture of 30 a second.
const TURN: Duration = Duration::from_millis(33);
/// Parts of a turn, each with its share of the connections.
const SHARES: u32 = 11;
/// Connections under way at the same time.
const OPENERS: usize = 8;
/// Written at once by a publisher in a hurry.
const BURST_BYTES: usize = 1 << 20;
/// A server that takes no byte of a goodbye for this long has failed.
const GOODBYE_PATIENCE: Duration = Duration::from_secs(5);
/// How long a server may take to close after it.
const CLOSE_PATIENCE: Duration = Duration::from_millis(500);

/// How fast media goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    RealTime,
    /// So much media, so many times faster than real time, or as fast as the server takes it; then silence.
    Burst {
        media: Duration,
        times: Option<u32>,
    },
}

/// Who publishes what, and where.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) server: SocketAddr,
    pub(crate) app: String,
    pub(crate) keys: Vec<String>,
    /// The publishers start evenly over this time, so that their keyframes do not line up.
    pub(crate) spread: Duration,
    pub(crate) pace: Pace,
}

/// How to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    /// FCUnpublish and deleteStream, as OBS does on Stop.
    Clean,
    /// As if the network died.
    Cut,
}

/// What became of them.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) published: usize,
    pub(crate) refused: Vec<String>,
    /// Closed by the server while they were sending.
    pub(crate) dropped: usize,
    pub(crate) handshake_ms: Samples,
    /// The longest any media went out after its time. More than a turn is back-pressure, or a machine too busy.
    pub(crate) late: Duration,
    pub(crate) mbit_per_publisher: f64,
    /// When the last goodbye was written.
    pub(crate) left: Instant,
}

impl Outcome {
    pub(crate) fn note(&self) -> String {
        format!(
            "{} published, {} refused, {} dropped, handshake p50 {:.1} ms max {:.1} ms, latest {} ms, {:.2} Mbit/s each",
            self.published,
            self.refused.len(),
            self.dropped,
            self.handshake_ms.median(),
            self.handshake_ms.max(),
            self.late.as_millis(),
            self.mbit_per_publisher,
        )
    }
}

/// What the publishing thread tells while it runs.
#[derive(Debug, Default)]
struct Told {
    stop: AtomicBool,
    cut: AtomicBool,
    open: AtomicUsize,
    done: AtomicUsize,
    /// When bytes of the first publisher went out; the first of them hold the first keyframe.
    sent: Mutex<Vec<Instant>>,
}

/// Publishers at work.
#[derive(Debug)]
pub(crate) struct Fleet {
    told: Arc<Told>,
    thread: JoinHandle<Outcome>,
    wanted: usize,
}

impl Fleet {
    pub(crate) fn start(plan: Plan, script: Arc<Script>) -> Result<Self> {
        let told = Arc::new(Told::default());
        let wanted = plan.keys.len();
        let thread = {
            let told = Arc::clone(&told);
            thread::Builder::new()
                .name("publishers".to_owned())
                .spawn(move || publish(&plan, &script, &told))
                .context("cannot start a thread")?
        };
        Ok(Self { told, thread, wanted })
    }

    /// When the first publisher's writes ended, so far.
    pub(crate) fn sent(&self) -> Vec<Instant> {
        lock(&self.told.sent).clone()
    }

    /// Waits until every publisher may send.
    pub(crate) async fn wait_open(&self, patience: Duration) -> Result<()> {
        self.wait(patience, "let in", |told| &told.open).await
    }

    /// Waits until every burst is over.
    pub(crate) async fn wait_done(&self, patience: Duration) -> Result<()> {
        self.wait(patience, "done", |told| &told.done).await
    }

    async fn wait(
        &self,
        patience: Duration,
        what: &str,
        count: impl Fn(&Told) -> &AtomicUsize,
    ) -> Result<()> {
        let begun = Instant::now();
        loop {
            let count = count(&self.told).load(Ordering::Relaxed);
            if count >= self.wanted {
                return Ok(());
            }
            if begun.elapsed() > patience || self.thread.is_finished() {
                return failed(format!("{count} of {} publishers were {what}", self.wanted));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends publishing.
    pub(crate) fn stop(self, leave: Leave) -> Result<Outcome> {
        self.told.cut.store(leave == Leave::Cut, Ordering::Relaxed);
        self.told.stop.store(true, Ordering::Relaxed);
        self.thread.join().ok().context("the publishing thread died")
    }
}

struct Publisher {
    socket: TcpStream,
    stream: u32,
    key: String,
    /// Media time zero: the first turn.
    begun: Option<Instant>,
    cursor: Cursor,
    index: usize,
    bytes: usize,
    late: Duration,
    dropped: bool,
    done: bool,
}

fn publish(plan: &Plan, script: &Arc<Script>, told: &Arc<Told>) -> Outcome {
    let arrivals = connect_all(plan, script, told);
    let mut publishers: Vec<Publisher> = Vec::with_capacity(plan.keys.len());
    let mut handshakes = Vec::new();
    let mut refused = Vec::new();
    let mut sink = vec![0; 64 * 1024];
    let mut share = 0;
    let mut next = Instant::now();
    while !told.stop.load(Ordering::Relaxed) {
        for (index, arrival) in arrivals.try_iter() {
            match arrival {
                Ok((connected, key)) => {
                    handshakes.push(connected.took);
                    publishers.push(Publisher::new(connected, key, index));
                    told.open.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => refused.push(error),
            }
        }
        for publisher in publishers
            .iter_mut()
            .filter(|p| !p.dropped && u32::try_from(p.index).is_ok_and(|index| index % SHARES == share))
        {
            publisher.turn(script, plan.pace, told);
            publisher.listen(&mut sink);
        }
        share = (share + 1) % SHARES;
        next += TURN / SHARES;
        match next.checked_duration_since(Instant::now()) {
            Some(wait) => thread::sleep(wait),
            // Behind: catch up at the pace of the clock, not faster.
            None => next = Instant::now(),
        }
    }
    let rates: Vec<f64> = publishers.iter().map(Publisher::mbit_per_s).collect();
    let clean = !told.cut.load(Ordering::Relaxed);
    for publisher in publishers.iter_mut().filter(|p| clean && !p.dropped) {
        publisher.goodbye(script);
    }
    let left = Instant::now();
    // Closing a socket with unread bytes resets the connection, and the goodbye with it: let the server close first.
    for publisher in publishers.iter_mut().filter(|p| clean && !p.dropped) {
        publisher.wait_closed(&mut sink);
    }
    Outcome {
        published: publishers.len(),
        refused,
        dropped: publishers.iter().filter(|p| p.dropped).count(),
        handshake_ms: Samples::ms(handshakes),
        late: publishers.iter().map(|p| p.late).max().unwrap_or_default(),
        mbit_per_publisher: Samples::new(rates).mean(),
        left,
    }
}

type Arrival = (usize, std::result::Result<(Connected, String), String>);

/// Connects everyone in good time, on threads of their own.
fn connect_all(plan: &Plan, script: &Arc<Script>, told: &Arc<Told>) -> mpsc::Receiver<Arrival> {
    let (sender, arrivals) = mpsc::channel();
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    for _ in 0..plan.keys.len().min(OPENERS) {
        let (plan, script, told) = (plan.clone(), Arc::clone(script), Arc::clone(told));
        let (sender, next) = (sender.clone(), Arc::clone(&next));
        thread::spawn(move || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(key) = plan.keys.get(index) else { return };
                let at = plan.spread.mul_f64(real(index) / real(plan.keys.len()));
                thread::sleep(at.saturating_sub(begun.elapsed()));
                if told.stop.load(Ordering::Relaxed) {
                    return;
                }
                let opened = connect::open(plan.server, &plan.app, key).and_then(|mut connected| {
                    connected.socket.write_all(&script.head(connected.stream))?;
                    connected.socket.set_nonblocking(true)?;
                    Ok((connected, key.clone()))
                });
                if sender
                    .send((index, opened.map_err(|error| error.to_string())))
                    .is_err()
                {
                    return;
                }
            }
        });
    }
    arrivals
}

impl Publisher {
    fn new(connected: Connected, key: String, index: usize) -> Self {
        Self {
            socket: connected.socket,
            stream: connected.stream,
            key,
            begun: None,
            cursor: Cursor::default(),
            index,
            bytes: 0,
            late: Duration::ZERO,
            dropped: false,
            done: false,
        }
    }

    /// Writes what is due and fits into the socket.
    fn turn(&mut self, script: &Script, pace: Pace, told: &Told) {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let elapsed = match pace {
            Pace::RealTime => begun.elapsed(),
            Pace::Burst { media, times: None } => media,
            Pace::Burst {
                media,
                times: Some(times),
            } => media.min(begun.elapsed() * times),
        };
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let late = elapsed_ms.saturating_sub(script.position_ms(self.cursor));
        loop {
            let due = script.due(self.cursor, elapsed_ms);
            let due = due.get(..BURST_BYTES).unwrap_or(due);
            if due.is_empty() {
                break;
            }
            match self.socket.write(due) {
                Ok(written) => {
                    self.bytes += written;
                    script.advance(&mut self.cursor, written);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => {
                    self.dropped = true;
                    return;
                }
            }
            if self.index == 0 && pace == Pace::RealTime {
                lock(&told.sent).push(Instant::now());
            }
        }
        match pace {
            Pace::RealTime => self.late = self.late.max(Duration::from_millis(late)),
            Pace::Burst { media, .. } => {
                let over = u128::from(script.position_ms(self.cursor)) > media.as_millis();
                if over && !std::mem::replace(&mut self.done, true) {
                    told.done.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    fn mbit_per_s(&self) -> f64 {
        let took = self.begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        real(self.bytes) * 8e-6 / took.as_secs_f64()
    }

    /// Takes what the server says (acknowledgements), so that it never has to wait for us.
    fn listen(&mut self, sink: &mut [u8]) {
        match self.socket.read(sink) {
            Ok(0) => self.dropped = true,
            Ok(_) => {}
            Err(error) => self.dropped |= error.kind() != ErrorKind::WouldBlock,
        }
    }

    /// Finishes the message under way, and leaves as OBS does on Stop.
    fn goodbye(&mut self, script: &Script) {
        let mut out = script.begun(self.cursor).to_vec();
        let unpublish = [
            Value::Text("FCUnpublish"),
            Value::Number(6.0),
            Value::Null,
            Value::Text(&self.key),
        ];
        command(&mut out, 0, &unpublish);
        let delete = [
            Value::Text("deleteStream"),
            Value::Number(7.0),
            Value::Null,
            Value::Number(f64::from(self.stream)),
        ];
        command(&mut out, 0, &delete);
        let sent = self
            .socket
            .set_nonblocking(false)
            .and_then(|()| self.socket.set_write_timeout(Some(GOODBYE_PATIENCE)))
            .and_then(|()| self.socket.write_all(&out))
            .and_then(|()| self.socket.shutdown(std::net::Shutdown::Write));
        self.dropped |= sent.is_err();
    }

    fn wait_closed(&mut self, sink: &mut [u8]) {
        if self.socket.set_read_timeout(Some(CLOSE_PATIENCE)).is_ok() {
            while matches!(self.socket.read(sink), Ok(1..)) {}
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
