//! A live on the air: one [`Writer`], any number of [`Reader`]s, and between them an immutable [`Window`].
//!
//! The writer runs in the publisher's own task and does nothing but compute. Each closed part makes one new window and
//! one wake. Readers pull: a playlist request waits for the window that has what it asks for, takes its reference and
//! lets go. Nothing is queued for anybody.

mod history;
pub mod name;
mod shelf;
mod window;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::segmenter;

pub use history::History;
pub use shelf::Shelf;
pub use window::{Body, Edge, OpenSegment, Opener, Source, TooFarAhead, Window};
pub use writer::{Closed, Writer};

/// The shortest PART-TARGET players digest; below it they skip parts (field experience: 200 ms works, less does not).
pub const MIN_PART_MS: u32 = 200;
/// The longest PART-TARGET: beyond it low latency is none.
pub const MAX_PART_MS: u32 = 1_000;

/// The constants of one rendition of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// PART-TARGET in milliseconds; taken into [`MIN_PART_MS`]`..=`[`MAX_PART_MS`].
    pub part_ms: u32,
    /// The first IDR after this closes a segment; at least `part_ms`.
    pub segment_ms: u32,
    /// Closed segments kept in memory while an archive keeps the older ones. Without an archive it is at least
    /// [`UNSHELVED_WINDOW`].
    pub window: usize,
    /// How far back playlists reach; `None` for the whole session. Without an archive they reach as far as memory.
    pub dvr: Option<Duration>,
    /// Number of the session at this address: part of every media name, so that names are never used twice.
    pub session: u64,
    /// Number of the rendition, 0 for the source.
    pub rendition: u32,
}

/// Closed segments listed when there is no archive: what a classic player needs to start three target durations from
/// the end (RFC 8216bis 6.3.3) with segments of half a target duration.
pub const UNSHELVED_WINDOW: usize = 6;

impl Default for Settings {
    fn default() -> Self {
        Self {
            part_ms: 500,
            segment_ms: 2_000,
            window: 4,
            dvr: None,
            session: 1,
            rendition: 0,
        }
    }
}

impl Settings {
    /// The same settings within their bounds.
    fn bounded(mut self) -> Self {
        self.part_ms = self.part_ms.clamp(MIN_PART_MS, MAX_PART_MS);
        self.segment_ms = self.segment_ms.clamp(self.part_ms, 60_000);
        self.window = self.window.clamp(1, 64);
        self
    }

    pub(crate) fn segmenter(&self) -> segmenter::Config {
        segmenter::Config {
            part_us: i64::from(self.part_ms) * 1_000,
            segment_us: i64::from(self.segment_ms) * 1_000,
        }
    }
}

/// Opens a live. The writer belongs to the publisher's task; readers are cloned for whoever wants one.
pub fn channel(settings: Settings) -> (Writer, Reader) {
    let settings = Arc::new(settings.bounded());
    let shelf = Arc::new(Shelf::default());
    let (tx, rx) = watch::channel(Arc::new(Window::empty(settings.clone(), shelf.clone())));
    (Writer::new(settings, shelf.clone(), tx), Reader { rx, shelf })
}

/// Sees the live through its latest [`Window`]. A clone is a few reference counts.
#[derive(Debug, Clone)]
pub struct Reader {
    rx: watch::Receiver<Arc<Window>>,
    shelf: Arc<Shelf>,
}

impl Reader {
    /// The latest window.
    pub fn window(&self) -> Arc<Window> {
        self.rx.borrow().clone()
    }

    /// Waits until [`Window::has`] is true of the latest window, or the live has ended. The caller bounds the wait
    /// (RFC 8216bis 6.2.5.2: three target durations).
    pub async fn wait(&self, msn: u64, part: Option<u32>) -> Arc<Window> {
        let mut rx = self.rx.clone();
        match rx
            .wait_for(|window| window.ended() || window.has(msn, part))
            .await
        {
            Ok(window) => window.clone(),
            // The writer is gone; its last window says "ended".
            Err(_) => self.window(),
        }
    }

    /// Waits for one part: the answer to a request for a preload hint. `None` when it will never exist: its segment
    /// closed without it, or the live ended, or it is not the next part to come.
    pub async fn wait_part(&self, msn: u64, part: u32) -> Option<Body> {
        if !self.window().may_come(msn, part) {
            return None;
        }
        self.wait(msn, Some(part)).await.part(msn, part)
    }

    /// Waits for the next window after the last one this reader saw with `changed`. False when the live has ended and
    /// the last window was seen.
    pub async fn changed(&mut self) -> bool {
        self.rx.changed().await.is_ok()
    }

    /// Where the archive says what it has stored.
    pub(crate) fn shelf(&self) -> &Arc<Shelf> {
        &self.shelf
    }
}

#[cfg(test)]
mod tests;
