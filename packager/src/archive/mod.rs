//! The recording of a live: one append-only fragmented MP4 and an index beside it, which together are the replay.
//!
//! ```text
//! {uuid}-{resolution}-fragmented.mp4   init, segment, segment, …
//! {uuid}-{resolution}.m3u8             the byte-range media playlist; a segment's lines follow its bytes
//! ```
//! An [`Archive`] is one more reader of the live with a cursor over its closed segments. It runs in its own task and
//! never delays anybody: segments it could not take in time are a discontinuity in the recording. When the disk is
//! full or fails, the recording stops, what was recorded stays valid, and the live goes on. After a crash [`repair`]
//! cuts both files back to the last whole segment.

pub mod index;
mod repair;
mod volume;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::live::{Reader, Shelf, Window};
use crate::{Error, Init, Segment};
use volume::Volume;

pub use index::{Index, Row, Tracks};
pub use repair::{Repaired, find, repair};

/// Where a recording goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Files named after the video, kept as its replay.
    Kept { directory: PathBuf, uuid: String },
    /// A file without a name in `directory`: viewers can rewind, and nothing is left when the process is gone, however
    /// it goes.
    Scratch { directory: PathBuf },
}

/// What a recording holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Height in pixels of the first picture; 0 for sound alone. Part of the file names.
    pub resolution: u32,
    pub segments: u64,
    pub duration_us: i64,
    /// Size of the MP4.
    pub bytes: u64,
    /// What the last initialization section said.
    pub tracks: Option<Tracks>,
}

/// Why a recording stopped before the live did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    #[error("disk full")]
    DiskFull,
    #[error("{0}")]
    Failed(String),
}

/// How a recording is getting on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// No segment has been closed yet.
    Waiting,
    Recording(Summary),
    /// The recording is over, the live is not.
    Stopped(Stopped, Summary),
    /// The live is over and the recording complete.
    Finished(Summary),
}

/// Records one rendition of a live.
#[derive(Debug)]
pub struct Archive {
    reader: Reader,
    shelf: Arc<Shelf>,
    place: Place,
    state: watch::Sender<State>,
    /// The next segment to take.
    cursor: u64,
}

impl Archive {
    /// Takes the live on; from now on its writer relies on the archive for segments that leave memory. Spawn
    /// [`Archive::run`] at once.
    pub fn new(reader: Reader, place: Place) -> (Self, watch::Receiver<State>) {
        let (state, watched) = watch::channel(State::Waiting);
        let shelf = reader.shelf().clone();
        shelf.announce();
        (
            Self {
                reader,
                shelf,
                place,
                state,
                cursor: 1,
            },
            watched,
        )
    }

    /// Records until the live ends or the disk fails; the last state.
    pub async fn run(mut self) -> State {
        let mut volume: Option<Volume> = None;
        let state = loop {
            let window = self.reader.window();
            let batch: Vec<_> = window
                .recent()
                .filter(|segment| segment.entry.msn >= self.cursor)
                .cloned()
                .collect();
            if let Some(last) = batch.last() {
                self.cursor = last.entry.msn + 1;
                match self.append(volume.take(), batch, &window).await {
                    Ok(written) => {
                        self.state
                            .send_replace(State::Recording(written.summary().clone()));
                        volume = Some(written);
                    }
                    Err((why, summary)) => break State::Stopped(why, summary),
                }
            } else if window.ended() {
                break State::Finished(match volume.take() {
                    Some(volume) => blocking(move || volume.finish()).await.unwrap_or_default(),
                    None => Summary::default(),
                });
            } else {
                // An error means that the writer is gone; its last window says "ended".
                self.reader.changed().await;
            }
        };
        self.state.send_replace(state.clone());
        state
    }

    /// Appends closed segments off the runtime's threads, opening the files at the first.
    async fn append(
        &self,
        volume: Option<Volume>,
        batch: Vec<Arc<Segment>>,
        window: &Window,
    ) -> Result<Volume, (Stopped, Summary)> {
        let (place, shelf) = (self.place.clone(), self.shelf.clone());
        let settings = window.settings().clone();
        let kept_from = window.kept_from();
        let batch: Vec<(Arc<Segment>, Arc<Init>)> = batch
            .into_iter()
            .filter_map(|segment| Some((segment.clone(), window.init(segment.entry.init)?.clone())))
            .collect();
        let written = blocking(move || {
            let mut volume = match volume {
                Some(volume) => volume,
                None => {
                    let target = settings.segmenter().target_duration_s();
                    let (_, init) = batch
                        .first()
                        .ok_or_else(|| (Stopped::lost(), Summary::default()))?;
                    let opened = Volume::create(&place, init, target);
                    let volume = opened.map_err(|error| (Stopped::by(&error), Summary::default()))?;
                    shelf.open(volume.file());
                    volume
                }
            };
            let appended = batch.iter().try_for_each(|(segment, init)| {
                let offset = volume.append(segment, init)?;
                shelf.store(segment.entry.msn, offset, segment.entry.bytes);
                Ok(())
            });
            if !volume.is_kept()
                && let Some(offset) = shelf.forget_before(kept_from)
            {
                volume.release_before(offset);
            }
            match appended.and_then(|()| volume.sync_if_due()) {
                Ok(()) => Ok(volume),
                Err(error) => Err((Stopped::by(&error), volume.finish())),
            }
        });
        written
            .await
            .unwrap_or_else(|| Err((Stopped::lost(), Summary::default())))
    }
}

impl Stopped {
    fn by(error: &Error) -> Self {
        match error {
            Error::Io { source, .. } if volume::is_disk_full(source) => Self::DiskFull,
            Error::Io { source, .. } => Self::Failed(format!("{error}: {source}")),
            _ => Self::Failed(error.to_string()),
        }
    }

    fn lost() -> Self {
        Self::Failed("the recorder died".to_owned())
    }
}

/// Runs blocking work; `None` when it panicked or the runtime is shutting down.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    spawn_blocking(work).await.ok()
}

/// Name of the MP4 of a recording: PeerTube's for HLS files.
pub fn media_name(uuid: &str, resolution: u32) -> String {
    format!("{uuid}-{resolution}-fragmented.mp4")
}

/// Name of its index, the media playlist of the replay.
pub fn index_name(uuid: &str, resolution: u32) -> String {
    format!("{uuid}-{resolution}.m3u8")
}

impl Drop for Archive {
    /// However the archive ends, the writer must stop relying on it.
    fn drop(&mut self) {
        self.shelf.stop();
    }
}
