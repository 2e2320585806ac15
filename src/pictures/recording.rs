//! Where in a recording to look for a picture.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use bytes::Bytes;
use packager::archive::{self, Index, index_name, media_name};

/// How far into a recording, as a part of its length: past the "starting soon".
const SHARE: i64 = 10;
/// Segments are a few seconds long; at 100 Mbit/s five seconds fit.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A segment with its initialization section.
#[derive(Debug)]
pub(super) struct Moment {
    pub init: Bytes,
    pub media: Bytes,
}

/// Those worth trying, the best first: the second for when the first does not begin with an IDR. Empty for sound alone.
pub(super) fn moments(folder: &Path, uuid: &str) -> io::Result<Vec<Moment>> {
    let Some(resolution) = archive::find(folder, uuid).map_err(io::Error::other)?.pop() else {
        return Ok(Vec::new());
    };
    let name = media_name(uuid, resolution);
    let index = Index::parse(
        &std::fs::read_to_string(folder.join(index_name(uuid, resolution)))?,
        &name,
    );
    if resolution == 0 || index.rows.is_empty() {
        return Ok(Vec::new());
    }
    let file = File::open(folder.join(name))?;
    let within = row_at(&index, index.duration_us() / SHARE);
    let mut moments = vec![read(&file, &index, within)?];
    if within > 0 {
        moments.push(read(&file, &index, 0)?);
    }
    Ok(moments)
}

/// The segment that is shown at a time.
fn row_at(index: &Index, time_us: i64) -> usize {
    let mut end_us = 0_i64;
    let shown = index.rows.iter().position(|row| {
        end_us = end_us.saturating_add(row.duration_us);
        end_us > time_us
    });
    shown.unwrap_or(0)
}

/// Initialization sections lie between the segments, each before the first that needs it.
fn read(file: &File, index: &Index, wanted: usize) -> io::Result<Moment> {
    let (mut init, mut media, mut end) = (0..0, 0..0, 0);
    for row in index.rows.iter().take(wanted.saturating_add(1)) {
        if row.offset > end {
            init = end..row.offset;
        }
        end = row.offset.saturating_add(row.len);
        media = row.offset..end;
    }
    Ok(Moment {
        init: read_range(file, init)?,
        media: read_range(file, media)?,
    })
}

fn read_range(file: &File, range: std::ops::Range<u64>) -> io::Result<Bytes> {
    let len = range.end.saturating_sub(range.start);
    if len > MAX_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = vec![0; usize::try_from(len).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD\n\
        #EXT-X-MAP:URI=\"u-2-fragmented.mp4\",BYTERANGE=\"2@0\"\nROW 3@2\nROW 3@5\n\
        #EXT-X-MAP:URI=\"u-2-fragmented.mp4\",BYTERANGE=\"2@8\"\nROW 3@10\n#EXT-X-ENDLIST\n";

    #[test]
    fn every_moment_comes_with_its_own_initialization_section() {
        let folder = tempfile::tempdir().unwrap();
        let row = format!(
            "#EXT-X-TRIBUTARY-SHA256:{}\n#EXTINF:2.0,\n#EXT-X-BYTERANGE:",
            "0".repeat(64)
        );
        let mut text = INDEX.replace("ROW ", &row);
        for range in ["3@2", "3@5", "3@10"] {
            text = text.replace(
                &format!("BYTERANGE:{range}\n"),
                &format!("BYTERANGE:{range}\nu-2-fragmented.mp4\n"),
            );
        }
        std::fs::write(folder.path().join("u-2.m3u8"), text).unwrap();
        std::fs::write(folder.path().join("u-2-fragmented.mp4"), b"IIaaabbbJJccc").unwrap();

        let moments = moments(folder.path(), "u").unwrap();
        assert_eq!(moments.len(), 1, "a tenth in is the first segment");
        assert_eq!((&*moments[0].init, &*moments[0].media), (&b"II"[..], &b"aaa"[..]));
        let file = File::open(folder.path().join("u-2-fragmented.mp4")).unwrap();
        let text = std::fs::read_to_string(folder.path().join("u-2.m3u8")).unwrap();
        let index = Index::parse(&text, "u-2-fragmented.mp4");
        assert_eq!(
            [0, 2_000_000, 5_999_999].map(|time| row_at(&index, time)),
            [0, 1, 2]
        );
        let last = read(&file, &index, 2).unwrap();
        assert_eq!((&*last.init, &*last.media), (&b"JJ"[..], &b"ccc"[..]));
    }
}
