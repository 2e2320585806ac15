//! Everything between rows of the database and ActivityPub, in PeerTube's vocabulary: who lives here and what they publish, as
//! JSON for other servers, and the signatures on what goes back and forth.
//!
//! Requests of others come in by the program's routes; what is asked of others goes out by [`client`], which guards addresses.
//! What it says follows PeerTube 6.3, read from recorded exchanges (`tests/fixtures`).

pub mod accept;
pub mod activity;
pub mod client;
mod context;
pub mod deliver;
mod error;
mod federation;
pub mod inbox;
pub mod key;
pub mod nodeinfo;
pub mod object;
pub mod outbox;
pub mod protocol;
pub mod remote;
mod settings;
pub mod signature;
mod signers;
mod site;
pub mod webfinger;

pub use activity::follow::{accept_follower, follow, reject_follower, remove_follower, unfollow};
pub use error::Error;
pub use federation::{Federation, News};
pub use outbox::Recipients;
pub use settings::{FollowPolicy, Followers, Settings};
pub use signers::LocalSigner;
pub use site::{INSTANCE_ACTOR, Site};

/// The media type of every object and collection (ActivityPub 3.2).
pub const CONTENT_TYPE: &str = "application/activity+json; charset=utf-8";
/// Everyone (ActivityPub 5.6).
pub const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";
