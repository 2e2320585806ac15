//! What flows: tracks, frames and the events every publisher and every file reader yields.
//!
//! This crate is shared by `ingest` (which makes events) and `packager` (which consumes them), so that neither needs
//! the other. It knows no sockets, no files and no async runtime.

pub mod bits;
pub mod codec;
mod frame;
mod time;
mod track;

pub use codec::Codec;
pub use frame::{Event, Frame};
pub use time::{Timescale, rescale};
pub use track::{Kind, Track, TrackId};
