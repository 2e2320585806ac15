//! Publishers: whoever sends live media in, over whatever protocol, becomes a stream of [`media::Event`]s.
//!
//! A protocol's server hands out `Request`s; the program decides; an accepted request is a `Publisher`. This crate
//! calls nobody back, and knows no database and no playlist.

mod end;
mod error;
mod key;
mod protocol;
pub mod rtmp;

pub use end::{End, Rejection};
pub use error::Error;
pub use key::StreamKey;
pub use protocol::Protocol;
