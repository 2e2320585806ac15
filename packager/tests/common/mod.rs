//! Streams for tests: synthetic ones with exact control of time, and real ones made by ffmpeg.
#![allow(dead_code, reason = "each test binary uses its own part of this module")]
pub(crate) mod flv;
pub(crate) mod harness;
pub(crate) mod mp4;
pub(crate) mod synthetic;
