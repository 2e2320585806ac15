//! After a crash: a recording cut back to its last whole segment.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::index::{ENDLIST, Index};
use super::{Summary, index_name, media_name};
use crate::hash::Hasher;
use crate::{Error, Sha256};

/// Segments at the end whose bytes are compared with their digests. A power cut can lose what was not yet synced:
/// five seconds, so three segments of two; ten leave room for slow disks.
const VERIFIED_ROWS: usize = 10;
/// Bytes hashed at a time.
const BLOCK: usize = 64 << 10;
/// The largest index that is read: a day of two-second segments takes 12 MB.
const MAX_INDEX_BYTES: u64 = 64 << 20;

/// A recording that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    pub summary: Summary,
    /// Anything had to be done: the program did not end in order.
    pub changed: bool,
}

/// Resolutions recorded for a video.
pub fn find(directory: &Path, uuid: &str) -> Result<Vec<u32>, Error> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::io("listing", directory, e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.map_err(|e| Error::io("listing", directory, e))?.file_name();
        let resolution: Option<u32> = name.to_str().and_then(|name| {
            name.strip_prefix(uuid)?
                .strip_prefix('-')?
                .strip_suffix("-fragmented.mp4")?
                .parse()
                .ok()
        });
        found.extend(resolution);
    }
    found.sort_unstable();
    Ok(found)
}

/// Cuts a recording back to its last whole segment and ends its index. Repairing twice does nothing twice.
///
/// A recording without a whole segment is left empty (`segments` is 0): the caller removes it.
pub fn repair(directory: &Path, uuid: &str, resolution: u32) -> Result<Repaired, Error> {
    let uri = media_name(uuid, resolution);
    let media = Opened::new(directory.join(&uri))?;
    let index = Opened::new(directory.join(index_name(uuid, resolution)))?;
    let text = index.read_text()?;
    let mut parsed = Index::parse(&text, &uri);

    keep_whole(&mut parsed, &media)?;
    let bytes = parsed.data_end();
    let finished = parsed.ended && text.contains("#EXT-X-PLAYLIST-TYPE:VOD");
    let changed = media.len != bytes || !finished || parsed.rows.is_empty();
    if media.len != bytes {
        media
            .file
            .set_len(bytes)
            .map_err(|e| Error::io("cutting", &media.path, e))?;
    }
    if changed {
        index.finish(&parsed)?;
        media
            .file
            .sync_data()
            .map_err(|e| Error::io("syncing", &media.path, e))?;
    }
    let summary = Summary {
        resolution,
        segments: u64::try_from(parsed.rows.len()).unwrap_or(u64::MAX),
        duration_us: parsed.duration_us(),
        bytes,
        tracks: parsed.tracks,
    };
    Ok(Repaired { summary, changed })
}

/// Drops rows from the first whose bytes are not all there, do not follow the ones before, or are not what was written.
fn keep_whole(index: &mut Index, media: &Opened) -> Result<(), Error> {
    let mut end = 0;
    let contiguous = index.rows.iter().take_while(|row| {
        let fits = row.offset >= end && row.offset.checked_add(row.len).is_some_and(|to| to <= media.len);
        end = row.offset.saturating_add(row.len);
        fits
    });
    let mut keep = contiguous.count();
    index.ended &= keep == index.rows.len();
    let first_verified = keep.saturating_sub(VERIFIED_ROWS);
    for (at, row) in index.rows.iter().enumerate().take(keep).skip(first_verified) {
        if media.digest(row.offset, row.len)? != row.sha256 {
            keep = at;
            index.ended = false;
            break;
        }
    }
    index.rows.truncate(keep);
    Ok(())
}

struct Opened {
    file: File,
    path: PathBuf,
    len: u64,
}

impl Opened {
    fn new(path: PathBuf) -> Result<Self, Error> {
        // The index is created after the MP4; a crash between the two leaves it missing.
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = file.map_err(|e| Error::io("opening", &path, e))?;
        let len = file
            .metadata()
            .map_err(|e| Error::io("measuring", &path, e))?
            .len();
        Ok(Self { file, path, len })
    }

    /// The text up to the first byte that is none: after a power cut a file may end in zeros.
    fn read_text(&self) -> Result<String, Error> {
        let mut bytes = Vec::new();
        let read = (&self.file).take(MAX_INDEX_BYTES).read_to_end(&mut bytes);
        read.map_err(|e| Error::io("reading", &self.path, e))?;
        let text = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        Ok(text.split('\0').next().unwrap_or_default().to_owned())
    }

    fn digest(&self, offset: u64, len: u64) -> Result<Sha256, Error> {
        let mut hasher = Hasher::default();
        let mut block = vec![0; BLOCK];
        let mut at = offset;
        let end = offset.saturating_add(len);
        while at < end {
            let wanted = usize::try_from(end - at).unwrap_or(BLOCK).min(BLOCK);
            let chunk = block.get_mut(..wanted).unwrap_or_default();
            self.file
                .read_exact_at(chunk, at)
                .map_err(|e| Error::io("reading", &self.path, e))?;
            hasher.update(chunk);
            at += u64::try_from(wanted).unwrap_or(u64::MAX);
        }
        Ok(hasher.finish())
    }

    /// Makes this the finished index of `parsed`.
    fn finish(&self, parsed: &Index) -> Result<(), Error> {
        let end = u64::try_from(parsed.text_end()).unwrap_or(u64::MAX);
        let finished = self.file.set_len(end).and_then(|()| match parsed.finish_type() {
            Some((at, text)) if end > 0 => {
                self.file.write_all_at(ENDLIST.as_bytes(), end)?;
                self.file.write_all_at(text.as_bytes(), at)
            }
            _ => Ok(()),
        });
        finished
            .and_then(|()| self.file.sync_data())
            .map_err(|e| Error::io("repairing", &self.path, e))
    }
}
