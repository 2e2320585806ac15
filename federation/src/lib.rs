//! Everything between rows of the database and ActivityPub, in PeerTube's vocabulary: who lives here and what they publish, as
//! JSON for other servers, and the signatures on what goes back and forth.
//!
//! The crate speaks HTTP only in the words of the `http` crate: sockets, routes and the clock are the program's. What it says
//! follows PeerTube 6.3, read from recorded exchanges (`tests/fixtures`).

pub mod accept;
mod context;
mod error;
pub mod key;
pub mod nodeinfo;
pub mod object;
pub mod signature;
mod site;
pub mod webfinger;

pub use error::Error;
pub use site::{INSTANCE_ACTOR, Site};

/// The media type of every object and collection (ActivityPub 3.2).
pub const CONTENT_TYPE: &str = "application/activity+json; charset=utf-8";
/// Everyone (ActivityPub 5.6).
pub const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";
