//! ISO BMFF as CMAF shapes it: initialization sections and fragments (ISO/IEC 14496-12, 23000-19).
//!
//! Boxes are written by hand: decoder configurations are copied byte for byte as the encoder sent them, and a
//! fragment is one exactly sized buffer into which every sample is copied once. Tests read the result back with
//! `mp4-atom` and with ffmpeg.

pub mod fragment;
pub mod init;

/// Track ID of the pictures in every file we write.
pub const VIDEO_TRACK: u32 = 1;
/// Track ID of the sound in every file we write.
pub const AUDIO_TRACK: u32 = 2;
