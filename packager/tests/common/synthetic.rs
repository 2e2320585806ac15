//! Synthetic streams: configurations are real, frames are a few bytes, times are exact.

use std::sync::Arc;

use bytes::Bytes;
use media::codec::{aac, h264, opus};
use media::{Codec, Event, Frame, Timescale, Track, TrackId};

pub(crate) const VIDEO: TrackId = TrackId(0);
pub(crate) const AUDIO: TrackId = TrackId(1);

/// An AVC configuration; `level` makes different ones.
pub(crate) fn h264(level: u8) -> Codec {
    Codec::H264(h264::Config {
        record: Bytes::from(vec![1, 0x64, 0, level, 0xff, 0xe0, 0]),
        width: 320,
        height: 180,
        length_size: 4,
    })
}

pub(crate) fn aac(sample_rate: u32) -> Codec {
    let record: &[u8] = match sample_rate {
        48_000 => &[0x11, 0x90],
        44_100 => &[0x12, 0x10],
        _ => panic!("no configuration for {sample_rate} Hz"),
    };
    Codec::Aac(aac::Config::parse(Bytes::from_static(record)).unwrap())
}

pub(crate) fn opus() -> Codec {
    let head = [
        b"OpusHead".as_slice(),
        &[1, 2, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0],
    ]
    .concat();
    Codec::Opus(opus::Config::parse(&head).unwrap())
}

pub(crate) fn track(id: TrackId, codec: Codec, timescale: Timescale) -> Track {
    Track { id, codec, timescale }
}

pub(crate) fn tracks(tracks: &[Track]) -> Event {
    Event::Tracks(Arc::from(tracks))
}

pub(crate) fn frame(track: TrackId, dts: i64, keyframe: bool, size: usize) -> Event {
    Event::Frame(Frame {
        track,
        dts,
        cts: 0,
        keyframe,
        data: Bytes::from(vec![7; size]),
    })
}

/// A publisher with a regular encoder, sound and pictures interleaved by decoding time, ticks of 1 ms as in RTMP.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Encoder {
    /// Pictures a second, as a fraction; 0 for none.
    pub(crate) fps: (i64, i64),
    /// Pictures from keyframe to keyframe.
    pub(crate) keyframe_every: i64,
    pub(crate) b_frames: bool,
    /// Samples a second; 0 for no sound.
    pub(crate) sample_rate: i64,
    /// Source time of the first frame in milliseconds.
    pub(crate) start_ms: i64,
}

impl Default for Encoder {
    fn default() -> Self {
        Self {
            fps: (30, 1),
            keyframe_every: 60,
            b_frames: false,
            sample_rate: 48_000,
            start_ms: 0,
        }
    }
}

impl Encoder {
    pub(crate) fn tracks(&self) -> Event {
        self.tracks_with(31)
    }

    pub(crate) fn tracks_with(&self, level: u8) -> Event {
        let mut all = Vec::new();
        if self.fps.0 > 0 {
            all.push(track(VIDEO, h264(level), Timescale::MILLIS));
        }
        if let Ok(rate @ 1..) = u32::try_from(self.sample_rate) {
            all.push(track(AUDIO, aac(rate), Timescale::MILLIS));
        }
        tracks(&all)
    }

    /// Frames of `duration_ms`, without the tracks.
    pub(crate) fn frames(self, duration_ms: i64) -> impl Iterator<Item = Event> {
        let (mut picture, mut packet) = (0_i64, 0_i64);
        std::iter::from_fn(move || {
            let picture_ms = if self.fps.0 > 0 {
                picture * 1_000 * self.fps.1 / self.fps.0
            } else {
                i64::MAX
            };
            let sound_ms = if self.sample_rate > 0 {
                packet * 1_024_000 / self.sample_rate
            } else {
                i64::MAX
            };
            if picture_ms.min(sound_ms) >= duration_ms {
                return None;
            }
            Some(if picture_ms <= sound_ms {
                let keyframe = picture % self.keyframe_every == 0;
                // I P B B: a picture is shown two later than it is decoded, and B-pictures at once.
                let cts = if self.b_frames && (keyframe || picture % 3 == 1) {
                    66
                } else {
                    0
                };
                picture += 1;
                Event::Frame(Frame {
                    track: VIDEO,
                    dts: self.start_ms + picture_ms,
                    cts,
                    keyframe,
                    data: Bytes::from_static(&[7; 40]),
                })
            } else {
                packet += 1;
                frame(AUDIO, self.start_ms + sound_ms, true, 8)
            })
        })
    }

    /// The whole stream: tracks, then `duration_ms` of frames.
    pub(crate) fn stream(self, duration_ms: i64) -> impl Iterator<Item = Event> {
        std::iter::once(self.tracks()).chain(self.frames(duration_ms))
    }
}
