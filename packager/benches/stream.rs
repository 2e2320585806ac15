//! CPU of one stream: segmenting, fragments, digests, windows and the archive, for a publisher of 2.5 Mbit/s.
//!
//! `cargo bench -p packager` prints CPU per second of stream as a share of one core. Nothing is rendered, as when
//! nobody watches; the second figure renders and gzips the low-latency playlist for every part, as when somebody does.

use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use media::codec::{aac, h264};
use media::{Codec, Event, Frame, Timescale, Track, TrackId};
use packager::Archive;
use packager::archive::{Place, State};
use packager::live::{self, Settings};

const STREAM_S: i64 = 300;
const FPS: i64 = 30;
const BITS_PER_SECOND: i64 = 2_500_000;
const SOUND_BYTES: usize = 340;

fn tracks() -> Event {
    let record = Bytes::from_static(&[0x11, 0x90]);
    let Ok(aac) = aac::Config::parse(record) else {
        return Event::Discontinuity;
    };
    let h264 = h264::Config {
        record: Bytes::from_static(&[1]),
        width: 1_280,
        height: 720,
        length_size: 4,
    };
    let track = |id, codec| Track {
        id: TrackId(id),
        codec,
        timescale: Timescale::MILLIS,
    };
    Event::Tracks([track(0, Codec::H264(h264)), track(1, Codec::Aac(aac))].into())
}

/// Frames of their own memory, as they come from a socket.
fn frames() -> impl Iterator<Item = Event> {
    let picture_bytes = usize::try_from(BITS_PER_SECOND / 8 / FPS).unwrap_or(0);
    let frame = |track, dts, keyframe, size| {
        Event::Frame(Frame {
            track: TrackId(track),
            dts,
            cts: 0,
            keyframe,
            data: Bytes::from(vec![7; size]),
        })
    };
    let (mut picture, mut packet) = (0, 0);
    std::iter::from_fn(move || {
        let (picture_ms, sound_ms) = (picture * 1_000 / FPS, packet * 1_024 / 48);
        if picture_ms.min(sound_ms) >= STREAM_S * 1_000 {
            return None;
        }
        Some(if picture_ms <= sound_ms {
            picture += 1;
            frame(0, picture_ms, (picture - 1) % (2 * FPS) == 0, picture_bytes)
        } else {
            packet += 1;
            frame(1, sound_ms, true, SOUND_BYTES)
        })
    })
}

/// CPU time of all threads of this process so far.
fn cpu() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let spent = threads.map(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        stat.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
    });
    Duration::from_nanos(spent.sum())
}

fn main() {
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().enable_all().build() else {
        return;
    };
    let Ok(directory) = tempfile::tempdir() else {
        return;
    };
    for part_ms in [200, 500] {
        for watched in [false, true] {
            let (mut writer, reader) = live::channel(Settings {
                part_ms,
                ..Settings::default()
            });
            let place = Place::Scratch {
                directory: directory.path().to_owned(),
            };
            let (archive, mut state) = Archive::new(reader.clone(), place);
            let recorder = runtime.spawn(archive.run());
            let events: Vec<_> = std::iter::once(tracks()).chain(frames()).collect();
            let (cpu_before, wall) = (cpu(), Instant::now());
            let mut now = Timestamp::UNIX_EPOCH;
            for event in &events {
                now += SignedDuration::from_millis(10);
                let Ok(Some(closed)) = writer.push(event, now) else {
                    continue;
                };
                if watched {
                    reader.window().low_latency(true, &[]).gzip();
                }
                // The recorder keeps up, as it does in real time.
                if let Some(segment) = closed.segment {
                    let stored = |state: &State| match state {
                        State::Recording(summary) => summary.segments >= segment.msn,
                        State::Waiting => false,
                        State::Stopped(..) | State::Finished(_) => true,
                    };
                    if runtime.block_on(state.wait_for(stored)).is_err() {
                        return;
                    }
                }
            }
            let spent = cpu() - cpu_before;
            drop(writer);
            let recorded = matches!(runtime.block_on(recorder), Ok(State::Finished(_)));
            let share =
                spent.as_secs_f64() / Duration::from_secs(STREAM_S.unsigned_abs()).as_secs_f64() * 100.0;
            eprintln!(
                "{part_ms} ms parts, {}: {share:.4} % of a core with its recording ({:.2?} for {STREAM_S} s, recorded: {recorded})",
                if watched { "watched" } else { "not watched" },
                wall.elapsed(),
            );
        }
    }
}
