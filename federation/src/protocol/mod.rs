//! What other servers say, as what they mean.
//!
//! One type per thing that is said, each with a `parse` from JSON. Reading is tolerant where software differs (a string, an
//! object or an array for the same field; PeerTube 6.3 and 8.x; Mastodon, Pleroma, Lemmy, Mbin, Mitra, Friendica, WordPress)
//! and strict where a wrong value has consequences: what comes out is complete and within bounds, what does not come out is
//! [`Invalid`] and says why. There is no IO here, no clock and no trust: who signed, and whether an object was fetched from
//! where it says it lives, is for the caller.

mod activity;
mod actor;
mod cache_file;
mod chapters;
mod collection;
mod flag;
pub mod nodeinfo;
mod note;
mod object;
mod playlist;
mod read;
mod recipients;
#[cfg(test)]
mod tests;
mod url;
mod video;
mod view;
mod watch_action;
pub mod webfinger;

use serde_json::Value;

pub use self::activity::{Activity, FollowRef, Kind};
pub use self::actor::{Actor, ActorPublicKey};
pub use self::cache_file::{CacheFile, CacheLocation};
pub use self::chapters::{Chapter, parse_chapters};
pub use self::collection::{Collection, First, Item};
pub use self::flag::{Flag, Reason};
pub use self::note::{Markup, Mention, Note, Post, Tombstone};
pub use self::object::Object;
pub use self::playlist::{Playlist, PlaylistElement};
pub use self::read::{id_of, ids_of, type_of};
pub use self::recipients::{Audience, Recipients};
pub use self::url::{HttpUrl, host};
pub use self::video::{
    Attribution, Caption, Embedding, Hls, Image, Live, Magnet, Sensitive, Storyboard, Tracker, Video,
    VideoFile,
};
pub use self::view::{Presence, View};
pub use self::watch_action::{Location, WatchAction, WatchSection};

/// PeerTube's own bound for documents it fetches.
pub const MAX_DOCUMENT_BYTES: usize = 3 * 1024 * 1024;

/// What may be said in this network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// Accept `http://` and hosts that are no public names: servers under test, on loopback.
    pub allow_http: bool,
}

/// Why something is not taken. Nothing of what was received is in it, so it can be logged as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct Invalid {
    /// As the field is called in JSON.
    pub field: &'static str,
    /// The rest of the sentence.
    pub problem: &'static str,
}

impl Invalid {
    pub(crate) const fn new(field: &'static str, problem: &'static str) -> Self {
        Self { field, problem }
    }
}

/// The document in a body. `serde_json` gives up at 128 levels, which bounds every walk through what it returns.
pub fn document(bytes: &[u8]) -> Result<Value, Invalid> {
    if bytes.len() > MAX_DOCUMENT_BYTES {
        return Err(Invalid::new("document", "is too large"));
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|_| Invalid::new("document", "is not JSON"))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(Invalid::new("document", "is not an object"))
    }
}
