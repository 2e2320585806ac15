//! Replays and other finished videos: the multivariant playlist over archive files, and the digests of their ranges.

use std::fmt::Write;

use crate::archive::{Index, Summary, index_name, media_name};

/// One rendition of a finished video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendition<'a> {
    pub summary: &'a Summary,
    /// Its index.
    pub index: &'a Index,
}

/// Name of the multivariant playlist of a finished video: PeerTube's.
pub fn master_name(uuid: &str) -> String {
    format!("{uuid}-master.m3u8")
}

/// The multivariant playlist, renditions in the order given (best first).
pub fn multivariant(uuid: &str, renditions: &[Rendition<'_>]) -> String {
    let mut out = String::from("#EXTM3U\n#EXT-X-VERSION:7\n");
    for Rendition { summary, index } in renditions {
        let bandwidth = peak_bps(index).max(1);
        let average = bits_per_second(summary.bytes, summary.duration_us).max(1);
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},AVERAGE-BANDWIDTH={average}"
        );
        if let Some(tracks) = &summary.tracks {
            let _ = write!(out, ",CODECS=\"{}\"", tracks.codecs);
            if let Some((width, height)) = tracks.resolution {
                let _ = write!(out, ",RESOLUTION={width}x{height}");
            }
        }
        let _ = write!(out, "\n{}\n", index_name(uuid, summary.resolution));
    }
    out
}

/// `segments-sha256.json` as PeerTube's player reads it: `{ "file name": { "first-last byte": "hex digest" } }`.
pub fn hashes(uuid: &str, renditions: &[Rendition<'_>]) -> String {
    let mut out = String::from("{");
    for (at, Rendition { summary, index }) in renditions.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        // Writing to a string does not fail.
        let _ = write!(out, "{comma}\"{}\":{{", media_name(uuid, summary.resolution));
        for (at, row) in index.rows.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            let last = row.offset.saturating_add(row.len).saturating_sub(1);
            let _ = write!(out, "{comma}\"{}-{last}\":\"{}\"", row.offset, row.sha256);
        }
        out.push('}');
    }
    out.push('}');
    out
}

/// RFC 8216bis 4.4.6.2: BANDWIDTH is the largest rate of any segment (those of less than half a second left out).
fn peak_bps(index: &Index) -> u64 {
    let long = index.rows.iter().filter(|row| row.duration_us >= 500_000);
    let rows: Vec<_> = if long.clone().next().is_some() {
        long.collect()
    } else {
        index.rows.iter().collect()
    };
    rows.iter()
        .map(|row| bits_per_second(row.len, row.duration_us))
        .max()
        .unwrap_or(0)
}

fn bits_per_second(bytes: u64, duration_us: i64) -> u64 {
    let micros = u128::try_from(duration_us.max(1)).unwrap_or(1);
    u64::try_from(u128::from(bytes) * 8_000_000 / micros).unwrap_or(u64::MAX)
}
