//! Publishers that lie about time, size and configuration: no panic, no endless loop, bounded memory, valid playlists.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use common::harness::Harness;
use common::synthetic::{AUDIO, Encoder, VIDEO, frame, h264, track, tracks};
use jiff::Timestamp;
use media::{Event, Frame, Timescale};
use packager::live::{self, Settings, Source};
use packager::segmenter::{MAX_INITS, MAX_PART_BYTES};
use packager::{Archive, Error, archive};
use playlist_validator::{Kind, Validator, mp4};
use proptest::prelude::*;

fn dts() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => 0..60_000_i64,
        2 => -10_000..10_000_i64,
        1 => any::<i64>(),
        1 => Just(i64::MIN),
        1 => Just(i64::MAX),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let frame = (any::<bool>(), dts(), any::<i32>(), any::<bool>(), 0..200_usize).prop_map(
        |(video, dts, cts, keyframe, size)| {
            let track = if video { VIDEO } else { AUDIO };
            Event::Frame(Frame {
                track,
                dts,
                cts,
                keyframe: keyframe || !video,
                data: Bytes::from(vec![1; size]),
            })
        },
    );
    let configuration =
        (1..4_u8, any::<bool>(), any::<bool>(), 1..=u32::MAX).prop_map(|(level, video, audio, scale)| {
            let scale = Timescale::new(scale).unwrap();
            let video = video.then(|| track(VIDEO, h264(level), scale));
            let audio = audio.then(|| track(AUDIO, common::synthetic::aac(48_000), scale));
            tracks(&video.into_iter().chain(audio).collect::<Vec<_>>())
        });
    prop_oneof![60 => frame, 1 => configuration, 1 => Just(Event::Discontinuity)]
}

/// What holds for any input: the rules no clock can excuse.
fn judge(reader: &live::Reader, validators: &mut [Validator; 2]) {
    let window = reader.window();
    for (validator, low_latency) in validators.iter_mut().zip([false, true]) {
        let text = if low_latency {
            window.low_latency(false, &[])
        } else {
            window.classic()
        };
        let text = std::str::from_utf8(text.plain()).unwrap();
        let Err(violations) = validator.check(text) else {
            continue;
        };
        // Parts end early when their size or the clock forces them to.
        let excused = |what: &str| what.contains("under 85 %");
        let bad: Vec<_> = violations
            .iter()
            .filter(|violation| !excused(&violation.what))
            .collect();
        assert!(bad.is_empty(), "{bad:?}\n{text}");
    }
    let (msn, next) = window.next_part();
    for index in 0..next {
        let Some(Source::Part(data)) = window.part(msn, index).map(|body| body.source) else {
            panic!("a part is gone")
        };
        mp4::fragments(&data).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_events_make_valid_playlists(first in event(), events in proptest::collection::vec(event(), 1..400)) {
        let (mut writer, reader) = live::channel(Settings::default());
        let mut validators = [Validator::new(Kind::Classic), Validator::new(Kind::LowLatency)];
        writer.push(&Encoder::default().tracks(), Timestamp::UNIX_EPOCH).unwrap();
        for event in std::iter::once(first).chain(events) {
            if writer.push(&event, Timestamp::UNIX_EPOCH).unwrap().is_some() {
                judge(&reader, &mut validators);
            }
        }
        writer.finish();
        if !reader.window().is_empty() {
            judge(&reader, &mut validators);
        }
    }

    /// A regular stream with some timestamps broken.
    #[test]
    fn broken_timestamps(broken in proptest::collection::btree_map(0..900_usize, dts(), 0..20)) {
        let (mut writer, reader) = live::channel(Settings::default());
        let mut validators = [Validator::new(Kind::Classic), Validator::new(Kind::LowLatency)];
        for (at, mut event) in Encoder::default().stream(12_000).enumerate() {
            if let (Event::Frame(frame), Some(dts)) = (&mut event, broken.get(&at)) {
                frame.dts = *dts;
            }
            if writer.push(&event, Timestamp::UNIX_EPOCH).unwrap().is_some() {
                judge(&reader, &mut validators);
            }
        }
        prop_assert!(reader.window().next_part().0 >= 4, "the stream goes on");
    }
}

/// A clock that stands still: time goes on by a tick a frame, and size ends parts and segments.
#[test]
fn a_clock_that_stands_still() {
    let (mut writer, reader) = live::channel(Settings::default());
    writer
        .push(&Encoder::default().tracks(), Timestamp::UNIX_EPOCH)
        .unwrap();
    let mut held = 0;
    for n in 0..400 {
        writer
            .push(&frame(VIDEO, 0, n == 0, 1 << 20), Timestamp::UNIX_EPOCH)
            .unwrap();
        let window = reader.window();
        let closed: u64 = window.recent().map(|segment| segment.entry.bytes).sum();
        held = held.max(closed);
    }
    let segments = u64::try_from(live::UNSHELVED_WINDOW + 2).unwrap();
    assert!(held <= segments * ((64 << 20) + (17 << 20)), "{held}");
}

#[test]
fn a_frame_larger_than_a_part_is_refused() {
    let (mut writer, _reader) = live::channel(Settings::default());
    writer
        .push(&Encoder::default().tracks(), Timestamp::UNIX_EPOCH)
        .unwrap();
    let huge = frame(VIDEO, 0, true, MAX_PART_BYTES + 1);
    assert!(matches!(
        writer.push(&huge, Timestamp::UNIX_EPOCH),
        Err(Error::FrameTooLarge(_))
    ));
}

#[test]
fn endless_configurations_are_refused() {
    let (mut writer, _reader) = live::channel(Settings::default());
    let mut refused = None;
    for n in 0..=u32::try_from(MAX_INITS).unwrap() {
        let scale = Timescale::new(1_000 + n).unwrap();
        writer
            .push(&tracks(&[track(VIDEO, h264(31), scale)]), Timestamp::UNIX_EPOCH)
            .unwrap();
        writer
            .push(&frame(VIDEO, 0, true, 10), Timestamp::UNIX_EPOCH)
            .unwrap();
        if let Err(error) = writer.push(&Event::Discontinuity, Timestamp::UNIX_EPOCH) {
            refused = Some(error);
        }
    }
    assert!(
        matches!(refused, Some(Error::TooManyConfigurations(MAX_INITS))),
        "{refused:?}"
    );
}

/// A thousand reconnects: nothing grows but the list of segments.
#[test]
fn a_thousand_reconnects() {
    let mut harness = Harness::new(Settings::default(), 34_000);
    for _ in 0..1_000 {
        harness.publish(std::iter::once(Event::Discontinuity).chain(Encoder::default().stream(100)));
    }
    harness.finish();
    assert_eq!(harness.closed.len(), 1_000);
    assert_eq!(harness.reader.window().init(1), None);
}

/// A real full disk: a tmpfs of 1 MB in a mount namespace of its own.
#[test]
fn the_disk_fills_up() {
    let directory = tempfile::tempdir().unwrap();
    let script =
        "mount -t tmpfs -o size=1m none \"$0\" && exec \"$1\" --exact --ignored disk_of_one_megabyte";
    let mut command = Command::new("unshare");
    command
        .args(["-rm", "sh", "-c", script])
        .arg(directory.path())
        .arg(std::env::current_exe().unwrap());
    let out = command.env("SMALL_DISK", directory.path()).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(
        out.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

#[tokio::test]
#[ignore = "started by the_disk_fills_up, on a disk of its own"]
async fn disk_of_one_megabyte() {
    let directory = std::env::var_os("SMALL_DISK").unwrap();
    let directory = Path::new(&directory);
    let (mut writer, reader) = live::channel(Settings::default());
    let place = archive::Place::Kept {
        directory: directory.to_owned(),
        uuid: "u".into(),
    };
    let (recorder, mut state) = Archive::new(reader.clone(), place);
    let task = tokio::spawn(recorder.run());
    for mut event in Encoder::default().stream(60_000) {
        if let Event::Frame(frame) = &mut event {
            frame.data = Bytes::from(vec![9; 2_000]);
        }
        if let Some(segment) = writer
            .push(&event, Timestamp::UNIX_EPOCH)
            .unwrap()
            .and_then(|closed| closed.segment)
        {
            let kept_up = |state: &archive::State| match state {
                archive::State::Recording(summary) => summary.segments >= segment.msn,
                archive::State::Waiting => false,
                archive::State::Stopped(..) | archive::State::Finished(_) => true,
            };
            state.wait_for(kept_up).await.unwrap();
        }
    }
    let stopped = task.await.unwrap();
    let archive::State::Stopped(archive::Stopped::DiskFull, summary) = stopped else {
        panic!("{stopped:?}")
    };
    assert!(summary.segments >= 2, "{summary:?}");
    let index = fs::read_to_string(directory.join(archive::index_name("u", 180))).unwrap();
    Validator::new(Kind::Archive).check(&index).unwrap();
    assert!(index.ends_with("#EXT-X-ENDLIST\n"), "{index}");
    assert_eq!(
        fs::metadata(directory.join(archive::media_name("u", 180)))
            .unwrap()
            .len(),
        summary.bytes
    );
    let window = reader.window();
    assert!(window.next_part().0 >= 29 && !window.ended(), "the live goes on");
    assert!(
        window.listed().all(|entry| window.segment(entry.msn).is_some()),
        "no holes"
    );
}
