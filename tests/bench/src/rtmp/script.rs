//! A recording as the bytes to write, and when. It can be repeated for ever: every message says only how long after
//! the one before it comes.

use crate::error::{Context as _, Result};
use crate::media::{AUDIO, Recording, VIDEO};

use super::wire::{self, AUDIO_STREAM, CHUNK_BYTES, DATA, Start, VIDEO_STREAM, Value};

/// The bytes up to `end` are due at `at_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cue {
    at_ms: u64,
    end: usize,
}

/// One round of the recording, serialised.
#[derive(Debug)]
pub(crate) struct Script {
    head: Recording,
    bytes: Vec<u8>,
    cues: Vec<Cue>,
    round_ms: u64,
}

/// How far one connection is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    round: u64,
    sent: usize,
}

impl Script {
    pub(crate) fn new(mut recording: Recording) -> Result<Self> {
        let tags = std::mem::take(&mut recording.tags);
        let first_ms = tags.iter().map(|t| t.at_ms).min().unwrap_or(0);
        // A round is as long as its pictures: the last one lasts as long as they do on average.
        let pictures: Vec<u32> = tags
            .iter()
            .filter(|t| t.kind == VIDEO)
            .map(|t| t.at_ms - first_ms)
            .collect();
        let last = *pictures.last().context("the recording has no pictures")?;
        let gaps = u32::try_from(pictures.len() - 1).unwrap_or(u32::MAX);
        let picture_ms = last.checked_div(gaps).context("the recording has one picture")?;
        let round_ms = last + picture_ms.max(1);

        let mut bytes = Vec::new();
        let mut cues = Vec::new();
        let mut before = [None, None];
        for tag in &tags {
            let at_ms = tag.at_ms - first_ms;
            if at_ms >= round_ms {
                continue;
            }
            let (chunk_stream, before) = match (tag.kind, &mut before) {
                (VIDEO, [video, _]) => (VIDEO_STREAM, video),
                (_, [_, audio]) => (AUDIO_STREAM, audio),
            };
            let delta_ms = match before.replace(at_ms) {
                Some(before) => at_ms.saturating_sub(before),
                // What is left of the round before.
                None => {
                    let last = tags
                        .iter()
                        .rfind(|t| t.kind == tag.kind && t.at_ms - first_ms < round_ms);
                    (round_ms + at_ms).saturating_sub(last.map_or(0, |t| t.at_ms - first_ms))
                }
            };
            wire::message(
                &mut bytes,
                chunk_stream,
                Start::After { delta_ms },
                tag.kind,
                &tag.body,
                CHUNK_BYTES,
            );
            cues.push(Cue {
                at_ms: u64::from(at_ms),
                end: bytes.len(),
            });
        }
        Ok(Self {
            head: recording,
            bytes,
            cues,
            round_ms: u64::from(round_ms),
        })
    }

    /// What is sent before the media: metadata and decoder configurations, which also start the clocks at zero.
    pub(super) fn head(&self, stream: u32) -> Vec<u8> {
        let mut out = Vec::new();
        let start = Start::Zero { stream };
        let mut metadata = wire::values(&[Value::Text("@setDataFrame")]);
        metadata.extend(&self.head.metadata);
        wire::message(&mut out, AUDIO_STREAM, start, DATA, &metadata, CHUNK_BYTES);
        wire::message(
            &mut out,
            VIDEO_STREAM,
            start,
            VIDEO,
            &self.head.video_header,
            CHUNK_BYTES,
        );
        wire::message(
            &mut out,
            AUDIO_STREAM,
            start,
            AUDIO,
            &self.head.audio_header,
            CHUNK_BYTES,
        );
        out
    }

    /// What to write now, when `elapsed_ms` of the media should be out. At most the rest of the round.
    pub(super) fn due(&self, cursor: Cursor, elapsed_ms: u64) -> &[u8] {
        let Some(in_round) = elapsed_ms.checked_sub(cursor.round * self.round_ms) else {
            return &[];
        };
        let due = self.cues.partition_point(|cue| cue.at_ms <= in_round);
        let end = due
            .checked_sub(1)
            .and_then(|last| self.cues.get(last))
            .map_or(0, |cue| cue.end);
        self.bytes.get(cursor.sent..end).unwrap_or_default()
    }

    /// The rest of a message that was begun.
    pub(super) fn begun(&self, cursor: Cursor) -> &[u8] {
        let next = self.cues.partition_point(|cue| cue.end <= cursor.sent);
        let begins = next
            .checked_sub(1)
            .and_then(|before| self.cues.get(before))
            .map_or(0, |cue| cue.end);
        match self.cues.get(next) {
            Some(cue) if begins < cursor.sent => self.bytes.get(cursor.sent..cue.end).unwrap_or_default(),
            _ => &[],
        }
    }

    pub(super) fn advance(&self, cursor: &mut Cursor, bytes: usize) {
        cursor.sent += bytes;
        if cursor.sent >= self.bytes.len() {
            *cursor = Cursor {
                round: cursor.round + 1,
                sent: 0,
            };
        }
    }

    /// Media time of the next byte to go out.
    pub(super) fn position_ms(&self, cursor: Cursor) -> u64 {
        let next = self.cues.partition_point(|cue| cue.end <= cursor.sent);
        cursor.round * self.round_ms + self.cues.get(next).map_or(self.round_ms, |cue| cue.at_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Tag;

    fn script() -> Script {
        let tag = |kind, at_ms| Tag {
            kind,
            at_ms,
            body: vec![1; 10],
        };
        let tags = vec![
            tag(VIDEO, 5),
            tag(AUDIO, 5),
            tag(AUDIO, 28),
            tag(VIDEO, 38),
            tag(VIDEO, 71),
        ];
        Script::new(Recording {
            tags,
            ..Recording::default()
        })
        .unwrap()
    }

    /// Delta of each message, by reading the heads.
    fn deltas(script: &Script) -> Vec<u8> {
        script.bytes.chunks(18).map(|message| message[3]).collect()
    }

    #[test]
    fn rounds_join_without_a_gap() {
        let script = script();
        assert_eq!(script.round_ms, 99);
        // The first picture of a round comes 33 ms after the last of the round before, which came at 66.
        assert_eq!(deltas(&script), [33, 76, 23, 33, 33]);
    }

    #[test]
    fn media_is_due_in_its_time_and_whole_messages_are_left() {
        let script = script();
        let mut cursor = Cursor::default();
        assert_eq!(script.due(cursor, 0).len(), 36);
        script.advance(&mut cursor, 20);
        assert_eq!(script.due(cursor, 0).len(), 16);
        assert_eq!(script.begun(cursor).len(), 16);
        script.advance(&mut cursor, 16);
        assert_eq!(script.begun(cursor).len(), 0);
        assert_eq!(script.due(cursor, 22).len(), 0);
        assert_eq!(script.position_ms(cursor), 23);
        assert_eq!(script.due(cursor, 5_000).len(), 54);
        script.advance(&mut cursor, 54);
        assert_eq!(script.position_ms(cursor), 99);
        assert_eq!(script.due(cursor, 98).len(), 0);
        assert_eq!(script.due(cursor, 99).len(), 36);
    }
}
