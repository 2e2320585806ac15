//! Audio and video messages, through to events: `kind, time (4), length, body` over and over.
#![no_main]

use std::collections::HashMap;

use bytes::Bytes;
use ingest::rtmp::{Demuxer, Metadata, flv};
use libfuzzer_sys::fuzz_target;
use media::{Event, Track, TrackId};

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    let mut demuxer = Demuxer::default();
    let mut last: HashMap<TrackId, i64> = HashMap::new();
    let mut announced = false;
    let mut before_tracks: Vec<Track> = Vec::new();
    while let [kind, a, b, c, d, length, tail @ ..] = rest {
        let (body, tail) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = tail;
        let body = Bytes::copy_from_slice(body);
        let time = u32::from_be_bytes([*a, *b, *c, *d]);
        let taken = match kind % 4 {
            0 => demuxer.video(time, body),
            1 => demuxer.audio(time, body),
            2 => {
                let frame_rate = Some(f64::from(time) / 100.0);
                demuxer.metadata(Metadata {
                    encoder: None,
                    has_video: true,
                    has_audio: body.len() > 9,
                    frame_rate,
                });
                Ok(())
            }
            _ => flv::aggregate(time, body).try_for_each(|tag| {
                let (kind, time, body) = tag?;
                if kind == 8 {
                    demuxer.audio(time, body)
                } else {
                    demuxer.video(time, body)
                }
            }),
        };
        while let Some(event) = demuxer.next_event() {
            match event {
                Event::Tracks(tracks) => {
                    announced = true;
                    assert!(tracks.len() <= 2);
                    // Ticks of another length are other numbers.
                    last.retain(|id, _| {
                        let of = |tracks: &[Track]| {
                            tracks
                                .iter()
                                .find(|track| track.id == *id)
                                .map(|track| track.timescale)
                        };
                        of(&tracks) == of(&before_tracks)
                    });
                    before_tracks = tracks.to_vec();
                }
                Event::Discontinuity => last.clear(),
                Event::Frame(frame) => {
                    assert!(announced && !frame.data.is_empty());
                    let before = last.insert(frame.track, frame.dts);
                    assert!(
                        before.is_none_or(|before| before <= frame.dts),
                        "{before:?} then {}",
                        frame.dts
                    );
                }
            }
        }
        if taken.is_err() {
            return;
        }
    }
});
