//! Synthetic streams: configurations are real, frames are a few bytes, times are exact.

use std::sync::Arc;

use bytes::Bytes;
use media::codec::{aac, h264, opus};
use media::{Codec, Event, Frame, Timescale, Track, TrackId};

pub const VIDEO: TrackId = TrackId(0);
pub const AUDIO: TrackId = TrackId(1);

/// An AVC configuration of 320x180; `level` makes different ones.
pub fn h264(level: u8) -> Codec {
    Codec::H264(h264::Config {
        record: Bytes::from(vec![1, 0x64, 0, level, 0xff, 0xe0, 0]),
        width: 320,
        height: 180,
        ..h264_template()
    })
}

fn h264_template() -> h264::Config {
    // SPS and PPS of x264 at 320x180.
    let record = hex::decode(
        "0164000dffe1001867640 00dacd941419f9e10000003001000000303c0f142996001 0005 68ebecb22c"
            .replace(' ', ""),
    );
    h264::Config::parse(Bytes::from(record.unwrap())).unwrap()
}

pub fn aac(sample_rate: u32) -> Codec {
    let record: &[u8] = match sample_rate {
        48_000 => &[0x11, 0x90],
        44_100 => &[0x12, 0x10],
        _ => panic!("no configuration for {sample_rate} Hz"),
    };
    Codec::Aac(aac::Config::parse(Bytes::from_static(record)).unwrap())
}

pub fn opus() -> Codec {
    let head = [
        b"OpusHead".as_slice(),
        &[1, 2, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0],
    ]
    .concat();
    Codec::Opus(opus::Config::parse(&head).unwrap())
}

pub fn track(id: TrackId, codec: Codec, timescale: Timescale) -> Track {
    Track { id, codec, timescale }
}

pub fn tracks(tracks: &[Track]) -> Event {
    Event::Tracks(Arc::from(tracks))
}

pub fn frame(track: TrackId, dts: i64, keyframe: bool, size: usize) -> Event {
    Event::Frame(Frame {
        track,
        dts,
        cts: 0,
        keyframe,
        data: Bytes::from(vec![7; size]),
    })
}
