//! Bytes of a file as an answer. What the page cache holds is read at once, by the task that sends it; only what has to
//! come from the disk costs a trip to the blocking threads.

use std::fs::File;
use std::future::Future as _;
use std::io::{self, IoSliceMut};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::HttpBody;
use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use rustix::io::{ReadWriteFlags, preadv2};
use tokio::task::{JoinHandle, spawn_blocking};

/// How much is read at once, and the most that a slow reader holds. Most segments in two reads: with an eighth of it, the
/// system calls and wake-ups double what a request costs.
const CHUNK_BYTES: u64 = 512 * 1024;

/// Opens a file and asks for its length.
pub(super) async fn open(path: &Path) -> io::Result<(Arc<File>, u64)> {
    let file = match open_known(path) {
        Ok(file) => file,
        // Not known to the kernel yet, or to this kernel never without waiting.
        Err(_) => {
            let path = path.to_owned();
            spawn_blocking(move || File::open(path))
                .await
                .map_err(io::Error::other)??
        }
    };
    let metadata = file.metadata()?;
    if metadata.is_file() {
        Ok((Arc::new(file), metadata.len()))
    } else {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// Opens a file whose name and inode are in memory; fails rather than waits for the disk (openat2(2)).
fn open_known(path: &Path) -> rustix::io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    openat2(CWD, path, flags, Mode::empty(), ResolveFlags::CACHED).map(File::from)
}

/// A stretch of a file, read as the client takes it.
#[derive(Debug)]
pub(super) struct Stored {
    file: Arc<File>,
    at: u64,
    end: u64,
    /// What was given out last: its memory serves again once it is sent.
    given: Bytes,
    reading: Option<JoinHandle<io::Result<BytesMut>>>,
}

impl Stored {
    pub(super) fn new(file: Arc<File>, offset: u64, len: u64) -> Self {
        Self {
            file,
            at: offset,
            end: offset.saturating_add(len),
            given: Bytes::new(),
            reading: None,
        }
    }

    /// Memory for the next chunk. Cleared only when it is new.
    fn buffer(&mut self) -> BytesMut {
        let left = usize::try_from(CHUNK_BYTES.min(self.end - self.at)).unwrap_or(usize::MAX);
        match std::mem::take(&mut self.given).try_into_mut() {
            Ok(mut chunk) if chunk.capacity() >= left => {
                chunk.resize(left, 0);
                chunk
            }
            _ => BytesMut::zeroed(left),
        }
    }

    fn give(&mut self, chunk: BytesMut) -> Frame<Bytes> {
        let chunk = chunk.freeze();
        self.at = self
            .at
            .saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        self.given = chunk.clone();
        Frame::data(chunk)
    }
}

impl HttpBody for Stored {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        loop {
            if let Some(reading) = &mut this.reading {
                let read = ready!(Pin::new(reading).poll(context));
                this.reading = None;
                let read = read.map_err(io::Error::other).and_then(|chunk| chunk);
                return Poll::Ready(Some(read.map(|chunk| this.give(chunk))));
            }
            if this.at >= this.end {
                return Poll::Ready(None);
            }
            let mut chunk = this.buffer();
            if let Some(read) = read_cached(&this.file, &mut chunk, this.at) {
                chunk.truncate(read);
                return Poll::Ready(Some(Ok(this.give(chunk))));
            }
            let (file, at) = (Arc::clone(&this.file), this.at);
            this.reading = Some(spawn_blocking(move || {
                file.read_exact_at(&mut chunk, at).map(|()| chunk)
            }));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.at >= self.end
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.end.saturating_sub(self.at))
    }
}

/// Reads what is in the page cache; `None` when the disk has to be waited for, or when the file system cannot say so
/// (tmpfs, network file systems).
fn read_cached(file: &File, chunk: &mut BytesMut, at: u64) -> Option<usize> {
    match preadv2(file, &mut [IoSliceMut::new(chunk)], at, ReadWriteFlags::NOWAIT) {
        Ok(read @ 1..) => Some(read),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn sample(len: u32) -> (tempfile::NamedTempFile, Vec<u8>) {
        let data: Vec<u8> = (0..len).flat_map(u32::to_be_bytes).collect();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&data).unwrap();
        (file, data)
    }

    async fn read(file: &Arc<File>, offset: u64, len: u64) -> Result<Bytes, axum::Error> {
        let body = axum::body::Body::new(Stored::new(Arc::clone(file), offset, len));
        axum::body::to_bytes(body, usize::MAX).await
    }

    #[tokio::test]
    async fn a_stretch_of_a_file_is_its_bytes() {
        let (file, data) = sample(100_000);
        let (file, len) = open(file.path()).await.unwrap();
        assert_eq!(len, 400_000);
        for (from, to) in [
            (0, 400_000),
            (1, 65_537),
            (65_536, 131_072),
            (399_999, 400_000),
            (7, 7),
        ] {
            let body = read(&file, from, to - from).await.unwrap();
            let (from, to) = (usize::try_from(from).unwrap(), usize::try_from(to).unwrap());
            assert!(body == data[from..to], "{from}..{to}");
        }
    }

    #[tokio::test]
    async fn a_file_that_became_shorter_is_an_error() {
        let (file, _) = sample(1_000);
        let (file, _) = open(file.path()).await.unwrap();
        assert!(read(&file, 3_000, 2_000).await.is_err());
    }

    #[tokio::test]
    async fn a_folder_and_what_is_not_there_are_not_files() {
        let folder = tempfile::tempdir().unwrap();
        assert!(open(folder.path()).await.is_err());
        assert!(open(&folder.path().join("x.mp4")).await.is_err());
    }
}
