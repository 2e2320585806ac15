//! A real server on free ports with a data folder of its own, and real clients to talk to it.
#![expect(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

pub mod media;
pub mod obs;
pub mod viewer;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

pub const ROOT_PASSWORD: &str = "test-password";
/// Longer than anything takes on a busy machine; a test that gets here has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How a test wants its server.
#[derive(Debug, Default)]
pub struct Options {
    /// More environment, e.g. `TRIBUTARY__LIVE__GRACE_S`.
    pub env: Vec<(&'static str, String)>,
    /// A data folder that outlives the server.
    pub data: Option<PathBuf>,
    /// A shell script that prepares the ground in namespaces of its own; `$DATA` is the data folder, `"$@"` the server.
    pub prepare: Option<&'static str>,
}

pub struct Server {
    child: Child,
    pub http_port: u16,
    pub rtmp_port: u16,
    pub data: PathBuf,
    options: Options,
    pub client: reqwest::Client,
    _temporary: Option<TempDir>,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub async fn start_with(mut options: Options) -> Self {
        let temporary = options.data.is_none().then(|| tempfile::tempdir().unwrap());
        let data = options
            .data
            .take()
            .unwrap_or_else(|| temporary.as_ref().unwrap().path().to_owned());
        let (http_port, rtmp_port) = (free_port(), free_port());
        let child = command(&data, http_port, rtmp_port, &options).spawn().unwrap();
        let mut server = Self {
            child,
            http_port,
            rtmp_port,
            data,
            options,
            client: client(),
            _temporary: temporary,
        };
        server.wait_ready();
        server
    }

    /// Starts again on the same ports and data, after [`Self::kill`] or [`Self::stop`].
    pub fn restart(&mut self) {
        self.child = command(&self.data, self.http_port, self.rtmp_port, &self.options)
            .spawn()
            .unwrap();
        // Connections kept from before lead nowhere.
        self.client = client();
        self.wait_ready();
    }

    fn wait_ready(&mut self) {
        let stdout = self.child.stdout.take().unwrap();
        let mut lines = BufReader::new(stdout).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line == "ready");
        assert!(
            ready,
            "the server ended before it was ready: {:?}",
            self.child.wait()
        );
        // Keep reading, so that the server never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
    }

    /// Like pulling the plug.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Like `systemctl stop`.
    pub fn stop(&mut self) -> std::process::ExitStatus {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.http_port)
    }

    pub fn rtmp(&self, key: &str) -> String {
        format!("rtmp://127.0.0.1:{}/live/{key}", self.rtmp_port)
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json().await.unwrap()
    }

    /// Asks again until `wanted` says yes, at most [`PATIENCE`].
    pub async fn until<F: Fn(&Value) -> bool>(&self, path: &str, token: Option<&str>, wanted: F) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut request = self.client.get(self.url(path));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let value: Value = match request.send().await {
                Ok(response) => response.json().await.unwrap_or(Value::Null),
                Err(_) => Value::Null,
            };
            if wanted(&value) {
                return value;
            }
            assert!(
                Instant::now() < deadline,
                "{path} never became what was wanted; it is {value:#}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Signs in as root.
    pub async fn token(&self) -> String {
        let client = self.json("/api/v1/oauth-clients/local").await;
        let form = [
            ("client_id", client["client_id"].as_str().unwrap()),
            ("client_secret", client["client_secret"].as_str().unwrap()),
            ("grant_type", "password"),
            ("username", "root"),
            ("password", ROOT_PASSWORD),
        ];
        let response = self
            .client
            .post(self.url("/api/v1/users/token"))
            .form(&form)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        response.json::<Value>().await.unwrap()["access_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Creates a live on root's channel.
    pub async fn live(&self, token: &str, settings: Value) -> Live {
        let me: Value = self
            .client
            .get(self.url("/api/v1/users/me"))
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let mut body = json!({
            "channelId": me["videoChannels"][0]["id"], "name": "Test live", "privacy": 1,
            "permanentLive": true, "saveReplay": true, "replaySettings": { "privacy": 1 },
        });
        for (key, value) in settings.as_object().unwrap() {
            body[key] = value.clone();
        }
        if body["saveReplay"] == false {
            body.as_object_mut().unwrap().remove("replaySettings");
        }
        let created = self
            .client
            .post(self.url("/api/v1/videos/live"))
            .bearer_auth(token)
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(created.status(), 200, "{}", created.text().await.unwrap());
        let created: Value = created.json().await.unwrap();
        let uuid = created["video"]["uuid"].as_str().unwrap().to_owned();
        let owner = self
            .client
            .get(self.url(&format!("/api/v1/videos/live/{uuid}")))
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
            .json::<Value>()
            .await
            .unwrap();
        Live {
            uuid,
            key: owner["streamKey"].as_str().unwrap().to_owned(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A live made for a test.
#[derive(Debug, Clone)]
pub struct Live {
    pub uuid: String,
    pub key: String,
}

impl Live {
    pub fn media(&self, file: &str) -> String {
        format!("/static/streaming-playlists/hls/{}/{file}", self.uuid)
    }
}

/// The server as a person would start it.
pub fn command(data: &Path, http_port: u16, rtmp_port: u16, options: &Options) -> Command {
    let program = env!("CARGO_BIN_EXE_tributary");
    let mut command = match options.prepare {
        None => Command::new(program),
        Some(script) => {
            // A user namespace, so that mounting needs no root.
            let mut command = Command::new("unshare");
            command.args([
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-ec",
                script,
                "sh",
                program,
            ]);
            command
        }
    };
    command
        .env("DATA", data)
        .args(["serve", "--data"])
        .arg(data)
        .args(["--listen", &format!("127.0.0.1:{http_port}")])
        .args(["--public-url", &format!("http://127.0.0.1:{http_port}")])
        .args(["--rtmp", &format!("127.0.0.1:{rtmp_port}")])
        .env("TRIBUTARY_ROOT_PASSWORD", ROOT_PASSWORD)
        // Tests ask more often than people do.
        .env("TRIBUTARY__LIMITS__RATE_LIMIT", "false")
        .envs(options.env.iter().map(|(key, value)| (key, value)))
        .stdout(Stdio::piped());
    command
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().timeout(PATIENCE).build().unwrap()
}

/// A port nobody listens on. Below the range the system takes ports for connections from, so that it stays free until
/// the server has it.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let spread = u16::try_from(std::process::id() % 1_000).unwrap() * 20;
    loop {
        let port = 10_000 + (spread + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
