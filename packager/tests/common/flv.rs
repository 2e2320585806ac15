//! Reads an FLV file into the events an RTMP publisher would yield: ticks of 1 ms, AVC and AAC.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use media::codec::{aac, h264};
use media::{Codec, Event, Frame, Timescale, Track, TrackId};

/// Runs ffmpeg to make an FLV of test picture and tone.
pub(crate) fn make(directory: &Path, seconds: u32, extra: &[&str]) -> Vec<Event> {
    let path = directory.join("in.flv");
    let (video, audio) = (
        format!("testsrc2=s=320x180:r=30:d={seconds}"),
        format!("sine=440:d={seconds}"),
    );
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args([
        "-v", "error", "-y", "-f", "lavfi", "-i", &video, "-f", "lavfi", "-i", &audio,
    ]);
    ffmpeg.args([
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
    ]);
    ffmpeg.args(extra).arg(&path);
    assert!(ffmpeg.status().unwrap().success());
    read(&std::fs::read(&path).unwrap())
}

pub(crate) fn read(file: &[u8]) -> Vec<Event> {
    let (mut events, mut tracks, mut frames) = (Vec::new(), Vec::<Track>::new(), Vec::new());
    let mut at = 9 + 4;
    while at + 11 <= file.len() {
        let u24 = |at: usize| u32::from_be_bytes([0, file[at], file[at + 1], file[at + 2]]);
        let (kind, size) = (file[at], usize::try_from(u24(at + 1)).unwrap());
        let dts = i64::from(u24(at + 4) | u32::from(file[at + 7]) << 24);
        let body = &file[at + 11..at + 11 + size];
        at += 11 + size + 4;
        let track = |id, codec| Track {
            id: TrackId(id),
            codec,
            timescale: Timescale::MILLIS,
        };
        match (kind, body) {
            (9, [_, 0, _, _, _, record @ ..]) => {
                tracks.push(track(
                    0,
                    Codec::H264(h264::Config::parse(Bytes::copy_from_slice(record)).unwrap()),
                ));
            }
            (9, [flags, 1, a, b, c, data @ ..]) => frames.push(Event::Frame(Frame {
                track: TrackId(0),
                dts,
                cts: i32::from_be_bytes([*a, *b, *c, 0]) >> 8,
                keyframe: flags >> 4 == 1,
                data: Bytes::copy_from_slice(data),
            })),
            (8, [_, 0, record @ ..]) => {
                tracks.push(track(
                    1,
                    Codec::Aac(aac::Config::parse(Bytes::copy_from_slice(record)).unwrap()),
                ));
            }
            (8, [_, 1, data @ ..]) => frames.push(Event::Frame(Frame {
                track: TrackId(1),
                dts,
                cts: 0,
                keyframe: true,
                data: Bytes::copy_from_slice(data),
            })),
            _ => {}
        }
    }
    tracks.sort_by_key(|track| track.id);
    events.push(Event::Tracks(Arc::from(tracks)));
    events.extend(frames);
    events
}
