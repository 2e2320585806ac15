//! The chunk layer (RTMP 1.0 section 5.3): messages, cut into chunks so that large ones do not hold up small ones.

mod reader;
#[cfg(test)]
mod tests;
mod writer;

use bytes::Bytes;

pub use reader::Reader;
pub use writer::Writer;

/// Both sides start with this (5.4.1).
pub const DEFAULT_CHUNK_BYTES: usize = 128;
/// A 24-bit time of this value says that the real one follows in 32 bits (5.3.1.3): 4 hours and 39 minutes.
const EXTENDED: u32 = 0x00ff_ffff;

/// Message types (5.4, 7.1).
pub mod kind {
    pub const SET_CHUNK_SIZE: u8 = 1;
    pub const ABORT: u8 = 2;
    pub const ACKNOWLEDGEMENT: u8 = 3;
    pub const USER_CONTROL: u8 = 4;
    pub const WINDOW_ACKNOWLEDGEMENT_SIZE: u8 = 5;
    pub const SET_PEER_BANDWIDTH: u8 = 6;
    pub const AUDIO: u8 = 8;
    pub const VIDEO: u8 = 9;
    pub const DATA_AMF3: u8 = 15;
    pub const COMMAND_AMF3: u8 = 17;
    pub const DATA_AMF0: u8 = 18;
    pub const COMMAND_AMF0: u8 = 20;
    pub const AGGREGATE: u8 = 22;
}

/// One whole message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// One of [`kind`].
    pub kind: u8,
    /// Milliseconds; wraps after 49.7 days.
    pub timestamp: u32,
    pub stream_id: u32,
    pub payload: Bytes,
}
