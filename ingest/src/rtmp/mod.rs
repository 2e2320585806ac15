//! RTMP and RTMPS: what OBS, ffmpeg, GStreamer and most hardware encoders speak.
//!
//! ```text
//!  socket ─> handshake ─> chunk ─> session ─┬─ commands: answered, or a Request, or the End
//!                                           └─ audio, video: flv ─> demux (timeline, clock) ─> Event
//! ```
//! Everything but `server`, `publisher` and `connection` is a state machine without sockets and without a clock. One task per
//! connection: a small one until the client asks to publish, then whoever drives the [`Publisher`].

mod acknowledgements;
pub mod amf;
mod cadence;
pub mod chunk;
mod clock;
mod config;
mod connection;
mod demux;
pub mod flv;
pub mod handshake;
mod input;
mod malformed;
mod metadata;
mod publisher;
mod server;
pub mod session;
mod silence;
mod slots;
mod timeline;

pub use crate::{End, Rejection};
pub use config::Config;
pub use demux::Demuxer;
pub use malformed::Malformed;
pub use metadata::Metadata;
pub use publisher::Publisher;
pub use server::{Request, Server};
