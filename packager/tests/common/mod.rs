//! Streams for tests: synthetic ones with exact control of time, and real ones made by ffmpeg.
#![allow(dead_code, reason = "each test binary uses its own part of this module")]
#![expect(
    clippy::allow_attributes,
    reason = "an unused item is an error in one binary and not in the next"
)]

pub(crate) mod flv;
pub(crate) mod harness;
pub(crate) mod mp4;
pub(crate) mod synthetic;
