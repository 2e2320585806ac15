//! The closed segments of a session without their bytes: an append-only list that snapshots share.
//!
//! Adding a segment copies at most one chunk and, every [`CHUNK`] segments, the list of chunks; a window clones two
//! reference counts. A five-hour session of 2 s segments is 9,000 entries of about 120 bytes.

use std::sync::Arc;

use crate::Entry;

const CHUNK: usize = 64;

/// Entries in order of their media sequence numbers, without holes.
#[derive(Debug, Clone, Default)]
pub struct History {
    chunks: Arc<Vec<Arc<[Entry]>>>,
    tail: Arc<Vec<Entry>>,
}

impl History {
    pub(super) fn push(&mut self, entry: Entry) {
        let tail = Arc::make_mut(&mut self.tail);
        tail.push(entry);
        if tail.len() == CHUNK {
            let full: Arc<[Entry]> = std::mem::take(tail).into();
            Arc::make_mut(&mut self.chunks).push(full);
        }
    }

    /// Forgets whole chunks that end before `msn`.
    pub(super) fn forget_before(&mut self, msn: u64) {
        let stale = |chunk: &Arc<[Entry]>| chunk.last().is_some_and(|entry| entry.msn < msn);
        let count = self.chunks.iter().take_while(|chunk| stale(chunk)).count();
        if count > 0 {
            Arc::make_mut(&mut self.chunks).drain(..count);
        }
    }

    pub fn first(&self) -> Option<&Entry> {
        self.chunks
            .first()
            .and_then(|chunk| chunk.first())
            .or_else(|| self.tail.first())
    }

    pub fn last(&self) -> Option<&Entry> {
        self.tail
            .last()
            .or_else(|| self.chunks.last().and_then(|chunk| chunk.last()))
    }

    pub fn get(&self, msn: u64) -> Option<&Entry> {
        let index = usize::try_from(msn.checked_sub(self.first()?.msn)?).ok()?;
        match self.chunks.get(index / CHUNK) {
            Some(chunk) => chunk.get(index % CHUNK),
            None => self.tail.get(index - self.chunks.len() * CHUNK),
        }
    }

    /// The entries from `msn` on.
    pub fn from(&self, msn: u64) -> impl Iterator<Item = &Entry> {
        let first = self.first().map_or(0, |entry| entry.msn);
        let skip = usize::try_from(msn.saturating_sub(first)).unwrap_or(usize::MAX);
        let chunks = self
            .chunks
            .iter()
            .skip(skip / CHUNK)
            .flat_map(|chunk| chunk.iter());
        // Chunks are full, so what is left to skip is known without counting.
        let left = skip - (skip / CHUNK).min(self.chunks.len()) * CHUNK;
        chunks.chain(self.tail.iter()).skip(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sha256;

    fn entry(msn: u64) -> Entry {
        Entry {
            msn,
            program_date_time: jiff::Timestamp::UNIX_EPOCH,
            duration_us: 2_000_000,
            bytes: 1,
            sha256: Sha256::of(b""),
            independent: true,
            discontinuity: false,
            discontinuities: 0,
            init: 0,
        }
    }

    #[test]
    fn finds_and_iterates_across_chunks_and_after_forgetting() {
        let mut history = History::default();
        for msn in 1..=500 {
            history.push(entry(msn));
        }
        let check = |history: &History, first: u64| {
            for msn in first..=500 {
                assert_eq!(history.get(msn).map(|e| e.msn), Some(msn));
                assert!(history.from(msn).map(|e| e.msn).eq(msn..=500), "{msn}");
            }
            assert!(history.get(501).is_none() && history.get(first - 1).is_none());
            assert_eq!(history.from(501).count(), 0);
            assert_eq!(history.from(10_000).count(), 0);
        };
        check(&history, 1);
        history.forget_before(200);
        check(&history, 193);
        assert_eq!(history.last().map(|e| e.msn), Some(500));
    }
}
