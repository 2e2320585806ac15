//! Fragments: one `moof` with a `traf` per track, one `mdat`.
//!
//! | box  | version, flags | carries |
//! |------|----------------|---------|
//! | mfhd | 0              | sequence number |
//! | tfhd | default-base-is-moof | track ID: offsets count from the moof, so parts can be concatenated |
//! | tfdt | 1              | decoding time of the first sample, 64 bits |
//! | trun | 1, data-offset + duration + size (+ flags + composition offset for pictures) | one row a sample; version 1: signed offsets |

use bytes::{BufMut, Bytes, BytesMut};
use media::Kind;

use super::init::track_id;

/// One frame with times on the session timeline, in ticks of its file track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub dts: i64,
    pub duration: u32,
    pub cts: i32,
    pub keyframe: bool,
    pub data: Bytes,
}

/// The samples of one track in a fragment. Without samples it still says where its track stands.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    pub kind: Kind,
    /// Decoding time of the first sample.
    pub base_dts: i64,
    pub samples: &'a [Sample],
}

const BOX: usize = 8;
const FULL_BOX: usize = 12;
const MFHD: usize = FULL_BOX + 4;
const TFHD: usize = FULL_BOX + 4;
const TFDT: usize = FULL_BOX + 8;
const TRUN: usize = FULL_BOX + 8;

const DEFAULT_BASE_IS_MOOF: u32 = 0x02_0000;
const DATA_OFFSET: u32 = 0x0001;
const SAMPLE_DURATION: u32 = 0x0100;
const SAMPLE_SIZE: u32 = 0x0200;
const SAMPLE_FLAGS: u32 = 0x0400;
const SAMPLE_CTS: u32 = 0x0800;
/// Sample flags (14496-12 8.8.3.1): depends on no other sample.
const SYNC: u32 = 0x0200_0000;
/// Sample flags: depends on others, and is no sync sample.
const NON_SYNC: u32 = 0x0101_0000;

impl Run<'_> {
    fn row_bytes(&self) -> usize {
        match self.kind {
            Kind::Video => 16,
            Kind::Audio => 8,
        }
    }

    fn trun_bytes(&self) -> usize {
        if self.samples.is_empty() {
            0
        } else {
            TRUN + self.row_bytes() * self.samples.len()
        }
    }

    fn traf_bytes(&self) -> usize {
        BOX + TFHD + TFDT + self.trun_bytes()
    }

    fn data_bytes(&self) -> usize {
        self.samples.iter().map(|s| s.data.len()).sum()
    }
}

/// Writes a fragment into one buffer of exactly its size; each sample is copied once, here.
pub fn write(sequence: u32, runs: &[Run<'_>]) -> Bytes {
    let moof = BOX + MFHD + runs.iter().map(Run::traf_bytes).sum::<usize>();
    let mdat = BOX + runs.iter().map(Run::data_bytes).sum::<usize>();
    let mut out = BytesMut::with_capacity(moof + mdat);

    head(&mut out, moof, b"moof");
    full_head(&mut out, MFHD, b"mfhd", 0, 0);
    out.put_u32(sequence);
    let mut data_at = moof + BOX;
    for run in runs {
        head(&mut out, run.traf_bytes(), b"traf");
        full_head(&mut out, TFHD, b"tfhd", 0, DEFAULT_BASE_IS_MOOF);
        out.put_u32(track_id(run.kind));
        full_head(&mut out, TFDT, b"tfdt", 1, 0);
        out.put_u64(u64::try_from(run.base_dts).unwrap_or(0));
        if !run.samples.is_empty() {
            trun(&mut out, run, data_at);
        }
        data_at += run.data_bytes();
    }

    head(&mut out, mdat, b"mdat");
    for sample in runs.iter().flat_map(|run| run.samples) {
        out.put_slice(&sample.data);
    }
    out.freeze()
}

fn trun(out: &mut BytesMut, run: &Run<'_>, data_at: usize) {
    let rows = match run.kind {
        Kind::Video => SAMPLE_DURATION | SAMPLE_SIZE | SAMPLE_FLAGS | SAMPLE_CTS,
        Kind::Audio => SAMPLE_DURATION | SAMPLE_SIZE,
    };
    full_head(out, run.trun_bytes(), b"trun", 1, DATA_OFFSET | rows);
    out.put_u32(narrow(run.samples.len()));
    out.put_u32(narrow(data_at));
    for sample in run.samples {
        out.put_u32(sample.duration);
        out.put_u32(narrow(sample.data.len()));
        if run.kind == Kind::Video {
            out.put_u32(if sample.keyframe { SYNC } else { NON_SYNC });
            out.put_i32(sample.cts);
        }
    }
}

fn head(out: &mut BytesMut, size: usize, kind: &[u8; 4]) {
    out.put_u32(narrow(size));
    out.put_slice(kind);
}

fn full_head(out: &mut BytesMut, size: usize, kind: &[u8; 4], version: u8, flags: u32) {
    head(out, size, kind);
    out.put_u32(u32::from(version) << 24 | flags);
}

/// The segmenter caps a part far below 4 GiB (`segmenter::MAX_PART_BYTES`).
fn narrow(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}
