//! What comes out of the messages of a whole session, by the stream's own clock.

use super::*;

const AVCC: &str = "0142c028ffe100196742c028da01e0089f970110000003001000000303c0f1832a01000468ce0fc8";
const AVCC_854: &str = "014d401fffe10018674d401feca06c1ef3780880000003008000001e078c18cb01000568ebe3cb20";
const ASC: [u8; 2] = [0x11, 0x90];
const IDR: [u8; 6] = [0, 0, 0, 2, 0x65, 0x88];
const P: [u8; 6] = [0, 0, 0, 2, 0x41, 0x9a];

fn unhex(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[derive(Default)]
struct Stream {
    demuxer: Demuxer,
    events: Vec<Event>,
}

impl Stream {
    fn promised(has_video: bool, has_audio: bool) -> Self {
        let mut stream = Self::default();
        stream.demuxer.metadata(Metadata {
            encoder: None,
            has_video,
            has_audio,
            frame_rate: None,
        });
        stream
    }

    fn video(&mut self, time: u32, header: &[u8], data: &[u8]) -> &mut Self {
        self.demuxer.video(time, [header, data].concat().into()).unwrap();
        self.events
            .extend(std::iter::from_fn(|| self.demuxer.next_event()));
        self
    }

    fn avc(&mut self, time: u32, data: &[u8]) -> &mut Self {
        self.video(time, &[0x27, 1, 0, 0, 0], data)
    }

    fn avcc(&mut self, hex: &str) -> &mut Self {
        self.video(0, &[0x17, 0, 0, 0, 0], &unhex(hex))
    }

    fn audio(&mut self, time: u32, kind: u8, data: &[u8]) -> &mut Self {
        self.demuxer
            .audio(time, [&[0xaf, kind], data].concat().into())
            .unwrap();
        self.events
            .extend(std::iter::from_fn(|| self.demuxer.next_event()));
        self
    }

    fn asc(&mut self) -> &mut Self {
        self.audio(0, 0, &ASC)
    }

    fn frames(&self, track: TrackId) -> impl Iterator<Item = &Frame> {
        self.events.iter().filter_map(move |event| match event {
            Event::Frame(frame) if frame.track == track => Some(frame),
            _ => None,
        })
    }

    fn tracks(&self) -> Vec<Vec<Kind>> {
        let kinds = |tracks: &Arc<[Track]>| tracks.iter().map(Track::kind).collect();
        self.events
            .iter()
            .filter_map(|event| {
                if let Event::Tracks(tracks) = event {
                    Some(kinds(tracks))
                } else {
                    None
                }
            })
            .collect()
    }

    fn discontinuities(&self) -> usize {
        self.events
            .iter()
            .filter(|event| matches!(event, Event::Discontinuity))
            .count()
    }
}

#[test]
fn with_metadata_tracks_are_known_before_the_first_frame() {
    let mut stream = Stream::promised(true, true);
    stream.avcc(AVCC);
    assert!(stream.events.is_empty());
    stream.asc();
    assert_eq!(stream.tracks(), [[Kind::Video, Kind::Audio]]);
    let mut video_only = Stream::promised(true, false);
    assert_eq!(video_only.avcc(AVCC).tracks(), [[Kind::Video]]);
    let mut audio_only = Stream::promised(false, true);
    assert_eq!(audio_only.asc().tracks(), [[Kind::Audio]]);
    // Metadata may also come last.
    let mut late = Stream::default();
    late.avcc(AVCC).demuxer.metadata(Metadata {
        encoder: None,
        has_video: true,
        has_audio: false,
        frame_rate: None,
    });
    assert!(matches!(late.demuxer.next_event(), Some(Event::Tracks(_))));
}

#[test]
fn a_promise_is_not_waited_for_without_end() {
    let mut silent = Stream::promised(true, true);
    silent.avcc(AVCC);
    for i in 0..=30 {
        silent.avc(i * 33, &IDR);
    }
    assert!(silent.events.is_empty());
    silent.avc(1_000, &P);
    assert_eq!(silent.tracks(), [[Kind::Video]]);
    assert_eq!(silent.frames(VIDEO).count(), 32, "nothing held back is lost");

    let mut unknown = Stream::default();
    unknown.avcc(AVCC).avc(0, &IDR).avc(33, &P).avc(66, &P);
    assert!(unknown.events.is_empty());
    assert_eq!(unknown.avc(100, &P).tracks(), [[Kind::Video]]);

    // A clock that stands still.
    let mut still = Stream::promised(true, true);
    still.avcc(AVCC);
    for _ in 0..MAX_HELD_FRAMES {
        still.avc(7, &P);
    }
    assert_eq!(still.tracks().len(), 1);
}

#[test]
fn a_track_that_comes_late_is_announced_then() {
    let mut stream = Stream::promised(true, false);
    stream
        .avcc(AVCC)
        .avc(0, &IDR)
        .asc()
        .audio(10, 1, &[1, 2])
        .avc(33, &P);
    assert_eq!(
        stream.tracks(),
        [vec![Kind::Video], vec![Kind::Video, Kind::Audio]]
    );
}

#[test]
fn repeated_configurations_are_no_news_and_new_ones_are() {
    let mut stream = Stream::promised(true, true);
    stream.avcc(AVCC).asc().avc(0, &IDR).avcc(AVCC).asc().avc(33, &P);
    assert_eq!(stream.tracks().len(), 1);
    stream.avcc(AVCC_854).avc(66, &IDR);
    let Some([Event::Tracks(tracks), Event::Frame(_)]) = stream.events.last_chunk() else {
        panic!("the change is announced just before its first frame");
    };
    assert_eq!(tracks[0].codec.resolution(), Some((854, 480)));
    assert_eq!(tracks[0].id, VIDEO);
}

#[test]
fn idr_is_what_counts_and_empty_units_go() {
    let mut stream = Stream::promised(true, false);
    stream
        .avcc(AVCC)
        .avc(0, &[&[0; 4][..], &IDR].concat())
        .video(33, &[0x17, 1, 0, 0, 0], &P)
        .avc(66, &[0; 4]);
    let frames: Vec<_> = stream
        .frames(VIDEO)
        .map(|frame| (frame.keyframe, &frame.data[..]))
        .collect();
    assert_eq!(frames, [(true, &IDR[..]), (false, &P[..])]);
}

#[test]
fn b_frames_keep_their_presentation_times() {
    let mut stream = Stream::promised(true, false);
    stream.avcc(AVCC);
    for (dts, cts) in [(0, 66), (33, 133), (66, 0), (100, 0)] {
        stream.video(dts, &[0x27, 1, 0, 0, cts], &P);
    }
    let times: Vec<_> = stream.frames(VIDEO).map(|frame| (frame.dts, frame.cts)).collect();
    assert_eq!(times, [(0, 5_940), (2_970, 11_970), (5_940, 0), (9_000, 0)]);
}

/// Five hours around the 24-bit switch, and a wrap of the 32 bits, with the jitter of whole milliseconds.
#[test]
fn long_streams_stay_continuous() {
    for start in [4 * 3_600_000 + 30 * 60_000, u32::MAX - 600_000] {
        let mut stream = Stream::promised(true, true);
        stream.avcc(AVCC).asc();
        // 375 packets of 1,024 samples are eight seconds.
        for eight_seconds in 0..225_u32 {
            let start = start.wrapping_add(eight_seconds * 8_000);
            let mut pictures = (0..240_u32).map(|i| i * 1_000 / 30).peekable();
            for ms in (0..375_u32).map(|packet| packet * 1_024 / 48) {
                while let Some(picture) = pictures.next_if(|picture| *picture <= ms) {
                    stream.avc(
                        start.wrapping_add(picture),
                        if picture % 2_000 == 0 { &IDR } else { &P },
                    );
                }
                stream.audio(start.wrapping_add(ms), 1, &[7]);
            }
            for picture in pictures {
                stream.avc(start.wrapping_add(picture), &P);
            }
        }
        assert_eq!((stream.discontinuities(), stream.tracks().len()), (0, 1));
        let dts: Vec<_> = stream.frames(VIDEO).map(|frame| frame.dts).collect();
        assert_eq!((dts.len(), dts[0]), (54_000, i64::from(start) * 90));
        assert!(
            dts.windows(2)
                .all(|pair| (2_970..=3_060).contains(&(pair[1] - pair[0])))
        );
        let dts: Vec<_> = stream.frames(AUDIO).map(|frame| frame.dts).collect();
        assert!(
            dts.windows(2).all(|pair| pair[1] - pair[0] == 1_024),
            "counted, not measured"
        );
        assert_eq!(dts[0], i64::from(start) * 48);
    }
}

#[test]
fn jumps_are_told_once_and_small_steps_back_are_not() {
    let mut stream = Stream::promised(true, true);
    stream
        .avcc(AVCC)
        .asc()
        .avc(5_000, &IDR)
        .audio(5_000, 1, &[7])
        .avc(4_990, &P)
        .avc(5_040, &P);
    assert_eq!(stream.discontinuities(), 0);
    let dts: Vec<_> = stream.frames(VIDEO).map(|frame| frame.dts).collect();
    assert_eq!(dts, [450_000, 450_001, 453_600]);
    stream
        .avc(0, &IDR)
        .audio(5_021, 1, &[7])
        .audio(2, 1, &[7])
        .avc(33, &P);
    assert_eq!(stream.discontinuities(), 1);
    let after = stream
        .events
        .iter()
        .position(|event| matches!(event, Event::Discontinuity))
        .unwrap();
    let late = |frame: &Frame| frame.dts > 10_000;
    assert!(
        stream.events[after..]
            .iter()
            .all(|event| !matches!(event, Event::Frame(frame) if late(frame)))
    );
}

#[test]
fn vp9_waits_for_its_size_and_follows_it() {
    let key = unhex("824983420027f016760438241c184a10");
    let mut stream = Stream::promised(true, false);
    stream
        .video(0, b"\x90vp09", &unhex("010000000015820202020000"))
        .video(0, b"\xa3vp09", &[0x86, 0]);
    assert!(stream.events.is_empty());
    stream.video(33, b"\x93vp09", &key);
    let Event::Tracks(tracks) = &stream.events[0] else {
        panic!("{:?}", stream.events)
    };
    assert_eq!(tracks[0].codec.resolution(), Some((640, 360)));
    assert_eq!(stream.frames(VIDEO).count(), 1);
    // The same configuration again changes nothing.
    stream
        .video(66, b"\x90vp09", &unhex("0015820202020000"))
        .video(66, b"\x93vp09", &key);
    assert_eq!(stream.tracks().len(), 1);
}

#[test]
fn av1_loses_its_temporal_delimiters() {
    let sequence = unhex("0a0b0000002d4cffb3ccaf9004");
    let record = [&unhex("81050c00")[..], &sequence].concat();
    let key = [&sequence[..], &[0x32, 2, 0x10, 0]].concat();
    let mut stream = Stream::promised(true, false);
    stream
        .video(0, b"\x90av01", &record)
        .video(0, b"\x93av01", &[&[0x12, 0], &key[..]].concat());
    stream.video(33, b"\xa1av01", &[0x32, 2, 0x30, 0]);
    let frames: Vec<_> = stream
        .frames(VIDEO)
        .map(|frame| (frame.keyframe, &frame.data[..]))
        .collect();
    assert_eq!(frames, [(true, &key[..]), (false, &[0x32, 2, 0x30, 0][..])]);
}

#[test]
fn opus_needs_no_head() {
    let mut stream = Stream::promised(false, true);
    for i in 0..3 {
        stream
            .demuxer
            .audio(i * 20, [b"\x91Opus", &[0xfc, 1][..]].concat().into())
            .unwrap();
    }
    stream
        .events
        .extend(std::iter::from_fn(|| stream.demuxer.next_event()));
    let dts: Vec<_> = stream.frames(AUDIO).map(|frame| frame.dts).collect();
    assert_eq!(dts, [0, 960, 1_920]);
}

#[test]
fn nonsense_ends_it_but_not_at_once() {
    let mut stream = Stream::promised(true, false);
    stream.avcc(AVCC);
    let annex_b: &[u8] = &[0x27, 1, 0, 0, 0, 0, 0, 0, 1, 0x65, 0x88, 0x84];
    for _ in 0..MAX_BAD_FRAMES {
        stream.demuxer.video(0, Bytes::from_static(annex_b)).unwrap();
    }
    assert!(matches!(
        stream.demuxer.video(0, Bytes::from_static(annex_b)),
        Err(flv::Error::Malformed(_))
    ));
    let bad = stream
        .demuxer
        .video(0, Bytes::from_static(&[0x17, 0, 0, 0, 0, 9, 9]));
    assert!(matches!(bad, Err(flv::Error::Unsupported(text)) if text.contains("settings")));
}

/// Metadata, and with it the frame rate, may come after frames that are held back.
#[test]
fn late_metadata_does_not_turn_time_back() {
    let mut stream = Stream::default();
    stream.avcc(AVCC).avc(90, &IDR);
    let metadata = Metadata {
        encoder: None,
        has_video: true,
        has_audio: true,
        frame_rate: Some(30.0),
    };
    stream.demuxer.metadata(metadata);
    stream.avc(50, &P).asc();
    let dts: Vec<_> = stream.frames(VIDEO).map(|frame| frame.dts).collect();
    assert_eq!(dts, [8_100, 8_101]);
}

/// Another sample rate in the middle: ticks of another length, the same moment.
#[test]
fn sound_goes_on_where_it_was_after_a_change() {
    let mut stream = Stream::promised(false, true);
    stream
        .asc()
        .audio(1_000, 1, &[7])
        .audio(0, 0, &[0x12, 0x10])
        .audio(1_003, 1, &[7]);
    let dts: Vec<_> = stream.frames(AUDIO).map(|frame| frame.dts).collect();
    assert_eq!(
        (stream.tracks().len(), dts),
        (2, vec![48_000, 49_024 * 44_100 / 48_000])
    );
}

/// A change before the tracks are announced: what was held back belongs to what was before.
#[test]
fn held_frames_keep_their_configuration() {
    let mut stream = Stream::promised(true, true);
    stream
        .asc()
        .audio(1_000, 1, &[7])
        .audio(0, 0, &[0x15, 0x90])
        .audio(1_021, 1, &[7]);
    let Some(
        [
            Event::Tracks(before),
            Event::Frame(held),
            Event::Tracks(after),
            Event::Frame(_),
        ],
    ) = stream.events.first_chunk()
    else {
        panic!("{:?}", stream.events)
    };
    assert_eq!(
        (before[0].timescale.get(), held.dts, after[0].timescale.get()),
        (48_000, 48_000, 8_000)
    );
}
