//! Makes a fragmented MP4 with ffmpeg and reads it into events: every codec we package, as an encoder really sends it.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use media::codec::{aac, av1, h264, h265, opus, vp9};
use media::{Codec, Event, Frame, Timescale, Track, TrackId};
use mp4_atom::{Any, DecodeMaybe};

/// Runs ffmpeg with the given codec arguments.
pub(crate) fn make(directory: &Path, seconds: u32, extra: &[&str]) -> Vec<Event> {
    let path = directory.join("in.mp4");
    let (video, audio) = (
        format!("testsrc2=s=320x180:r=30:d={seconds}"),
        format!("sine=440:d={seconds}"),
    );
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args([
        "-v", "error", "-y", "-f", "lavfi", "-i", &video, "-f", "lavfi", "-i", &audio,
    ]);
    ffmpeg
        .args(["-pix_fmt", "yuv420p", "-ac", "2", "-strict", "-2"])
        .args(extra);
    ffmpeg
        .args(["-movflags", "+frag_every_frame+empty_moov+default_base_moof"])
        .arg(&path);
    assert!(ffmpeg.status().unwrap().success());
    read(&Bytes::from(std::fs::read(&path).unwrap()))
}

fn read(file: &Bytes) -> Vec<Event> {
    let mut rest = file.clone();
    let (mut tracks, mut frames, mut moof) = (Vec::new(), Vec::new(), None);
    loop {
        let before = rest.clone();
        // mp4-atom reads an mdat byte by byte; slice it instead.
        if rest.get(4..8) == Some(b"mdat") {
            let size = usize::try_from(u32::from_be_bytes(rest[..4].try_into().unwrap())).unwrap();
            let (start, moof): (Bytes, mp4_atom::Moof) = moof.take().unwrap();
            frames.extend(samples(&start, &moof));
            rest.advance(size);
            continue;
        }
        let mut cursor = std::io::Cursor::new(&rest);
        let atom = Any::decode_maybe(&mut cursor).unwrap();
        let read = usize::try_from(cursor.position()).unwrap();
        rest.advance(read);
        match atom {
            None => break,
            Some(Any::Moov(moov)) => {
                let head = before.slice(..before.len() - rest.len());
                tracks = moov.trak.iter().map(|trak| track(trak, &head)).collect();
            }
            Some(Any::Moof(found)) => moof = Some((before, found)),
            Some(_) => {}
        }
    }
    // VP9 tells its size in the first keyframe.
    let first = frames
        .iter()
        .find(|(_, frame): &&(i64, Frame)| frame.track == TrackId(1))
        .unwrap()
        .1
        .data
        .clone();
    for track in &mut tracks {
        if let Codec::Vp9(config) = &mut track.codec {
            *config = config.sized_by(&first).unwrap().unwrap();
        }
    }
    frames.sort_by_key(|(_, frame)| {
        let track = tracks.iter().find(|track| track.id == frame.track).unwrap();
        (track.timescale.to_micros(frame.dts), frame.track)
    });
    let frames = frames.into_iter().map(|(_, frame)| Event::Frame(frame));
    std::iter::once(Event::Tracks(Arc::from(tracks.clone())))
        .chain(frames)
        .collect()
}

fn track(trak: &mp4_atom::Trak, moov: &Bytes) -> Track {
    // Configuration records as they are, not as a parser understood them.
    let record = |kind: &[u8; 4]| {
        let at = moov.windows(4).position(|window| window == kind).unwrap();
        let size = usize::try_from(u32::from_be_bytes(moov[at - 4..at].try_into().unwrap())).unwrap();
        moov.slice(at + 4..at - 4 + size)
    };
    let codec = match &trak.mdia.minf.stbl.stsd.codecs[0] {
        mp4_atom::Codec::Avc1(_) => Codec::H264(h264::Config::parse(record(b"avcC")).unwrap()),
        mp4_atom::Codec::Hvc1(_) => Codec::H265(h265::Config::parse(record(b"hvcC")).unwrap()),
        mp4_atom::Codec::Av01(_) => Codec::Av1(av1::Config::parse(record(b"av1C")).unwrap()),
        mp4_atom::Codec::Vp09(_) => Codec::Vp9(vp9::Config::parse(record(b"vpcC")).unwrap()),
        mp4_atom::Codec::Mp4a(mp4a) => {
            let specific = &mp4a.esds.es_desc.dec_config.dec_specific;
            Codec::Aac(aac::Config::parse(Bytes::from(specific.as_ref().unwrap().raw.clone())).unwrap())
        }
        mp4_atom::Codec::Opus(_) => {
            // dOps is an OpusHead of other endianness and version 0.
            let dops = record(b"dOps");
            let head = [
                1, dops[1], dops[3], dops[2], dops[7], dops[6], dops[5], dops[4], dops[9], dops[8], dops[10],
            ];
            Codec::Opus(opus::Config::parse(&head).unwrap())
        }
        other => panic!("{other:?}"),
    };
    Track {
        id: TrackId(trak.tkhd.track_id),
        codec,
        timescale: Timescale::new(trak.mdia.mdhd.timescale).unwrap(),
    }
}

fn samples(start: &Bytes, moof: &mp4_atom::Moof) -> Vec<(i64, Frame)> {
    let mut frames = Vec::new();
    for traf in &moof.traf {
        let mut dts = i64::try_from(traf.tfdt.as_ref().unwrap().base_media_decode_time).unwrap();
        for trun in &traf.trun {
            let mut at = usize::try_from(trun.data_offset.unwrap()).unwrap();
            for entry in trun.samples.iter() {
                let size = usize::try_from(entry.size.or(traf.tfhd.default_sample_size).unwrap()).unwrap();
                let flags = entry.flags.or(traf.tfhd.default_sample_flags).unwrap_or(0);
                frames.push((
                    dts,
                    Frame {
                        track: TrackId(traf.tfhd.track_id),
                        dts,
                        cts: i32::try_from(entry.cts.unwrap_or(0)).unwrap(),
                        keyframe: flags & 0x0001_0000 == 0,
                        data: start.slice(at..at + size),
                    },
                ));
                at += size;
                dts += i64::from(entry.duration.or(traf.tfhd.default_sample_duration).unwrap());
            }
        }
    }
    frames
}
