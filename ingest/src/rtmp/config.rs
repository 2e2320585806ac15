//! What an operator may set.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Limits of the RTMP and RTMPS listeners. Each has a default that suits a public server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Connections at once, publishing or not. More are closed at the door.
    pub max_connections: usize,
    /// Connections at once from one IPv4 address or one IPv6 /64.
    pub max_connections_per_ip: usize,
    /// Connections that have not been let in yet. When full, the oldest of them makes room, so that idle strangers
    /// cannot keep a streamer out.
    pub max_handshakes: usize,
    /// From the first byte (TLS included) to the publish command.
    pub handshake_timeout_ms: u64,
    /// A publisher that completes no message for this long is lost.
    pub idle_timeout_ms: u64,
    /// Size of the chunks the server sends. What it sends is small, so this hardly matters; some old clients stumble
    /// over large ones.
    pub chunk_size: u32,
    /// Largest single message, which is to say the largest keyframe.
    pub max_message_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_connections: 2_000,
            max_connections_per_ip: 250,
            max_handshakes: 500,
            handshake_timeout_ms: 10_000,
            idle_timeout_ms: 10_000,
            chunk_size: 4_096,
            max_message_bytes: 8 * 1024 * 1024,
        }
    }
}

impl Config {
    pub(super) fn handshake_timeout(&self) -> Duration {
        Duration::from_millis(self.handshake_timeout_ms)
    }

    pub(super) fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.idle_timeout_ms)
    }
}
