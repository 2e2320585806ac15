//! A strict judge of HLS playlists, for tests.
//!
//! It reads playlists by itself and shares no code with what writes them. A [`Validator`] follows one playlist URL: each
//! reload is judged alone (RFC 8216bis) and against those before it. [`mp4`] looks into the segments themselves.

pub mod mp4;
mod parse;
mod reload;
mod rules;

use std::fmt;

pub use parse::{Part, Playlist, Segment};

/// What a playlist claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole segments, reloaded at leisure.
    Classic,
    /// With partial segments and blocking reloads.
    LowLatency,
    /// Byte ranges of one file, finished or growing.
    Archive,
}

/// A rule broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// From 1; 0 for the playlist as a whole.
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// Collects what is wrong.
#[derive(Debug, Default)]
struct Findings(Vec<Violation>);

impl Findings {
    fn add(&mut self, line: usize, what: impl Into<String>) {
        self.0.push(Violation {
            line,
            what: what.into(),
        });
    }

    fn check(&mut self, line: usize, good: bool, what: impl FnOnce() -> String) {
        if !good {
            self.add(line, what());
        }
    }
}

/// Follows one playlist URL.
#[derive(Debug)]
pub struct Validator {
    kind: Kind,
    frame_us: i64,
    state: reload::State,
}

impl Validator {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            frame_us: 0,
            state: reload::State::default(),
        }
    }

    /// Tells how long a frame is: a part may be shorter than 85 % of the target if another frame would not have fitted.
    #[must_use]
    pub fn with_frame_us(mut self, frame_us: i64) -> Self {
        self.frame_us = frame_us;
        self
    }

    /// Judges the next reload.
    pub fn check(&mut self, text: &str) -> Result<(), Vec<Violation>> {
        let mut findings = Findings::default();
        let playlist = parse::playlist(text, &mut findings);
        rules::check(&playlist, self.kind, self.frame_us, &mut findings);
        self.state.follow(playlist, &mut findings);
        if findings.0.is_empty() {
            Ok(())
        } else {
            Err(findings.0)
        }
    }

    /// The playlist as a client knows it now: delta updates merged.
    pub fn playlist(&self) -> Option<&Playlist> {
        self.state.merged()
    }
}
