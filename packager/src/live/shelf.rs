//! Where segments are once they have left memory: the archive writes here what it has stored, windows look it up.

use std::fs::File;
use std::sync::{Arc, PoisonError, RwLock};

/// What the archive of a live has stored so far.
#[derive(Debug, Default)]
pub struct Shelf {
    stored: RwLock<Stored>,
}

#[derive(Debug, Default)]
struct Stored {
    file: Option<Arc<File>>,
    /// Offset and length by media sequence number, from 1; a length of 0 for what was missed.
    ranges: Vec<(u64, u64)>,
    /// Nothing before this is looked up any more.
    first_msn: u64,
    recording: bool,
}

impl Shelf {
    /// An archive has taken the live on: the writer may rely on it.
    pub(crate) fn announce(&self) {
        self.write(|stored| stored.recording = true);
    }

    pub(crate) fn open(&self, file: Arc<File>) {
        self.write(|stored| stored.file = Some(file));
    }

    /// No more segments will be stored. Those that are stay readable.
    pub(crate) fn stop(&self) {
        self.write(|stored| stored.recording = false);
    }

    pub(crate) fn store(&self, msn: u64, offset: u64, len: u64) {
        let Some(index) = msn.checked_sub(1).and_then(|index| usize::try_from(index).ok()) else {
            return;
        };
        self.write(|stored| {
            stored.ranges.resize(stored.ranges.len().max(index), (0, 0));
            stored.ranges.truncate(index);
            stored.ranges.push((offset, len));
        });
    }

    /// Forgets the segments before `msn`; where the first that stays begins.
    pub(crate) fn forget_before(&self, msn: u64) -> Option<u64> {
        self.write(|stored| stored.first_msn = stored.first_msn.max(msn));
        self.read(|stored| stored.range(msn)).map(|(offset, _)| offset)
    }

    pub(super) fn recording(&self) -> bool {
        self.read(|stored| stored.recording)
    }

    pub(super) fn has(&self, msn: u64) -> bool {
        self.read(|stored| stored.range(msn).is_some())
    }

    /// File, offset and length of a stored segment.
    pub(super) fn find(&self, msn: u64) -> Option<(Arc<File>, u64, u64)> {
        self.read(|stored| {
            let (offset, len) = stored.range(msn)?;
            Some((stored.file.clone()?, offset, len))
        })
    }

    fn read<T>(&self, look: impl FnOnce(&Stored) -> T) -> T {
        look(&self.stored.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut Stored)) {
        change(&mut self.stored.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Stored {
    fn range(&self, msn: u64) -> Option<(u64, u64)> {
        let index = usize::try_from(msn.checked_sub(1)?).ok()?;
        let range = self.ranges.get(index).copied();
        range.filter(|(_, len)| *len > 0 && msn >= self.first_msn)
    }
}
