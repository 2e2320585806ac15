//! Media events in; parts, segments, playlists and archive files out.
//!
//! ```text
//! media::Event -> Segmenter -> Part, Entry -> live::Writer -> Arc<Window> -> live::Reader -> playlists and bytes
//!                                                                   └-> Archive (one more Reader) -> files
//! ```
//! The segmenter is sans-IO: time comes in as an argument. `live` shares immutable snapshots between one writer and any
//! number of readers. `archive` is a reader that appends closed segments to one file per rendition, which is at the same
//! time the recording, the replay and the place the live serves its older segments from.

pub mod archive;
pub mod cmaf;
mod error;
mod hash;
pub mod live;
pub mod playlist;
mod segment;
pub mod segmenter;
pub mod vod;

pub use archive::Archive;
pub use error::Error;
pub use hash::Sha256;
pub use segment::{Entry, Init, Part, Segment};
pub use segmenter::Segmenter;
