//! What an admin can set. Every key has a default, so that `serve` needs no file at all.
//!
//! Sources, later ones win: defaults, the file given with `--config`, the environment (`TRIBUTARY__SECTION__KEY`), the
//! command line. `config/default.toml` is generated from these types by `tributary config default`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

mod document;
pub(crate) use document::default_toml;

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read the configuration: {0}")]
    Read(#[from] config::ConfigError),
    #[error("{key} is {value}: {problem}")]
    Value {
        key: &'static str,
        value: String,
        problem: &'static str,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub server: Server,
    pub tls: Tls,
    pub instance: Instance,
    pub database: Database,
    pub rtmp: Rtmp,
    pub packager: Packager,
    pub live: Live,
    /// Other servers: PeerTube, Mastodon and their kind, over ActivityPub.
    pub federation: federation::Settings,
    pub limits: Limits,
    pub metrics: Metrics,
    pub log: Log,
}

/// Where people and other programs reach this server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Server {
    /// Address and port for HTTP (pages, API, playback).
    pub listen: SocketAddr,
    /// The address people type, e.g. "https://live.example.org". Empty: http://localhost and the port of `listen`.
    pub public_url: String,
    /// Folder of recordings, pictures and the embedded database.
    pub data_dir: PathBuf,
    /// Addresses of reverse proxies whose `X-Forwarded-For` is believed, e.g. ["127.0.0.1"].
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// HTTP connections at the same time; the next one waits in the kernel's queue.
    pub max_connections: u32,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 9000)),
            public_url: String::new(),
            data_dir: PathBuf::from("data"),
            trusted_proxies: Vec::new(),
            max_connections: 20_000,
        }
    }
}

/// HTTPS without a reverse proxy: from files, or certificates fetched by ACME (Let's Encrypt).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Tls {
    /// Address and port for HTTPS, used when a certificate or ACME is set.
    pub listen: SocketAddr,
    /// PEM file with the certificate chain. Also used by RTMPS.
    pub certificate: Option<PathBuf>,
    /// PEM file with the private key.
    pub key: Option<PathBuf>,
    /// Domains to fetch certificates for by ACME. Port 443 must reach `listen`.
    pub acme_domains: Vec<String>,
    /// Contact address given to the certificate authority.
    pub acme_email: Option<String>,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 443)),
            certificate: None,
            key: None,
            acme_domains: Vec::new(),
            acme_email: None,
        }
    }
}

/// What this instance says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Instance {
    pub name: String,
    /// One sentence, shown under the name and in link previews.
    pub short_description: String,
    /// What the instance is for, who may join; Markdown.
    pub description: String,
    /// Terms of use; Markdown.
    pub terms: String,
    /// Address shown to people who need help.
    pub contact_email: String,
}

impl Default for Instance {
    fn default() -> Self {
        Self {
            name: "Tributary".to_owned(),
            short_description: "Live streams and videos, without ads or trackers.".to_owned(),
            description: String::new(),
            terms: String::new(),
            contact_email: String::new(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Database {
    /// "postgres://user:password@host/name", or empty for the embedded SQLite database in the data folder.
    pub url: String,
}

/// Streams sent by OBS, ffmpeg and others over RTMP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rtmp {
    /// Address and port for RTMP; empty turns it off.
    pub listen: String,
    /// Address and port for RTMPS; needs `tls.certificate` and `tls.key`. Empty turns it off.
    pub listen_tls: String,
    /// Host name and port shown to streamers; empty: the host of `server.public_url`.
    pub public_host: String,
    /// Limits of the RTMP server.
    pub limits: ingest::rtmp::Config,
}

impl Default for Rtmp {
    fn default() -> Self {
        Self {
            listen: "0.0.0.0:1935".to_owned(),
            listen_tls: String::new(),
            public_host: String::new(),
            limits: ingest::rtmp::Config::default(),
        }
    }
}

/// How streams are cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Packager {
    /// Length of a low-latency part in milliseconds, 200 to 1000. Shorter is quicker, and costs more requests.
    pub part_ms: u32,
    /// A segment closes at the first keyframe after this many milliseconds, 1000 to 10000.
    pub segment_ms: u32,
}

impl Default for Packager {
    fn default() -> Self {
        Self {
            part_ms: 500,
            segment_ms: 2_000,
        }
    }
}

/// Defaults of lives; streamers may choose otherwise per live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Live {
    pub enabled: bool,
    /// Seconds an encoder may be away (lost connection) before the session ends, 0 to 600.
    pub grace_s: u32,
    /// How far back viewers may rewind a running live, in seconds; 0 means the whole session.
    pub dvr_window_s: u32,
    /// Whether new lives keep a replay unless the streamer says otherwise.
    pub save_replay: bool,
    /// Lives on air at the same time; -1 means no limit.
    pub max_instance_lives: i64,
    /// Lives of one user that are on air or wait for it; -1 means no limit.
    pub max_user_lives: i64,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            enabled: true,
            grace_s: 30,
            dvr_window_s: 0,
            save_replay: true,
            max_instance_lives: -1,
            max_user_lives: -1,
        }
    }
}

/// Bounds on what one client may ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// Whether API and page requests are limited per address (as PeerTube does: 50 in 10 s for the API).
    pub rate_limit: bool,
    /// Playlist and part requests that may wait for the live edge at the same time.
    pub max_waiting: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rate_limit: true,
            max_waiting: 20_000,
        }
    }
}

/// `/metrics` in Prometheus format.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Metrics {
    /// Bearer token that may read `/metrics` from anywhere. Empty: only this machine may, and not through a proxy.
    pub token: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    /// What to log: "info", or finer, e.g. "info,tributary::live=debug".
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

impl Config {
    /// Reads the file, if any, and the environment over the defaults.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, Error> {
        let mut sources = config::Config::builder();
        if let Some(path) = file {
            sources = sources.add_source(config::File::from(path).format(config::FileFormat::Toml));
        }
        let environment = config::Environment::with_prefix("TRIBUTARY")
            .prefix_separator("__")
            .separator("__")
            .list_separator(",")
            .with_list_parse_key("server.trusted_proxies")
            .with_list_parse_key("tls.acme_domains")
            .try_parsing(true);
        Ok(sources.add_source(environment).build()?.try_deserialize()?)
    }

    /// Checks what types alone cannot say.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let bad = |key, value: &dyn std::fmt::Display, problem| {
            Err(Error::Value {
                key,
                value: value.to_string(),
                problem,
            })
        };
        if !(200..=1_000).contains(&self.packager.part_ms) {
            return bad(
                "packager.part_ms",
                &self.packager.part_ms,
                "it must be between 200 and 1000",
            );
        }
        if !(1_000..=10_000).contains(&self.packager.segment_ms) {
            return bad(
                "packager.segment_ms",
                &self.packager.segment_ms,
                "it must be between 1000 and 10000",
            );
        }
        if self.live.grace_s > MAX_GRACE_S {
            return bad("live.grace_s", &self.live.grace_s, "it must be at most 600");
        }
        if self.tls.certificate.is_some() != self.tls.key.is_some() {
            return bad(
                "tls.certificate",
                &"set without tls.key, or the other way round",
                "set both or none",
            );
        }
        if !self.tls.acme_domains.is_empty() && self.tls.certificate.is_some() {
            return bad(
                "tls.acme_domains",
                &"set",
                "use either ACME or a certificate file, not both",
            );
        }
        self.rtmp_listen()?;
        if self.rtmps_listen()?.is_some() && self.tls.certificate.is_none() {
            return bad(
                "rtmp.listen_tls",
                &self.rtmp.listen_tls,
                "RTMPS needs tls.certificate and tls.key",
            );
        }
        if !self.server.public_url.is_empty() {
            match Url::parse(&self.server.public_url) {
                Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => {}
                _ => {
                    return bad(
                        "server.public_url",
                        &self.server.public_url,
                        "it must look like https://live.example.org",
                    );
                }
            }
        }
        Ok(())
    }

    pub(crate) fn rtmp_listen(&self) -> Result<Option<SocketAddr>, Error> {
        address("rtmp.listen", &self.rtmp.listen)
    }

    pub(crate) fn rtmps_listen(&self) -> Result<Option<SocketAddr>, Error> {
        address("rtmp.listen_tls", &self.rtmp.listen_tls)
    }

    /// The address people type, without a trailing slash.
    pub(crate) fn public_url(&self) -> String {
        if self.server.public_url.is_empty() {
            format!("http://localhost:{}", self.server.listen.port())
        } else {
            self.server.public_url.trim_end_matches('/').to_owned()
        }
    }

    /// Host, with the port if it is not the scheme's own: the part after `@` in handles.
    pub(crate) fn host(&self) -> String {
        let url = self.public_url();
        let Ok(url) = Url::parse(&url) else { return url };
        let host = url.host_str().unwrap_or_default().to_owned();
        match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }

    pub(crate) fn is_https(&self) -> bool {
        self.public_url().starts_with("https://")
    }

    pub(crate) fn database_url(&self) -> String {
        if self.database.url.is_empty() {
            format!(
                "sqlite://{}",
                self.server.data_dir.join("tributary.sqlite").display()
            )
        } else {
            self.database.url.clone()
        }
    }

    /// `rtmp://host:port/live`, as pasted into OBS; `None` when RTMP is off.
    pub(crate) fn rtmp_url(&self) -> Option<String> {
        let port = self.rtmp_listen().ok()??.port();
        Some(self.publish_url("rtmp", port, 1935))
    }

    pub(crate) fn rtmps_url(&self) -> Option<String> {
        let port = self.rtmps_listen().ok()??.port();
        Some(self.publish_url("rtmps", port, 443))
    }

    fn publish_url(&self, scheme: &str, port: u16, default_port: u16) -> String {
        if !self.rtmp.public_host.is_empty() {
            return format!("{scheme}://{}/live", self.rtmp.public_host);
        }
        let host = self.host();
        let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
        // Always with the port for RTMP: some encoders fill in nothing when it is missing.
        if port == default_port && scheme == "rtmps" {
            format!("{scheme}://{name}/live")
        } else {
            format!("{scheme}://{name}:{port}/live")
        }
    }
}

/// Minutes, not hours: the grace holds a session, its window and its archive open.
const MAX_GRACE_S: u32 = 600;

fn address(key: &'static str, value: &str) -> Result<Option<SocketAddr>, Error> {
    if value.is_empty() {
        return Ok(None);
    }
    value.parse().map(Some).map_err(|_| Error::Value {
        key,
        value: format!("{value:?}"),
        problem: "it must be an address and port such as 0.0.0.0:1935, or empty",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_file_is_committed_and_says_the_defaults() {
        let committed = include_str!("../config/default.toml");
        assert_eq!(
            committed,
            default_toml().unwrap(),
            "run `cargo run -- config default > config/default.toml`"
        );
        let parsed: Config = toml::from_str(committed).unwrap();
        assert_eq!(parsed, Config::default());
        parsed.check().unwrap();
    }

    #[test]
    fn a_wrong_value_names_its_key() {
        let mut config = Config::default();
        config.packager.part_ms = 50;
        let text = config.check().unwrap_err().to_string();
        assert_eq!(text, "packager.part_ms is 50: it must be between 200 and 1000");
    }

    #[test]
    fn addresses_follow_the_public_url() {
        let mut config = Config::default();
        config.server.public_url = "https://live.example.org/".to_owned();
        assert_eq!(config.host(), "live.example.org");
        assert_eq!(config.rtmp_url().unwrap(), "rtmp://live.example.org:1935/live");
        config.rtmp.listen = String::new();
        assert_eq!(config.rtmp_url(), None);
    }
}
