//! The server under test: started, asked by its REST API, and stopped.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::error::{Context as _, Result, failed};

const PASSWORD: &str = "bench-password";
/// Anything that takes longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Whoever is asked to stop and does not is killed after this long.
const STOP_PATIENCE: Duration = Duration::from_secs(20);

/// How a measurement wants its server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Length of a low-latency part.
    pub(crate) part_ms: Option<u32>,
    /// Seconds an encoder may be away.
    pub(crate) grace_s: Option<u32>,
    /// Other servers are on this machine too.
    pub(crate) peers_here: bool,
    /// Bind it to this processor.
    pub(crate) core: Option<usize>,
}

/// A live that exists.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) uuid: String,
    pub(crate) key: String,
}

impl Live {
    /// Path of one of its playlists, parts or segments.
    pub(crate) fn media(&self, file: &str) -> String {
        format!("/static/streaming-playlists/hls/{}/{file}", self.uuid)
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) http: SocketAddr,
    pub(crate) rtmp: SocketAddr,
    /// From exec to the line `ready`.
    pub(crate) ready_after: Duration,
    client: reqwest::Client,
}

impl Server {
    /// Starts the program with this data folder, and waits until it is ready.
    pub(crate) fn start(program: &Path, data: &Path, options: &Options) -> Result<Self> {
        let (http, rtmp) = (free_address()?, free_address()?);
        let log = File::create(data.with_extension("log")).context("cannot create the server's log")?;
        let mut command = pinned(program, options.core);
        command
            .args(["serve", "--data"])
            .arg(data)
            .args(["--listen", &http.to_string(), "--rtmp", &rtmp.to_string()])
            .args(["--public-url", &format!("http://{http}")])
            .env("TRIBUTARY_ROOT_PASSWORD", PASSWORD)
            // One address asks for everybody here.
            .env("TRIBUTARY__LIMITS__RATE_LIMIT", "false")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        if let Some(part_ms) = options.part_ms {
            command.env("TRIBUTARY__PACKAGER__PART_MS", part_ms.to_string());
        }
        if let Some(grace_s) = options.grace_s {
            command.env("TRIBUTARY__LIVE__GRACE_S", grace_s.to_string());
        }
        if options.peers_here {
            command.env("TRIBUTARY__FEDERATION__ALLOW_PRIVATE_ADDRESSES", "true");
        }
        let begun = Instant::now();
        let mut child = command
            .spawn()
            .context(format!("cannot start {}", program.display()))?;
        let stdout = child.stdout.take().context("the server has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        if !lines
            .by_ref()
            .map_while(|line| line.ok())
            .any(|line| line == "ready")
        {
            let status = child.wait().context("the server")?;
            return failed(format!(
                "the server ended before it was ready: {status}; see {}",
                data.with_extension("log").display()
            ));
        }
        let ready_after = begun.elapsed();
        // Keep reading, so that the server never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self {
            child,
            http,
            rtmp,
            ready_after,
            client: reqwest::Client::builder().timeout(PATIENCE).build()?,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    /// The body, if the server has it.
    pub(crate) async fn get(&self, path: &str) -> Result<Option<String>> {
        let response = self.client.get(self.url(path)).send().await?;
        if response.status().is_success() {
            Ok(Some(response.text().await?))
        } else {
            Ok(None)
        }
    }

    pub(crate) async fn json(&self, path: &str, token: Option<&str>) -> Result<Value> {
        let mut request = self.client.get(self.url(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// A response to read while it comes.
    pub(crate) async fn stream(&self, path: &str) -> Result<reqwest::Response> {
        Ok(self.client.get(self.url(path)).send().await?.error_for_status()?)
    }

    /// Signs in.
    pub(crate) async fn token(&self) -> Result<String> {
        let client = self.json("/api/v1/oauth-clients/local", None).await?;
        let form = [
            ("client_id", text(&client, "/client_id")?),
            ("client_secret", text(&client, "/client_secret")?),
            ("grant_type", "password".to_owned()),
            ("username", "root".to_owned()),
            ("password", PASSWORD.to_owned()),
        ];
        let request = self.client.post(self.url("/api/v1/users/token")).form(&form);
        let answer: Value = request.send().await?.error_for_status()?.json().await?;
        text(&answer, "/access_token")
    }

    /// Creates permanent lives that keep a replay, as a streamer would.
    pub(crate) async fn lives(&self, token: &str, count: usize) -> Result<Vec<Live>> {
        let me = self.json("/api/v1/users/me", Some(token)).await?;
        let channel = me.pointer("/videoChannels/0/id").context("root has no channel")?;
        let mut lives = Vec::with_capacity(count);
        for number in 1..=count {
            let body = json!({
                "channelId": channel, "name": format!("Bench {number}"), "privacy": 1,
                "permanentLive": true, "saveReplay": true, "replaySettings": { "privacy": 1 },
            });
            let request = self.client.post(self.url("/api/v1/videos/live"));
            let created: Value = request
                .bearer_auth(token)
                .json(&body)
                .send()
                .await?
                .error_for_status()?
                .json()
                .await?;
            let uuid = text(&created, "/video/uuid")?;
            let live = self
                .json(&format!("/api/v1/videos/live/{uuid}"), Some(token))
                .await?;
            let key = text(&live, "/streamKey")?;
            lives.push(Live { uuid, key });
        }
        Ok(lives)
    }

    pub(crate) async fn live(&self, token: &str) -> Result<Live> {
        self.lives(token, 1).await?.pop().context("no live was made")
    }

    /// Asks for a file of a live until it is there and `wanted` likes it.
    pub(crate) async fn until(&self, path: &str, wanted: impl Fn(&str) -> bool) -> Result<String> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(text) = self.get(path).await?.filter(|text| wanted(text)) {
                return Ok(text);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        failed(format!("{path} never became what was wanted"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

/// A text of a JSON document.
pub(crate) fn text(document: &Value, pointer: &str) -> Result<String> {
    document
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .context(format!("the server's answer has no {pointer}"))
}

/// A command that may be bound to one processor. `taskset` becomes the program, so its pid is the program's.
pub(crate) fn pinned(program: &Path, core: Option<usize>) -> Command {
    match core {
        None => Command::new(program),
        Some(core) => {
            let mut command = Command::new("taskset");
            command.args(["-c", &core.to_string()]).arg(program);
            command
        }
    }
}

/// An address nobody listens at.
pub(crate) fn free_address() -> Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .context("no free port")
}

/// Ends a process as an administrator would, and kills it when it does not listen.
pub(crate) fn stop(child: &mut Child) {
    let asked = rustix::process::Pid::from_child(child);
    let _ = rustix::process::kill_process(asked, rustix::process::Signal::TERM);
    let begun = Instant::now();
    while begun.elapsed() < STOP_PATIENCE {
        if matches!(child.try_wait(), Ok(Some(_)) | Err(_)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Where a run keeps media, data and logs: in memory if there is room, so that disks do not take part.
pub(crate) fn scratch() -> Result<tempfile::TempDir> {
    let shared = PathBuf::from("/dev/shm");
    let folder = if shared.is_dir() {
        shared
    } else {
        std::env::temp_dir()
    };
    tempfile::Builder::new()
        .prefix("tributary-bench.")
        .tempdir_in(&folder)
        .context(format!("cannot make a folder in {}", folder.display()))
}
