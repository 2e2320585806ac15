//! Pictures and captions that other servers have of their videos, passed on from here: visitors load them from the server whose
//! page they look at, and a popular video does not bring its server to its knees.
//!
//! A file is fetched when somebody asks for it, kept under the hash of its address, and goes when there is no room, the one
//! that nobody asked for the longest first. What is kept is what was looked into: pictures that are pictures, captions that are
//! WebVTT. Nothing here can make a browser run anything.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use federation::client::{Client, FetchError, MAX_PICTURE_BYTES};
use sha2::{Digest, Sha256};

/// On the disk, together.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;
const MAX_FILES: usize = 50_000;
/// Room is made for more than one at a time.
const MAX_BYTES_AFTER: u64 = MAX_BYTES / 10 * 9;
const MAX_FILES_AFTER: usize = MAX_FILES / 10 * 9;
/// PeerTube takes captions of 20 MB; an hour of speech is 0.1 MB.
const MAX_CAPTION_BYTES: usize = 2 * 1024 * 1024;
/// What could not be had is not asked for again at once.
const FAILED_FOR: Duration = Duration::from_secs(60);
/// Failures remembered, and turns handed out; beyond it those that are over are forgotten.
const MAX_REMEMBERED: usize = 10_000;

/// What a file has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Picture,
    Captions,
}

#[derive(Debug)]
pub(crate) struct RemoteFile {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
    /// When it was fetched.
    pub modified: SystemTime,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("it is not what it is said to be")]
    NotThis,
    #[error("it could not be had a moment ago")]
    FailedLately,
    #[error(transparent)]
    Disk(#[from] io::Error),
}

type Key = [u8; 32];

#[derive(Debug)]
pub(crate) struct RemoteFiles {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    kept: HashMap<Key, Kept>,
    bytes: u64,
    failed: HashMap<Key, Instant>,
    /// Whoever asks for the same file meanwhile waits, and finds it on the disk then.
    turns: HashMap<Key, Arc<tokio::sync::Mutex<()>>>,
}

#[derive(Debug, Clone, Copy)]
struct Kept {
    bytes: u64,
    stored: SystemTime,
    used: SystemTime,
}

impl RemoteFiles {
    pub(crate) fn open(data_dir: &Path) -> io::Result<Self> {
        let folder = data_dir.join("remote-files");
        std::fs::create_dir_all(&folder)?;
        let mut state = State::default();
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let file = entry.metadata()?;
            match entry.file_name().to_str().and_then(key_of_name) {
                Some(key) => state.keep(key, file.len(), file.modified()?),
                // Half written when the process died.
                None => std::fs::remove_file(entry.path())?,
            }
        }
        Ok(Self {
            folder,
            state: Mutex::new(state),
        })
    }

    /// The file at this address, fetched if there is none, or none younger than this.
    pub(crate) async fn get(
        &self,
        client: &Client,
        url: &str,
        kind: Kind,
        max_age: Duration,
    ) -> Result<RemoteFile, Error> {
        let key: Key = Sha256::digest(url).into();
        if let Some(file) = self.kept(key, kind, max_age).await? {
            return Ok(file);
        }
        let turn = self.lock().turn(key);
        let _turn = turn.lock().await;
        if let Some(file) = self.kept(key, kind, max_age).await? {
            return Ok(file);
        }
        if self.lock().failed_lately(&key) {
            return self
                .kept(key, kind, Duration::MAX)
                .await?
                .ok_or(Error::FailedLately);
        }
        match self.fetch(client, key, url, kind).await {
            Ok(file) => Ok(file),
            Err(error) => {
                self.lock().failed(key);
                // An old picture is better than none.
                self.kept(key, kind, Duration::MAX).await?.ok_or(error)
            }
        }
    }

    async fn fetch(&self, client: &Client, key: Key, url: &str, kind: Kind) -> Result<RemoteFile, Error> {
        let (kinds, max_bytes): (&[&str], _) = match kind {
            Kind::Picture => (&["image/"], MAX_PICTURE_BYTES),
            Kind::Captions => (
                &["text/vtt", "text/plain", "application/octet-stream"],
                MAX_CAPTION_BYTES,
            ),
        };
        let (_, bytes) = client.get_bytes(url, kinds, max_bytes).await?;
        let media_type = media_type(&bytes, kind).ok_or(Error::NotThis)?;
        let bytes = Vec::from(bytes);
        let (path, written) = (self.path(key), bytes.clone());
        blocking(move || {
            let part = path.with_extension("part");
            std::fs::write(&part, written)?;
            std::fs::rename(part, path)
        })
        .await?;
        let now = SystemTime::now();
        let gone = {
            let mut state = self.lock();
            state.keep(key, u64::try_from(bytes.len()).unwrap_or(u64::MAX), now);
            state.make_room()
        };
        let paths: Vec<PathBuf> = gone.into_iter().map(|key| self.path(key)).collect();
        blocking(move || paths.iter().try_for_each(remove)).await?;
        Ok(RemoteFile {
            bytes,
            media_type,
            modified: now,
        })
    }

    async fn kept(&self, key: Key, kind: Kind, max_age: Duration) -> Result<Option<RemoteFile>, Error> {
        let now = SystemTime::now();
        let Some(stored) = self.lock().use_one(&key, now) else {
            return Ok(None);
        };
        if now.duration_since(stored).unwrap_or_default() > max_age {
            return Ok(None);
        }
        let path = self.path(key);
        let read = blocking(move || match std::fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        });
        // A power cut may leave the name without the bytes.
        Ok(read.await?.and_then(|bytes| {
            Some(RemoteFile {
                media_type: media_type(&bytes, kind)?,
                bytes,
                modified: stored,
            })
        }))
    }

    fn path(&self, key: Key) -> PathBuf {
        self.folder.join(hex::encode(key))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep(&mut self, key: Key, bytes: u64, stored: SystemTime) {
        let kept = Kept {
            bytes,
            stored,
            used: stored,
        };
        let before = self.kept.insert(key, kept).map_or(0, |before| before.bytes);
        self.bytes = self.bytes.saturating_sub(before).saturating_add(bytes);
        self.failed.remove(&key);
    }

    fn use_one(&mut self, key: &Key, now: SystemTime) -> Option<SystemTime> {
        let kept = self.kept.get_mut(key)?;
        kept.used = now;
        Some(kept.stored)
    }

    /// What has to go, the longest unused first.
    fn make_room(&mut self) -> Vec<Key> {
        if self.bytes <= MAX_BYTES && self.kept.len() <= MAX_FILES {
            return Vec::new();
        }
        let mut oldest: Vec<(SystemTime, Key)> =
            self.kept.iter().map(|(key, kept)| (kept.used, *key)).collect();
        oldest.sort_unstable();
        let mut gone = Vec::new();
        for (_, key) in oldest {
            if self.bytes <= MAX_BYTES_AFTER && self.kept.len() <= MAX_FILES_AFTER {
                break;
            }
            let bytes = self.kept.remove(&key).map_or(0, |kept| kept.bytes);
            self.bytes = self.bytes.saturating_sub(bytes);
            gone.push(key);
        }
        gone
    }

    fn turn(&mut self, key: Key) -> Arc<tokio::sync::Mutex<()>> {
        if self.turns.len() >= MAX_REMEMBERED {
            self.turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        Arc::clone(self.turns.entry(key).or_default())
    }

    fn failed(&mut self, key: Key) {
        if self.failed.len() >= MAX_REMEMBERED {
            self.failed.retain(|_, at| at.elapsed() < FAILED_FOR);
        }
        if self.failed.len() < MAX_REMEMBERED {
            self.failed.insert(key, Instant::now());
        }
    }

    fn failed_lately(&self, key: &Key) -> bool {
        self.failed.get(key).is_some_and(|at| at.elapsed() < FAILED_FOR)
    }
}

fn key_of_name(name: &str) -> Option<Key> {
    let mut key = Key::default();
    hex::decode_to_slice(name, &mut key).ok()?;
    Some(key)
}

/// By its first bytes: what a server says of its files is its own business.
fn media_type(bytes: &[u8], kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Captions => {
            let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            text.starts_with(b"WEBVTT").then_some("text/vtt; charset=utf-8")
        }
        Kind::Picture => match bytes {
            [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
            [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Some("image/png"),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
            [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
            [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f', ..] => Some("image/avif"),
            _ => None,
        },
    }
}

fn remove(path: &PathBuf) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_what_their_bytes_say() {
        assert_eq!(media_type(b"\xFF\xD8\xFF\xE0", Kind::Picture), Some("image/jpeg"));
        assert_eq!(
            media_type(b"RIFF\0\0\0\0WEBPVP8 ", Kind::Picture),
            Some("image/webp")
        );
        assert_eq!(media_type(b"<svg onload=alert(1)>", Kind::Picture), None);
        assert_eq!(media_type(b"<html>", Kind::Captions), None);
        assert!(media_type(b"\xEF\xBB\xBFWEBVTT\n", Kind::Captions).is_some());
        assert!(media_type(b"\xFF\xD8\xFF", Kind::Captions).is_none());
    }

    #[test]
    fn what_nobody_asks_for_makes_room() {
        let mut state = State::default();
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let key = |byte| Key::from([byte; 32]);
        for byte in 0..10 {
            state.keep(key(byte), MAX_BYTES / 10, at(u64::from(byte)));
        }
        assert!(state.make_room().is_empty());
        state.use_one(&key(0), at(100));
        state.keep(key(10), MAX_BYTES / 10, at(101));
        let gone = state.make_room();
        assert!(gone.contains(&key(1)) && !gone.contains(&key(0)), "{gone:?}");
        assert!(state.bytes <= MAX_BYTES_AFTER);
    }

    #[test]
    fn files_are_found_again_after_a_start() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("remote-files");
        std::fs::create_dir_all(&folder).unwrap();
        let name = hex::encode([7; 32]);
        std::fs::write(folder.join(&name), b"GIF89a").unwrap();
        std::fs::write(folder.join(format!("{name}.part")), b"GIF").unwrap();
        let files = RemoteFiles::open(dir.path()).unwrap();
        assert_eq!(files.lock().bytes, 6);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    }
}
