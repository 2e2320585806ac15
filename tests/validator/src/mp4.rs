//! Looks into fragments: where tracks stand, what their first samples are.

/// The samples of one track in one fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub track: u32,
    /// Decoding time of the first sample (`tfdt`).
    pub base_dts: u64,
    /// Duration, size and sync flag of each sample.
    pub samples: Vec<Sample>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sample {
    pub duration: u32,
    pub size: u32,
    pub sync: bool,
    pub cts: i32,
}

/// One `moof` with its `mdat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    pub sequence: u32,
    pub runs: Vec<Run>,
}

/// Why bytes are no fragments.
pub type Problem = String;

/// Reads all fragments of a part or segment: `moof` and `mdat` in turn, nothing else, every sample inside its `mdat`.
pub fn fragments(data: &[u8]) -> Result<Vec<Fragment>, Problem> {
    let mut found = Vec::new();
    let mut boxes = boxes(data)?.into_iter();
    while let Some((kind, moof)) = boxes.next() {
        if &kind != b"moof" {
            return Err(format!("{} where a moof belongs", String::from_utf8_lossy(&kind)));
        }
        let Some((kind, mdat)) = boxes.next() else {
            return Err("a moof without mdat".into());
        };
        if &kind != b"mdat" {
            return Err("no mdat after the moof".into());
        }
        found.push(fragment(moof, mdat.len())?);
    }
    Ok(found)
}

fn fragment(moof: &[u8], mdat_len: usize) -> Result<Fragment, Problem> {
    let mut fragment = Fragment {
        sequence: 0,
        runs: Vec::new(),
    };
    // Offsets count from the start of the moof, whose header was taken off.
    let mut data_at = moof.len() + 16;
    for (kind, body) in boxes(moof)? {
        match &kind {
            b"mfhd" => fragment.sequence = u32_at(body, 4)?,
            b"traf" => fragment.runs.push(track_fragment(body, &mut data_at)?),
            other => return Err(format!("{} in a moof", String::from_utf8_lossy(other))),
        }
    }
    if data_at != moof.len() + 16 + mdat_len {
        return Err(format!(
            "samples end at {data_at}, mdat at {}",
            moof.len() + 16 + mdat_len
        ));
    }
    Ok(fragment)
}

fn track_fragment(traf: &[u8], data_at: &mut usize) -> Result<Run, Problem> {
    let mut run = Run {
        track: 0,
        base_dts: 0,
        samples: Vec::new(),
    };
    for (kind, body) in boxes(traf)? {
        match &kind {
            b"tfhd" => {
                if u32_at(body, 0)? != 0x02_0000 {
                    return Err("tfhd without default-base-is-moof".into());
                }
                run.track = u32_at(body, 4)?;
            }
            b"tfdt" => {
                if u32_at(body, 0)? != 0x0100_0000 {
                    return Err("tfdt not of version 1".into());
                }
                run.base_dts = u64::from(u32_at(body, 4)?) << 32 | u64::from(u32_at(body, 8)?);
            }
            b"trun" => samples(body, &mut run, data_at)?,
            other => return Err(format!("{} in a traf", String::from_utf8_lossy(other))),
        }
    }
    Ok(run)
}

fn samples(trun: &[u8], run: &mut Run, data_at: &mut usize) -> Result<(), Problem> {
    let flags = u32_at(trun, 0)?;
    if flags >> 24 != 1 || flags & 0x301 != 0x301 {
        return Err(format!("trun flags {flags:08x}"));
    }
    let count = u32_at(trun, 4)?;
    if usize::try_from(u32_at(trun, 8)?).ok() != Some(*data_at) {
        return Err("a trun whose data is elsewhere".into());
    }
    let mut at = 12;
    let mut next = |present: bool| {
        if present {
            at += 4;
            u32_at(trun, at - 4).map(Some)
        } else {
            Ok(None)
        }
    };
    for _ in 0..count {
        let (duration, size) = (next(true)?.unwrap_or(0), next(true)?.unwrap_or(0));
        let flags = next(flags & 0x400 != 0)?.unwrap_or(0);
        let cts = next(flags_cts(trun)?)?.unwrap_or(0);
        *data_at += usize::try_from(size).map_err(|e| e.to_string())?;
        run.samples.push(Sample {
            duration,
            size,
            sync: flags & 0x0001_0000 == 0,
            cts: cts.cast_signed(),
        });
    }
    Ok(())
}

fn flags_cts(trun: &[u8]) -> Result<bool, Problem> {
    Ok(u32_at(trun, 0)? & 0x800 != 0)
}

type Box<'a> = ([u8; 4], &'a [u8]);

fn boxes(mut data: &[u8]) -> Result<Vec<Box<'_>>, Problem> {
    let mut found = Vec::new();
    while !data.is_empty() {
        let size = usize::try_from(u32_at(data, 0)?).map_err(|e| e.to_string())?;
        let (Some(kind), Some(body)) = (data.get(4..8), data.get(8..size)) else {
            return Err(format!("a box of {size} bytes in {}", data.len()));
        };
        found.push((kind.try_into().map_err(|_| "no kind")?, body));
        data = data.get(size..).unwrap_or_default();
    }
    Ok(found)
}

fn u32_at(data: &[u8], at: usize) -> Result<u32, Problem> {
    let bytes = data.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes
        .map(u32::from_be_bytes)
        .ok_or_else(|| format!("too short at {at}"))
}
