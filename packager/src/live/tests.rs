//! What readers see and wait for.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use media::codec::h264;
use media::{Codec, Event, Frame, Timescale, Track, TrackId};
use tokio::time::timeout;

use super::*;
use crate::playlist::{Query, Report};

fn tracks() -> Event {
    let h264 = h264::Config {
        record: Bytes::from_static(&[1]),
        width: 320,
        height: 180,
        length_size: 4,
    };
    let track = Track {
        id: TrackId(0),
        codec: Codec::H264(h264),
        timescale: Timescale::MILLIS,
    };
    Event::Tracks(Arc::from([track]))
}

/// 25 pictures a second, an IDR every two.
fn picture(n: i64) -> Event {
    let data = Bytes::from_static(&[7; 10]);
    Event::Frame(Frame {
        track: TrackId(0),
        dts: n * 40,
        cts: 0,
        keyframe: n % 50 == 0,
        data,
    })
}

fn publish(writer: &mut Writer, pictures: std::ops::Range<i64>) {
    for n in pictures {
        writer.push(&picture(n), Timestamp::UNIX_EPOCH).unwrap();
    }
}

fn live() -> (Writer, Reader) {
    let (mut writer, reader) = channel(Settings::default());
    writer.push(&tracks(), Timestamp::UNIX_EPOCH).unwrap();
    (writer, reader)
}

/// Parts of 480 ms (12 pictures): four, and a last one of 80 ms.
#[test]
fn has_what_a_reload_may_ask_for() {
    let (mut writer, reader) = live();
    assert!(reader.window().is_empty());
    assert!(!reader.window().has(1, Some(0)) && !reader.window().has(1, None));
    publish(&mut writer, 0..13);
    let window = reader.window();
    assert_eq!(
        (window.next_part(), window.edge()),
        (
            (1, 1),
            Some(Edge {
                msn: 1,
                part: Some(0)
            })
        )
    );
    assert!(window.has(1, Some(0)) && window.has(1, None));
    assert!(!window.has(1, Some(1)) && !window.has(2, None) && !window.has(2, Some(0)));

    // The IDR closes the segment.
    publish(&mut writer, 13..51);
    let window = reader.window();
    assert_eq!(
        (window.next_part(), window.edge()),
        (
            (2, 0),
            Some(Edge {
                msn: 1,
                part: Some(4)
            })
        )
    );
    assert!(window.has(1, Some(4)));
    // "a part beyond the end of a segment is the first of the next", which does not exist yet.
    assert!(!window.has(1, Some(5)) && !window.has(1, Some(99)) && !window.has(2, None));

    publish(&mut writer, 51..63);
    let window = reader.window();
    assert!(
        window.has(1, Some(5)) && window.has(1, Some(99)) && window.has(2, None) && window.has(2, Some(0))
    );
    assert!(!window.has(2, Some(1)) && !window.has(3, Some(0)));
}

#[test]
fn reloads_too_far_ahead_are_refused() {
    let (mut writer, reader) = live();
    publish(&mut writer, 0..60);
    let window = reader.window();
    assert_eq!(window.next_part().0, 2);
    let admit = |msn| {
        window.admit(&Query {
            msn: Some(msn),
            ..Query::default()
        })
    };
    assert_eq!(admit(4), Ok(()));
    assert_eq!(admit(5), Err(TooFarAhead { asked: 5, edge: 2 }));
    assert!(window.admit(&Query::default()).is_ok() && admit(u64::MAX).is_err());
}

#[tokio::test]
async fn waiting_ends_with_the_part_and_with_the_live() {
    let (mut writer, reader) = live();
    publish(&mut writer, 0..13);
    let soon = Duration::from_secs(10);
    let waiting = tokio::spawn({
        let reader = reader.clone();
        async move { reader.wait(1, Some(1)).await.next_part() }
    });
    let hint = tokio::spawn({
        let reader = reader.clone();
        async move { reader.wait_part(1, 1).await.map(|body| body.len) }
    });
    let never = tokio::spawn({
        let reader = reader.clone();
        async move { reader.wait(9, None).await.ended() }
    });
    tokio::task::yield_now().await;
    publish(&mut writer, 13..25);
    assert_eq!(timeout(soon, waiting).await.unwrap().unwrap(), (1, 2));
    assert!(timeout(soon, hint).await.unwrap().unwrap().is_some());
    // Not the next part: answered at once.
    assert!(timeout(soon, reader.wait_part(1, 3)).await.unwrap().is_none());
    drop(writer);
    assert!(timeout(soon, never).await.unwrap().unwrap());
    assert!(timeout(soon, reader.wait(100, Some(3))).await.unwrap().ended());
    assert!(timeout(soon, reader.wait_part(2, 0)).await.unwrap().is_none());
}

#[test]
fn a_hinted_part_that_the_end_takes_away_is_no_part() {
    let (mut writer, reader) = live();
    publish(&mut writer, 0..51);
    assert_eq!(reader.window().next_part(), (2, 0));
    writer.finish();
    assert!(reader.window().ended());
    let text = String::from_utf8(reader.window().low_latency(false, &[]).plain().to_vec()).unwrap();
    assert!(text.ends_with("#EXT-X-ENDLIST\n") && !text.contains("PRELOAD-HINT"));
}

#[test]
fn one_wake_a_part() {
    let (mut writer, reader) = live();
    let mut rx = reader.rx.clone();
    let mut wakes = 0;
    for n in 0..100 {
        writer.push(&picture(n), Timestamp::UNIX_EPOCH).unwrap();
        wakes += u32::from(rx.has_changed().unwrap());
        rx.mark_unchanged();
    }
    assert_eq!(wakes, 9);
}

/// A live with an archive that stores when it is told to.
#[test]
fn a_complete_segment_is_listed_when_it_is_stored_and_wakes_nobody() {
    let (mut writer, reader) = live();
    let shelf = reader.shelf().clone();
    shelf.announce();
    let mut rx = reader.rx.clone();
    publish(&mut writer, 0..51);
    rx.mark_unchanged();
    let window = reader.window();
    assert_eq!(window.listed().count(), 0);
    assert_eq!(
        (window.next_part(), window.has(1, Some(4)), window.has(1, Some(5))),
        ((2, 0), true, false),
        "everything but the list is as if it were"
    );
    let text = |window: &Window| String::from_utf8(window.low_latency(false, &[]).plain().to_vec()).unwrap();
    assert!(!text(&window).contains("#EXTINF"));
    assert!(text(&window).contains("PRELOAD-HINT:TYPE=PART,URI=\"1-0-2.0.m4s\""));
    assert!(window.segment(1).is_some());

    publish(&mut writer, 51..52);
    assert_eq!(reader.window().listed().count(), 0, "not stored yet");
    shelf.store(1, 0, window.segment(1).unwrap().len);
    publish(&mut writer, 52..53);
    assert!(!rx.has_changed().unwrap(), "there is nothing to wake for");
    assert_eq!(reader.window().listed().count(), 1);
    assert!(text(&reader.window()).contains("#EXTINF:2.0,\n1-0-1.m4s\n"));

    // The next is never stored: its successor's first part does not wait for that.
    publish(&mut writer, 53..112);
    assert_eq!(reader.window().listed().count(), 1);
    publish(&mut writer, 112..113);
    let window = reader.window();
    assert_eq!((window.listed().count(), window.next_part()), (2, (3, 1)));
}

#[test]
fn parts_are_hashed_when_somebody_asks_and_once() {
    let (mut writer, reader) = live();
    publish(&mut writer, 0..74);
    let known = || {
        let window = reader.window();
        let closed = window.recent().flat_map(|segment| segment.parts.iter());
        let open = window.open.iter().flat_map(|open| &open.parts);
        closed
            .chain(open)
            .map(|part| part.digest.is_known())
            .collect::<Vec<_>>()
    };
    // The first of a segment is known from hashing the segment.
    assert_eq!(known(), [true, false, false, false, false, true]);
    reader.window().low_latency(false, &[]);
    assert_eq!(known(), [true; 6]);
    publish(&mut writer, 74..75);
    assert_eq!(
        known(),
        [true, true, true, true, true, true, false],
        "later windows know them too"
    );
    for part in reader.window().recent().flat_map(|segment| segment.parts.iter()) {
        assert_eq!(part.sha256(), crate::Sha256::of(&part.data));
    }
}

#[test]
fn a_state_is_rendered_once_for_everybody() {
    let (mut writer, reader) = live();
    publish(&mut writer, 0..700);
    let window = reader.window();
    let reports = [Report {
        uri: "1-ll.m3u8".into(),
        last_msn: 3,
        last_part: Some(2),
    }];
    let first = window.low_latency(false, &reports).plain().as_ptr();
    assert_eq!(window.low_latency(false, &[]).plain().as_ptr(), first);
    assert_eq!(
        window.low_latency(false, &[]).gzip().as_ptr(),
        window.low_latency(false, &[]).gzip().as_ptr()
    );
    let text = String::from_utf8(window.low_latency(false, &[]).plain().to_vec()).unwrap();
    assert!(
        text.ends_with("#EXT-X-RENDITION-REPORT:URI=\"1-ll.m3u8\",LAST-MSN=3,LAST-PART=2\n"),
        "{text}"
    );
    let mut plain = String::new();
    let mut gzip = flate2::read::GzDecoder::new(window.classic().gzip().as_ref());
    std::io::Read::read_to_string(&mut gzip, &mut plain).unwrap();
    assert_eq!(plain.as_bytes(), window.classic().plain());
    assert_eq!(window.classic().etag().len(), 18);
}

#[test]
fn digests_are_there_when_the_segment_is_listed() {
    let (mut writer, reader) = live();
    publish(&mut writer, 0..700);
    let window = reader.window();
    let json: std::collections::BTreeMap<String, String> =
        serde_json::from_slice(window.hashes().plain()).unwrap();
    assert_eq!(json.len(), window.listed().count());
    for entry in window.listed() {
        assert_eq!(
            json.get(&window.segment_uri(entry.msn).to_string()),
            Some(&entry.sha256.to_string())
        );
    }
}

/// Parts of 480 ms, an IDR every two seconds.
#[test]
fn the_newest_opener_is_the_last_part_with_an_idr() {
    let (mut writer, reader) = live();
    let at = || reader.window().newest_opener().map(|opener| opener.at);
    assert_eq!(at(), None);
    publish(&mut writer, 0..13);
    assert_eq!(at(), Some((1, 0)));
    publish(&mut writer, 13..51);
    assert_eq!(at(), Some((1, 0)), "the next IDR is in no part yet");
    publish(&mut writer, 51..63);
    let opener = reader.window().newest_opener().unwrap();
    assert_eq!(opener.at, (2, 0));
    let Source::Part(part) = reader.window().part(2, 0).unwrap().source else {
        panic!("an open segment's part is in memory");
    };
    assert_eq!((opener.part, opener.init.id), (part, 0));
}
