//! Tags as encoders write them, and as nobody should.

use proptest::prelude::*;

use super::*;

fn bytes(parts: &[&[u8]]) -> Bytes {
    parts.concat().into()
}

fn body(tag: Option<Tag>) -> (CodecId, u32, Body) {
    let tag = tag.unwrap();
    (tag.codec, tag.nanos, tag.body)
}

fn coded(cts_ms: i32, data: &'static [u8]) -> Body {
    Body::Frame {
        cts_ms,
        data: Bytes::from_static(data),
    }
}

#[test]
fn legacy_tags() {
    let start = video(bytes(&[&[0x17, 0, 0, 0, 0], b"avcC"])).unwrap();
    assert_eq!(
        body(start),
        (CodecId::Avc, 0, Body::Configuration(Bytes::from_static(b"avcC")))
    );
    let picture = video(bytes(&[&[0x27, 1, 0xff, 0xff, 0xdf], b"nal"])).unwrap();
    assert_eq!(body(picture), (CodecId::Avc, 0, coded(-33, b"nal")));
    let hevc = video(bytes(&[&[0x1c, 1, 0, 0, 33], b"nal"])).unwrap();
    assert_eq!(body(hevc), (CodecId::Hevc, 0, coded(33, b"nal")));
    let start = audio(bytes(&[&[0xaf, 0], b"asc"])).unwrap();
    assert_eq!(
        body(start),
        (CodecId::Aac, 0, Body::Configuration(Bytes::from_static(b"asc")))
    );
    assert_eq!(
        body(audio(bytes(&[&[0xaf, 1], b"raw"])).unwrap()),
        (CodecId::Aac, 0, coded(0, b"raw"))
    );
}

#[test]
fn what_says_nothing_is_nothing() {
    for payload in [
        &[][..],
        &[0x17],
        &[0x17, 2, 0, 0, 0],                   // end of sequence
        &[0x17, 0, 0, 0, 0],                   // empty configuration
        &[0x27, 1, 0, 0, 0],                   // empty frame
        &[0x57, 0],                            // command frame
        &[0x92, b'h', b'v', b'c', b'1'],       // SequenceEnd
        &[0x94, b'h', b'v', b'c', b'1', 2, 0], // Metadata
        &[0xd1, 0],                            // command frame, enhanced
    ] {
        assert_eq!(video(Bytes::copy_from_slice(payload)), Ok(None), "{payload:?}");
    }
    for payload in [
        &[][..],
        &[0xaf],
        &[0xaf, 1],
        &[0xaf, 0],
        &[0x92, b'O', b'p', b'u', b's'],
    ] {
        assert_eq!(audio(Bytes::copy_from_slice(payload)), Ok(None), "{payload:?}");
    }
}

#[test]
fn enhanced_tags() {
    for (four_cc, codec) in [
        (b"avc1", CodecId::Avc),
        (b"hvc1", CodecId::Hevc),
        (b"av01", CodecId::Av1),
        (b"vp09", CodecId::Vp9),
    ] {
        let start = video(bytes(&[&[0x90], four_cc, b"record"])).unwrap();
        assert_eq!(
            body(start),
            (codec, 0, Body::Configuration(Bytes::from_static(b"record")))
        );
        let x = video(bytes(&[&[0xa3], four_cc, b"data"])).unwrap();
        assert_eq!(body(x), (codec, 0, coded(0, b"data")));
        // Only AVC and HEVC carry a composition time.
        let frame = body(video(bytes(&[&[0xa1], four_cc, &[0, 0, 66], b"data"])).unwrap()).2;
        match codec {
            CodecId::Avc | CodecId::Hevc => assert_eq!(frame, coded(66, b"data")),
            _ => assert_eq!(frame, coded(0, b"\0\0\x42data")),
        }
    }
    let start = audio(bytes(&[&[0x90], b"Opus", b"OpusHead"])).unwrap();
    assert_eq!(body(start).0, CodecId::Opus);
    assert_eq!(
        body(audio(bytes(&[&[0x91], b"mp4a", b"raw"])).unwrap()),
        (CodecId::Aac, 0, coded(0, b"raw"))
    );
}

#[test]
fn modifiers_are_skipped_and_nanoseconds_kept() {
    // TimestampOffsetNano, then one nobody knows with 300 bytes, then CodedFramesX.
    let mut payload = vec![0x97, 2, 0x07, 0xa1, 0x20, 0x07, 255, 1, 43];
    payload.extend([0xee; 300]);
    payload.extend([0x53]);
    payload.extend(b"av01data");
    assert_eq!(
        body(video(payload.into()).unwrap()),
        (CodecId::Av1, 500_000, coded(0, b"data"))
    );
    let endless = [&[0x97][..], &[0, 0, 0x17].repeat(40)].concat();
    assert!(video(endless.into()).is_err());
}

#[test]
fn of_many_tracks_the_first_is_taken() {
    let one = bytes(&[&[0x96, 0x03], b"hvc1", &[0], b"data"]);
    assert_eq!(body(video(one).unwrap()), (CodecId::Hevc, 0, coded(0, b"data")));
    assert_eq!(video(bytes(&[&[0x96, 0x03], b"hvc1", &[1], b"data"])), Ok(None));
    let many = bytes(&[
        &[0x95, 0x11],
        b"Opus",
        &[1, 0, 0, 2],
        b"no",
        &[0, 0, 0, 3],
        b"yes",
    ]);
    assert_eq!(body(audio(many).unwrap()), (CodecId::Opus, 0, coded(0, b"yes")));
    let codecs = bytes(&[
        &[0x96, 0x23],
        b"xxxx",
        &[1, 0, 0, 2],
        b"no",
        b"av01",
        &[0, 0, 0, 3],
        b"yes",
    ]);
    assert_eq!(body(video(codecs).unwrap()), (CodecId::Av1, 0, coded(0, b"yes")));
    assert!(video(bytes(&[&[0x96, 0x13], b"hvc1", &[0, 9, 9, 9], b"short"])).is_err());
}

#[test]
fn unsupported_codecs_say_what_to_do() {
    let text = |result: Result<Option<Tag>, Error>| match result {
        Err(Error::Unsupported(text)) => text,
        other => panic!("{other:?}"),
    };
    let mp3 = text(audio(bytes(&[&[0x2f], b"mp3"])));
    assert_eq!(
        mp3,
        "audio codec MP3 is not supported: choose AAC in the encoder's settings"
    );
    assert!(text(video(bytes(&[&[0x22], b"x"]))).contains("H.264"));
    assert!(text(video(bytes(&[&[0x90], b"vvc1", b"x"]))).contains("vvc1"));
    assert!(text(audio(bytes(&[&[0x90], b"fLaC", b"x"]))).contains("Opus"));
    assert!(text(video(bytes(&[&[0x90], b"\x1b[2J", b"x"]))).contains("?[2J"));
}

#[test]
fn aggregates_are_taken_apart() {
    let tag = |kind: u8, time: u8, data: &[u8]| {
        let length = u8::try_from(data.len()).unwrap();
        [
            &[kind, 0, 0, length, 0, 0, time, 0, 0, 0, 0][..],
            data,
            &[0, 0, 0, 11 + length],
        ]
        .concat()
    };
    let payload = [tag(8, 50, b"a"), tag(9, 73, b"vv")].concat();
    let tags: Vec<_> = aggregate(1_000, payload.clone().into())
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        tags,
        [
            (8, 1_000, Bytes::from_static(b"a")),
            (9, 1_023, Bytes::from_static(b"vv"))
        ]
    );
    assert!(aggregate(0, Bytes::from(payload).slice(..20)).any(|tag| tag.is_err()));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(payload in prop::collection::vec(any::<u8>(), 0..200), first in any::<u8>()) {
        let payload: Bytes = [&[first][..], &payload].concat().into();
        drop(video(payload.clone()));
        drop(audio(payload.clone()));
        prop_assert!(aggregate(7, payload).count() <= 200);
    }
}
