//! Makes parts and segments of samples: numbers them, hashes them, remembers initialization sections.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use media::{Kind, Track};

use super::{Config, Opening, Output};
use crate::cmaf::{fragment, init};
use crate::hash::{Deferred, Hasher};
use crate::{Entry, Error, Init, Part, Sha256};

/// Different initialization sections a session may have. Each stays in memory as long as a listed segment needs it;
/// encoders change configuration a handful of times a day, if ever.
pub const MAX_INITS: usize = 256;

/// A segment that reaches this size is closed at the next part. 4 s at 100 Mbit/s are 50 MB.
pub const MAX_SEGMENT_BYTES: u64 = 64 << 20;

/// A segment with this many parts is closed at the next. 4.5 s of 170 ms parts (200 ms at an awkward frame rate) are 27;
/// only a publisher that makes us cut by size gets here.
const MAX_PARTS: u32 = 64;

#[derive(Debug)]
pub(super) struct Press {
    pub(super) out: VecDeque<Output>,
    config: Config,
    inits: Vec<Arc<Init>>,
    init: u32,
    /// `mfhd` sequence number of the last fragment.
    sequence: u32,
    next_msn: u64,
    discontinuity: bool,
    discontinuities: u64,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    opening: Opening,
    independent: bool,
    duration_us: i64,
    parts: u32,
    bytes: u64,
    hasher: Hasher,
}

impl Press {
    pub(super) fn new(config: Config) -> Self {
        Self {
            out: VecDeque::new(),
            config,
            inits: Vec::new(),
            init: 0,
            sequence: 0,
            next_msn: 1,
            discontinuity: false,
            discontinuities: 0,
            open: None,
        }
    }

    /// The next segment does not continue the last one. Before the first segment there is nothing to continue.
    pub(super) fn mark_discontinuity(&mut self) {
        self.discontinuity = self.next_msn > 1;
    }

    /// Chooses the initialization section of the parts that follow.
    pub(super) fn load(&mut self, tracks: Arc<[Track]>) -> Result<(), Error> {
        if let Some(known) = self.inits.iter().find(|known| known.tracks == tracks) {
            self.init = known.id;
            return Ok(());
        }
        if self.inits.len() >= MAX_INITS {
            return Err(Error::TooManyConfigurations(MAX_INITS));
        }
        let data = init::write(&tracks);
        self.init = u32::try_from(self.inits.len()).unwrap_or(u32::MAX);
        let init = Arc::new(Init {
            id: self.init,
            sha256: Sha256::of(&data),
            data,
            tracks,
        });
        self.inits.push(init.clone());
        self.out.push_back(Output::Init(init));
        Ok(())
    }

    /// Adds a part that begins at `at`, opening a segment if none is open.
    pub(super) fn part(
        &mut self,
        runs: &[fragment::Run<'_>],
        at: Timestamp,
        duration_us: i64,
        independent: bool,
    ) {
        self.sequence = self.sequence.wrapping_add(1);
        let data = fragment::write(self.sequence, runs);
        let open = match &mut self.open {
            Some(open) => open,
            None => {
                let discontinuity = std::mem::take(&mut self.discontinuity);
                self.discontinuities += u64::from(discontinuity);
                let opening = Opening {
                    msn: self.next_msn,
                    program_date_time: at,
                    discontinuity,
                    discontinuities: self.discontinuities,
                    init: self.init,
                };
                self.next_msn += 1;
                self.out.push_back(Output::Open(opening.clone()));
                self.open.insert(Open {
                    opening,
                    independent,
                    duration_us: 0,
                    parts: 0,
                    bytes: 0,
                    hasher: Hasher::default(),
                })
            }
        };
        open.hasher.update(&data);
        open.bytes = open
            .bytes
            .saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        open.duration_us += duration_us;
        open.parts += 1;
        // The segment's digest so far is that of its first part: the one with the IDR, the largest of all.
        let digest = if open.parts == 1 {
            Deferred::known(open.hasher.clone().finish())
        } else {
            Deferred::default()
        };
        let pictures = runs
            .iter()
            .filter(|run| run.kind == Kind::Video)
            .map(|run| run.samples.len())
            .sum::<usize>();
        let pictures = u32::try_from(pictures).unwrap_or(u32::MAX);
        self.out.push_back(Output::Part(Part {
            data,
            digest,
            duration_us,
            independent,
            pictures,
        }));
    }

    /// Whether the open segment begins with an IDR; `None` if no segment is open.
    pub(super) fn independent(&self) -> Option<bool> {
        self.open.as_ref().map(|open| open.independent)
    }

    pub(super) fn open_us(&self) -> i64 {
        self.open.as_ref().map_or(0, |open| open.duration_us)
    }

    /// The open segment has no room for another whole part.
    pub(super) fn is_full(&self) -> bool {
        self.open.as_ref().is_some_and(|open| {
            open.duration_us + self.config.part_us > self.config.longest_segment_us()
                || open.bytes >= MAX_SEGMENT_BYTES
                || open.parts >= MAX_PARTS
        })
    }

    pub(super) fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        self.out.push_back(Output::Close(Entry {
            msn: open.opening.msn,
            program_date_time: open.opening.program_date_time,
            duration_us: open.duration_us,
            bytes: open.bytes,
            sha256: open.hasher.finish(),
            independent: open.independent,
            discontinuity: open.opening.discontinuity,
            discontinuities: open.opening.discontinuities,
            init: open.opening.init,
        }));
    }
}
