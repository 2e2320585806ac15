//! Every reload of every kind of stream, judged by the strict validator.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use common::harness::Harness;
use common::synthetic::{AUDIO, Encoder, VIDEO, frame, h264, track, tracks};
use media::{Event, Timescale};
use packager::live::Settings;

fn run(encoder: Encoder, part_ms: u32, duration_ms: i64) -> Harness {
    let frame_us = if encoder.fps.0 > 0 {
        1_000_000 * encoder.fps.1 / encoder.fps.0 + 1_000
    } else {
        24_000
    };
    let mut harness = Harness::new(
        Settings {
            part_ms,
            ..Settings::default()
        },
        frame_us,
    );
    harness.publish(encoder.stream(duration_ms)).finish();
    harness
}

#[test]
fn frame_rates_and_part_lengths() {
    for fps in [
        (24, 1),
        (24_000, 1_001),
        (25, 1),
        (30_000, 1_001),
        (30, 1),
        (50, 1),
        (60, 1),
        (60_000, 1_001),
    ] {
        for part_ms in [200, 333, 500, 1_000] {
            let keyframe_every = 2 * fps.0 / fps.1 + i64::from(fps.0 % fps.1 > 0);
            let harness = run(
                Encoder {
                    fps,
                    keyframe_every,
                    ..Encoder::default()
                },
                part_ms,
                30_000,
            );
            assert!(
                harness.closed.iter().all(|segment| segment.independent),
                "{fps:?} {part_ms}"
            );
            let whole = &harness.closed[..harness.closed.len() - 1];
            assert!(
                whole
                    .iter()
                    .all(|s| (1_990_000..=2_010_000).contains(&s.duration_us)),
                "{fps:?} {part_ms}"
            );
        }
    }
}

#[test]
fn keyframe_intervals() {
    for (keyframe_every, longest_us) in [
        (15, 2_000_000),
        (30, 2_000_000),
        (60, 2_000_000),
        (90, 3_000_000),
        (120, 4_000_000),
    ] {
        let harness = run(
            Encoder {
                keyframe_every,
                ..Encoder::default()
            },
            500,
            40_000,
        );
        assert!(harness.closed.iter().all(|segment| segment.independent));
        assert_eq!(
            harness.closed.iter().map(|segment| segment.duration_us).max(),
            Some(longest_us)
        );
    }
}

#[test]
fn b_frames() {
    for keyframe_every in [30, 45, 60] {
        run(
            Encoder {
                keyframe_every,
                b_frames: true,
                ..Encoder::default()
            },
            500,
            20_000,
        );
    }
}

#[test]
fn keyframes_far_apart_are_cut_without_idr_and_joined_at_the_next() {
    // OBS's "auto": 250 frames at 30 fps.
    let harness = run(
        Encoder {
            keyframe_every: 250,
            ..Encoder::default()
        },
        500,
        60_000,
    );
    assert!(harness.closed.iter().any(|segment| !segment.independent));
    let window = harness.reader.window();
    let text = String::from_utf8(window.classic().plain().to_vec()).unwrap();
    assert!(!text.contains("INDEPENDENT-SEGMENTS"));
    // Every IDR begins a segment.
    let mut at_us = 0;
    let mut independent = Vec::new();
    for segment in &harness.closed {
        if segment.independent {
            independent.push((at_us + 500) / 1_000);
        }
        at_us += segment.duration_us;
    }
    assert_eq!(
        independent,
        [0, 8_333, 16_666, 25_000, 33_333, 41_666, 50_000, 58_333]
    );
}

#[test]
fn irregular_keyframes() {
    let mut seed = 1_u64;
    let mut random = move |below: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((seed >> 33) % below).unwrap()
    };
    let mut next_key = 0;
    let mut harness = Harness::new(Settings::default(), 34_000);
    let events = Encoder::default().stream(120_000).map(|event| match event {
        Event::Frame(mut frame) if frame.track == VIDEO => {
            frame.keyframe = frame.dts >= next_key;
            if frame.keyframe {
                next_key = frame.dts + 100 + random(9_000);
            }
            Event::Frame(frame)
        }
        other => other,
    });
    harness.publish(events.collect::<Vec<_>>()).finish();
}

#[test]
fn sound_alone() {
    for (part_ms, sample_rate) in [(200, 48_000), (500, 44_100), (1_000, 48_000)] {
        let harness = run(
            Encoder {
                fps: (0, 1),
                sample_rate,
                ..Encoder::default()
            },
            part_ms,
            30_000,
        );
        assert!(harness.closed.iter().all(|segment| segment.independent));
        let whole = &harness.closed[..harness.closed.len() - 1];
        assert!(
            whole
                .iter()
                .all(|s| (1_600_000..=2_500_000).contains(&s.duration_us))
        );
    }
}

#[test]
fn pictures_alone() {
    run(
        Encoder {
            sample_rate: 0,
            ..Encoder::default()
        },
        500,
        30_000,
    );
}

/// A camera of one picture a second: each picture spans two parts.
#[test]
fn pictures_longer_than_a_part() {
    for sample_rate in [0, 48_000] {
        for (fps, keyframe_every) in [((1, 1), 2), ((1, 1), 1), ((3, 2), 3), ((1, 3), 1)] {
            let harness = run(
                Encoder {
                    fps,
                    keyframe_every,
                    sample_rate,
                    ..Encoder::default()
                },
                500,
                60_000,
            );
            assert!(
                harness.closed.iter().all(|segment| segment.independent),
                "{fps:?} {sample_rate}"
            );
        }
    }
}

/// Screen capture: pictures only when something changes, sound all the time.
#[test]
fn pictures_stall_while_sound_goes_on() {
    let mut harness = Harness::new(Settings::default(), 3_000_000);
    let stalled = |ms: i64| {
        (3_000..5_200).contains(&ms) || (9_000..9_700).contains(&ms) || (15_000..21_000).contains(&ms)
    };
    let events: Vec<_> = Encoder::default()
        .stream(30_000)
        .filter(|event| !matches!(event, Event::Frame(frame) if frame.track == VIDEO && stalled(frame.dts)))
        .collect();
    harness.publish(events).finish();
    let total: i64 = harness.closed.iter().map(|segment| segment.duration_us).sum();
    assert!((29_990_000..=30_050_000).contains(&total), "{total}");
}

#[test]
fn frame_rate_that_varies() {
    let mut harness = Harness::new(Settings::default(), 250_000);
    let mut at = 0;
    let pictures = (0..2_000_i64).map(|n| {
        at += [16, 33, 17, 100, 40, 250, 8][usize::try_from(n % 7).unwrap()];
        frame(VIDEO, at, n % 40 == 0, 30)
    });
    let only = Encoder {
        sample_rate: 0,
        ..Encoder::default()
    };
    harness
        .publish(std::iter::once(only.tracks()).chain(pictures))
        .finish();
}

#[test]
fn reconnects_continue_the_session() {
    let mut harness = Harness::new(Settings::default(), 34_000);
    harness.publish(Encoder::default().stream(7_300));
    for round in 0..4 {
        harness.pass(10_000);
        let again = Encoder {
            start_ms: round * 100_000,
            ..Encoder::default()
        };
        harness.publish(std::iter::once(Event::Discontinuity).chain(again.stream(5_900)));
    }
    harness.finish();
    let cuts: Vec<_> = harness
        .closed
        .iter()
        .filter(|segment| segment.discontinuity)
        .collect();
    assert_eq!(
        cuts.iter()
            .map(|segment| segment.discontinuities)
            .collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert!(
        harness
            .closed
            .iter()
            .map(|segment| segment.msn)
            .eq(1..=harness.closed.last().unwrap().msn)
    );
}

#[test]
fn a_changed_configuration_gets_its_own_map() {
    let mut harness = Harness::new(Settings::default(), 34_000);
    harness.publish(Encoder::default().stream(5_000));
    let later = Encoder {
        start_ms: 5_000,
        ..Encoder::default()
    };
    harness.publish(std::iter::once(later.tracks_with(40)).chain(later.frames(5_000)));
    let back = Encoder {
        start_ms: 10_000,
        ..Encoder::default()
    };
    harness
        .publish(std::iter::once(back.tracks()).chain(back.frames(5_000)))
        .finish();
    let inits: Vec<_> = harness.closed.iter().map(|segment| segment.init).collect();
    assert!(inits.contains(&0) && inits.contains(&1) && inits.last() == Some(&0));
    assert_eq!(
        harness
            .closed
            .iter()
            .filter(|segment| segment.discontinuity)
            .count(),
        2
    );
}

#[test]
fn declared_sound_that_never_comes_is_left_out() {
    let mut harness = Harness::new(Settings::default(), 34_000);
    let silent = Encoder::default()
        .stream(10_000)
        .filter(|e| !matches!(e, Event::Frame(f) if f.track == AUDIO));
    harness.publish(silent.collect::<Vec<_>>());
    assert_eq!(harness.reader.window().init(0).unwrap().tracks.len(), 1);
    // It comes after all.
    let later = Encoder {
        start_ms: 10_000,
        ..Encoder::default()
    };
    harness.publish(later.frames(10_000)).finish();
    assert_eq!(harness.reader.window().init(1).unwrap().tracks.len(), 2);
}

#[test]
fn declared_pictures_that_never_come_are_left_out() {
    let mut harness = Harness::new(Settings::default(), 34_000);
    let blind = Encoder::default()
        .stream(10_000)
        .filter(|e| !matches!(e, Event::Frame(f) if f.track == VIDEO));
    harness.publish(blind.collect::<Vec<_>>());
    assert_eq!(harness.reader.window().init(0).unwrap().tracks.len(), 1);
    let later = Encoder {
        start_ms: 10_000,
        ..Encoder::default()
    };
    harness.publish(later.frames(10_000)).finish();
    assert_eq!(harness.reader.window().init(1).unwrap().tracks.len(), 2);
}

#[test]
fn both_tracks_start_at_the_first_idr() {
    let mut harness = Harness::new(Settings::default(), 34_000);
    // Joined in the middle of a group: 1.5 s until the IDR.
    let joined = Encoder {
        start_ms: -500,
        ..Encoder::default()
    };
    let events = joined.stream(8_000).map(|event| match event {
        Event::Frame(mut f) if f.track == VIDEO => {
            f.keyframe = f.dts >= 1_000 && (f.dts - 1_000) % 2_000 < 33;
            Event::Frame(f)
        }
        other => other,
    });
    harness.publish(events.collect::<Vec<_>>()).finish();
    let window = harness.reader.window();
    let Some(packager::live::Source::Part(data)) = window.part(1, 0).map(|body| body.source) else {
        panic!()
    };
    let runs = &playlist_validator::mp4::fragments(&data).unwrap()[0].runs;
    assert_eq!((runs[0].base_dts, runs[0].samples[0].sync), (0, true));
    assert!(
        runs[1].base_dts < 1_024,
        "sound starts within a packet: {}",
        runs[1].base_dts
    );
}

#[test]
fn opus_and_high_resolution_clocks() {
    let ninety = Timescale::HZ_90K;
    let mut harness = Harness::new(Settings::default(), 34_000);
    let both = [
        track(VIDEO, h264(31), ninety),
        track(AUDIO, common::synthetic::opus(), ninety),
    ];
    let mut frames: Vec<(i64, Event)> = (0..900)
        .map(|n| (n * 3_000, frame(VIDEO, n * 3_000, n % 60 == 0, 30)))
        .collect();
    // 20 ms CELT packets.
    frames.extend((0..1_500).map(|n| {
        let data = bytes::Bytes::from_static(&[0b1111_1000, 1, 2]);
        let packet = media::Frame {
            track: AUDIO,
            dts: n * 1_800,
            cts: 0,
            keyframe: true,
            data,
        };
        (n * 1_800, Event::Frame(packet))
    }));
    frames.sort_by_key(|(at, _)| *at);
    harness
        .publish(std::iter::once(tracks(&both)).chain(frames.into_iter().map(|(_, event)| event)))
        .finish();
    assert!(
        harness.closed[..10]
            .iter()
            .all(|segment| segment.duration_us == 2_000_000)
    );
}

/// Clocks of 32 bits and of FLV's 24 bits have long wrapped or been extended by then.
#[test]
fn timestamps_far_from_zero() {
    for start_ms in [
        0x00ff_ffff - 3_000,
        i64::from(u32::MAX) - 3_000,
        i64::from(i32::MAX) - 3_000,
        -5_000,
        1 << 50,
    ] {
        run(
            Encoder {
                start_ms,
                ..Encoder::default()
            },
            500,
            10_000,
        );
        let mut harness = Harness::new(Settings::default(), 34_000);
        harness
            .publish(
                Encoder {
                    start_ms,
                    ..Encoder::default()
                }
                .stream(10_000),
            )
            .finish();
    }
}

/// A session of five hours: memory and the time of a push stay what they were.
#[test]
fn five_hours() {
    use packager::live;
    let (mut writer, reader) = live::channel(Settings::default());
    let mut validator = playlist_validator::Validator::new(playlist_validator::Kind::LowLatency);
    let now: jiff::Timestamp = "2026-11-22T18:00:00Z".parse().unwrap();
    let mut segments = 0;
    for event in Encoder::default().stream(5 * 3_600_000) {
        let Some(closed) = writer.push(&event, now).unwrap() else {
            continue;
        };
        let Some(segment) = closed.segment else { continue };
        segments += 1;
        if segments % 100 == 0 {
            let window = reader.window();
            assert!(window.recent().count() <= 8);
            assert!(window.listed().count() <= 6 && window.listed().any(|entry| entry.msn == segment.msn));
            validator
                .check(std::str::from_utf8(window.low_latency(false, &[]).plain()).unwrap())
                .unwrap();
        }
    }
    assert_eq!(segments, 8_999);
}
