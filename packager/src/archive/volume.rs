//! The files of a recording, written with blocking calls by one thread at a time.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::{FallocateFlags, fallocate};

use super::index::{self, ENDLIST, Tracks};
use super::{Place, Summary, index_name, media_name};
use crate::{Error, Init, Segment};

/// Released in strides of this, a multiple of every file system's block.
const RELEASE_STRIDE: u64 = 1 << 20;
/// How much of a recording a power cut may cost. A killed process loses nothing that was written.
const SYNC_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Volume {
    /// Offsets are said with every call, so readers may share the handle.
    media: Arc<File>,
    media_path: PathBuf,
    index: Option<IndexFile>,
    /// Name of the MP4 in the index.
    uri: String,
    init: Option<u32>,
    last_msn: u64,
    summary: Summary,
    synced: Instant,
    /// What lies before this has been given back to the disk.
    released: u64,
}

#[derive(Debug)]
struct IndexFile {
    file: File,
    path: PathBuf,
    len: u64,
    finish_type: (u64, &'static str),
}

impl Volume {
    /// Creates the files; `init` says what resolution they are named after.
    pub(super) fn create(place: &Place, init: &Init, target_duration_s: u32) -> Result<Self, Error> {
        let tracks = Tracks::of(&init.tracks);
        let resolution = tracks.resolution.map_or(0, |(_, height)| height);
        let (media, media_path, index, uri) = match place {
            Place::Scratch { directory } => (scratch(directory)?, directory.clone(), None, String::new()),
            Place::Kept { directory, uuid } => {
                std::fs::create_dir_all(directory).map_err(|e| Error::io("creating", directory, e))?;
                let uri = media_name(uuid, resolution);
                let path = directory.join(&uri);
                let media = create(&path)?;
                let index =
                    IndexFile::create(directory.join(index_name(uuid, resolution)), target_duration_s)?;
                (media, path, Some(index), uri)
            }
        };
        Ok(Self {
            media: Arc::new(media),
            media_path,
            index,
            uri,
            init: None,
            last_msn: 0,
            summary: Summary {
                resolution,
                ..Summary::default()
            },
            synced: Instant::now(),
            released: 0,
        })
    }

    pub(super) fn file(&self) -> Arc<File> {
        self.media.clone()
    }

    pub(super) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Appends a segment and then its lines; its offset. On an error the files are as they were before.
    pub(super) fn append(&mut self, segment: &Segment, init: &Init) -> Result<u64, Error> {
        let start = self.summary.bytes;
        let written = self.write_segment(segment, init);
        match &written {
            Ok(_) => {
                self.init = Some(init.id);
                self.last_msn = segment.entry.msn;
                self.summary.segments += 1;
                self.summary.duration_us += segment.entry.duration_us;
                self.summary.tracks = Some(Tracks::of(&init.tracks));
            }
            Err(_) => {
                self.summary.bytes = start;
                self.cut();
            }
        }
        written
    }

    fn write_segment(&mut self, segment: &Segment, init: &Init) -> Result<u64, Error> {
        let entry = &segment.entry;
        let mut lines = String::new();
        // Segments that fell out of the window before they could be taken are missing here.
        let missed = entry.msn != self.last_msn + 1;
        if self.summary.segments > 0 && (entry.discontinuity || missed) {
            lines.push_str("#EXT-X-DISCONTINUITY\n");
        }
        if self.init != Some(init.id) {
            let offset = self.summary.bytes;
            self.write(&init.data)?;
            lines.push_str(&index::map(
                &Tracks::of(&init.tracks),
                &self.uri,
                offset,
                length(&init.data),
            ));
        }
        let offset = self.summary.bytes;
        for part in segment.parts.iter() {
            self.write(&part.data)?;
        }
        lines.push_str(&index::row(entry, &self.uri, offset));
        if let Some(index) = &mut self.index {
            index.append(&lines)?;
        }
        Ok(offset)
    }

    fn write(&mut self, data: &[u8]) -> Result<(), Error> {
        self.media
            .write_all_at(data, self.summary.bytes)
            .map_err(|e| Error::io("writing", &self.media_path, e))?;
        self.summary.bytes += length(data);
        Ok(())
    }

    /// Takes back what was written of a segment that could not be written whole.
    fn cut(&mut self) {
        if let Err(error) = self.media.set_len(self.summary.bytes) {
            tracing::warn!(%error, path = %self.media_path.display(), "cannot cut back a recording");
        }
        if let Some(index) = &mut self.index {
            index.cut();
        }
    }

    /// Whether there will be a replay.
    pub(super) fn is_kept(&self) -> bool {
        self.index.is_some()
    }

    /// Gives the disk back what lies before `offset`: a live that goes on for weeks takes no more than its window. On a
    /// file system that cannot, it takes what it takes.
    pub(super) fn release_before(&mut self, offset: u64) {
        let end = offset - offset % RELEASE_STRIDE;
        if end <= self.released {
            return;
        }
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let released = fallocate(&*self.media, hole, self.released, end - self.released);
        if let Err(error) = released {
            tracing::debug!(%error, path = %self.media_path.display(), "cannot release what left the window");
        }
        self.released = end;
    }

    pub(super) fn sync_if_due(&mut self) -> Result<(), Error> {
        if self.synced.elapsed() >= SYNC_EVERY {
            self.sync()
        } else {
            Ok(())
        }
    }

    /// The bytes first: the index must not speak of what is not there.
    fn sync(&mut self) -> Result<(), Error> {
        self.synced = Instant::now();
        let Some(index) = &self.index else { return Ok(()) };
        self.media
            .sync_data()
            .map_err(|e| Error::io("syncing", &self.media_path, e))?;
        index
            .file
            .sync_data()
            .map_err(|e| Error::io("syncing", &index.path, e))
    }

    /// Ends the index. A failure is logged: the recording is valid without, and `repair` ends it at the next start.
    pub(super) fn finish(mut self) -> Summary {
        let ended = match &mut self.index {
            Some(index) => index.finish(),
            None => Ok(()),
        };
        if let Err(error) = ended.and_then(|()| self.sync()) {
            tracing::warn!(%error, "cannot end the index of a recording");
        }
        self.summary
    }
}

impl IndexFile {
    fn create(path: PathBuf, target_duration_s: u32) -> Result<Self, Error> {
        let header = index::header(target_duration_s);
        let file = create(&path)?;
        let mut index = Self {
            file,
            path,
            len: 0,
            finish_type: index::finish_type(&header),
        };
        index.append(&header)?;
        Ok(index)
    }

    fn append(&mut self, lines: &str) -> Result<(), Error> {
        self.file
            .write_all_at(lines.as_bytes(), self.len)
            .map_err(|e| Error::io("writing", &self.path, e))?;
        self.len += length(lines.as_bytes());
        Ok(())
    }

    fn cut(&mut self) {
        if let Err(error) = self.file.set_len(self.len) {
            tracing::warn!(%error, path = %self.path.display(), "cannot cut back an index");
        }
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.append(ENDLIST)?;
        let (at, text) = self.finish_type;
        self.file
            .write_all_at(text.as_bytes(), at)
            .map_err(|e| Error::io("writing", &self.path, e))
    }
}

fn length(data: &[u8]) -> u64 {
    u64::try_from(data.len()).unwrap_or(u64::MAX)
}

/// A new file; one that is there already belongs to somebody else.
fn create(path: &Path) -> Result<File, Error> {
    let options = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path);
    options.map_err(|e| Error::io("creating", path, e))
}

/// A file that has no name.
fn scratch(directory: &Path) -> Result<File, Error> {
    std::fs::create_dir_all(directory).map_err(|e| Error::io("creating", directory, e))?;
    let unnamed = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_TMPFILE)
        .open(directory);
    match unnamed {
        Ok(file) => Ok(file),
        // Some file systems (NFS, overlayfs of old) have no unnamed files: name it for a moment.
        Err(e)
            if matches!(
                e.raw_os_error(),
                Some(libc::EOPNOTSUPP | libc::EISDIR | libc::EINVAL)
            ) =>
        {
            let path = directory.join(format!(".scratch-{}-{}", std::process::id(), unique()));
            let file = create(&path)?;
            std::fs::remove_file(&path).map_err(|e| Error::io("unlinking", &path, e))?;
            Ok(file)
        }
        Err(e) => Err(Error::io("creating a file in", directory, e)),
    }
}

/// A number no other scratch file of this process has.
fn unique() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// True for what an operator cures by making room.
pub(super) fn is_disk_full(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ENOSPC | libc::EDQUOT | libc::EFBIG)
    )
}
