//! What an administrator decides about other servers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who may follow the whole instance. Accounts and channels can be followed by anyone who is not blocked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Followers {
    /// Everyone, at once.
    #[default]
    Auto,
    /// Those an administrator accepts.
    Manual,
    Nobody,
}

/// What of the settings may change while the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FollowPolicy {
    pub followers: Followers,
    pub follow_back: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether this server talks to others at all.
    pub enabled: bool,
    /// For tests on one machine: peers at private addresses, and without TLS, are accepted. Never set it on a public server.
    pub allow_private_addresses: bool,
    /// Who may follow this instance: "auto" (everyone), "manual" (those you accept) or "nobody".
    pub followers: Followers,
    /// Follow instances back that follow this one.
    pub follow_back: bool,
    /// Serve objects only to servers that sign their requests.
    pub require_signed_fetch: bool,
    /// Also tell followers of unlisted videos.
    pub federate_unlisted: bool,
    /// Post a short message with a link when a live starts, for followers on Mastodon and the like.
    pub live_notes: bool,
}

impl Settings {
    pub fn follow_policy(&self) -> FollowPolicy {
        FollowPolicy {
            followers: self.followers,
            follow_back: self.follow_back,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            allow_private_addresses: false,
            followers: Followers::Auto,
            follow_back: false,
            require_signed_fetch: false,
            federate_unlisted: false,
            live_notes: true,
        }
    }
}
