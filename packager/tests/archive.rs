//! Recordings: what a live leaves behind, whatever happens to the program or the disk.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::flv;
use common::harness::Harness;
use common::synthetic::Encoder;
use jiff::Timestamp;
use media::Event;
use packager::archive::{self, Archive, Index, Place, State, Stopped};
use packager::live::{self, Reader, Settings, Source, Writer};
use packager::{Sha256, vod};
use playlist_validator::{Kind, Validator};

const UUID: &str = "9c9de5e8-0a1e-484a-b099-e80766180a6d";

fn now() -> Timestamp {
    "2026-11-22T18:00:00Z".parse().unwrap()
}

fn kept(directory: &Path) -> Place {
    Place::Kept {
        directory: directory.to_owned(),
        uuid: UUID.to_owned(),
    }
}

/// Publishes, and lets the recorder keep up: a real publisher is never this fast.
async fn publish(
    writer: &mut Writer,
    events: impl IntoIterator<Item = Event>,
    state: &mut tokio::sync::watch::Receiver<State>,
) {
    for event in events {
        let closed = writer.push(&event, now()).unwrap();
        if let Some(segment) = closed.and_then(|closed| closed.segment) {
            let kept_up = |state: &State| match state {
                State::Recording(summary) => summary.segments >= segment.msn,
                State::Waiting => false,
                State::Stopped(..) | State::Finished(_) => true,
            };
            state.wait_for(kept_up).await.unwrap();
        }
    }
}

async fn record(directory: &Path, events: Vec<Event>) -> (State, Reader) {
    let (mut writer, reader) = live::channel(Settings::default());
    let (archive, mut state) = Archive::new(reader.clone(), kept(directory));
    let task = tokio::spawn(archive.run());
    publish(&mut writer, events, &mut state).await;
    drop(writer);
    (task.await.unwrap(), reader)
}

fn read(directory: &Path, resolution: u32) -> (String, Vec<u8>) {
    let index = fs::read_to_string(directory.join(archive::index_name(UUID, resolution))).unwrap();
    (
        index,
        fs::read(directory.join(archive::media_name(UUID, resolution))).unwrap(),
    )
}

fn valid(index: &str) {
    if let Err(violations) = Validator::new(Kind::Archive).check(index) {
        panic!("{violations:?}\n{index}");
    }
}

/// Every row's bytes are what its digest says.
fn intact(index: &str, media: &[u8], resolution: u32) -> usize {
    let index = Index::parse(index, &archive::media_name(UUID, resolution));
    for row in &index.rows {
        let range = usize::try_from(row.offset).unwrap()..usize::try_from(row.offset + row.len).unwrap();
        assert_eq!(Sha256::of(&media[range]), row.sha256);
    }
    index.rows.len()
}

fn decodes(directory: &Path, file: &str) -> usize {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args([
        "-v", "warning", "-xerror", "-i", file, "-map", "0:v", "-f", "framecrc", "-",
    ]);
    let out = ffmpeg.current_dir(directory).output().unwrap();
    let noise = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && noise.is_empty(), "{file}: {noise}");
    String::from_utf8_lossy(&out.stdout)
        .lines()
        .filter(|line| line.starts_with("0,"))
        .count()
}

#[tokio::test]
async fn the_recording_is_the_replay() {
    let directory = tempfile::tempdir().unwrap();
    let events = flv::make(directory.path(), 9, &["-g", "60", "-bf", "2"]);
    let (state, reader) = record(directory.path(), events).await;
    let State::Finished(summary) = state else {
        panic!("{state:?}")
    };
    assert_eq!((summary.resolution, summary.segments), (180, 5));
    let (text, media) = read(directory.path(), 180);
    valid(&text);
    assert!(text.contains("#EXT-X-PLAYLIST-TYPE:VOD\n") && text.ends_with("#EXT-X-ENDLIST\n"));
    assert_eq!(intact(&text, &media, 180), 5);
    assert_eq!(summary.bytes, u64::try_from(media.len()).unwrap());

    let index = Index::parse(&text, &archive::media_name(UUID, 180));
    let renditions = [vod::Rendition {
        summary: &summary,
        index: &index,
    }];
    fs::write(
        directory.path().join(vod::master_name(UUID)),
        vod::multivariant(UUID, &renditions),
    )
    .unwrap();
    for file in [
        vod::master_name(UUID),
        archive::index_name(UUID, 180),
        archive::media_name(UUID, 180),
    ] {
        assert_eq!(decodes(directory.path(), &file), 270, "{file}");
    }
    let hashes = vod::hashes(UUID, &renditions);
    assert!(
        hashes.starts_with(&format!("{{\"{UUID}-180-fragmented.mp4\":{{\"")),
        "{hashes}"
    );
    // Nothing to do after an orderly end.
    assert!(!archive::repair(directory.path(), UUID, 180).unwrap().changed);
    drop(reader);
}

#[tokio::test]
async fn rewinding_reads_the_recording() {
    let directory = tempfile::tempdir().unwrap();
    let (mut writer, reader) = live::channel(Settings {
        window: 2,
        ..Settings::default()
    });
    let scratch = Place::Scratch {
        directory: directory.path().to_owned(),
    };
    let (archive, mut state) = Archive::new(reader.clone(), scratch);
    let task = tokio::spawn(archive.run());
    publish(&mut writer, Encoder::default().stream(60_500), &mut state).await;
    assert_eq!(
        fs::read_dir(directory.path()).unwrap().count(),
        0,
        "a scratch file has no name"
    );
    let window = reader.window();
    assert_eq!(window.recent().count(), 2, "memory is the window");
    assert_eq!(window.listed().count(), 30, "the playlist is the session");
    for entry in window.listed() {
        let body = window.segment(entry.msn).unwrap();
        let data = match body.source {
            Source::File { file, offset } => {
                let mut data = vec![0; usize::try_from(body.len).unwrap()];
                file.read_exact_at(&mut data, offset).unwrap();
                data
            }
            Source::Memory(parts) => parts.iter().flat_map(|part| part.data.to_vec()).collect(),
            Source::Part(_) => panic!("a part where a segment belongs"),
        };
        assert_eq!(Sha256::of(&data), entry.sha256);
    }
    drop(writer);
    task.await.unwrap();
}

/// A live without replay that goes on for weeks takes as much disk as can be rewound, and no more.
#[tokio::test]
async fn a_scratch_recording_takes_no_more_disk_than_its_window() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings {
        dvr: Some(Duration::from_secs(20)),
        window: 2,
        ..Settings::default()
    };
    let (mut writer, reader) = live::channel(settings);
    let scratch = Place::Scratch {
        directory: directory.path().to_owned(),
    };
    let (archive, mut state) = Archive::new(reader.clone(), scratch);
    let task = tokio::spawn(archive.run());
    // 2.4 Mbit/s: segments of 600 kB.
    let picture = |n: i64| common::synthetic::frame(common::synthetic::VIDEO, n * 40, n % 50 == 0, 12_000);
    publish(&mut writer, Encoder::default().stream(1).take(1), &mut state).await;
    publish(&mut writer, (0..5_000).map(picture), &mut state).await;
    let window = reader.window();
    let listed: Vec<_> = window.listed().map(|entry| entry.msn).collect();
    assert_eq!(listed.len(), 10);
    let Source::File { file, .. } = window.segment(listed[0]).unwrap().source else {
        panic!("in memory?")
    };
    let metadata = file.metadata().unwrap();
    assert!(metadata.len() > 55_000_000, "{}", metadata.len());
    // Twice the window, because what left the playlist stays for as long again.
    assert!(
        metadata.blocks() * 512 < 16_000_000,
        "{}",
        metadata.blocks() * 512
    );
    for entry in window.listed() {
        let body = window.segment(entry.msn).unwrap();
        if let Source::File { file, offset } = body.source {
            let mut data = vec![0; usize::try_from(body.len).unwrap()];
            file.read_exact_at(&mut data, offset).unwrap();
            assert_eq!(Sha256::of(&data), entry.sha256);
        }
    }
    assert!((1..listed[0] - 12).all(|msn| window.segment(msn).is_none()));
    drop(writer);
    task.await.unwrap();
}

/// Whoever sees a segment listed finds it in the recording, while parts wait for no disk.
#[tokio::test]
async fn a_segment_is_listed_once_it_is_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let mut live = Harness::new(Settings::default(), 33_334);
    let (archive, mut state) = Archive::new(live.reader.clone(), kept(directory.path()));
    let task = tokio::spawn(archive.run());
    let mut closed = 0;
    for event in Encoder::default().stream(30_500) {
        live.publish([event]);
        let window = live.reader.window();
        if live.closed.len() > closed {
            closed = live.closed.len();
            let last = live.closed.last().unwrap().msn;
            assert!(window.listed().all(|entry| entry.msn < last));
            assert_eq!(window.next_part(), (last + 1, 0));
            state
                .wait_for(|state| matches!(state, State::Recording(summary) if summary.segments == last))
                .await
                .unwrap();
        } else if closed > 0 {
            assert_eq!(window.listed().count(), closed, "listed with the next event");
            let (index, _) = read(directory.path(), 180);
            let recorded = |entry: &packager::Entry| index.contains(&entry.sha256.to_string());
            assert!(window.listed().all(recorded));
        }
    }
    assert_eq!(closed, 15);
    live.finish();
    drop(live);
    task.await.unwrap();
}

#[tokio::test]
async fn a_dvr_window_bounds_the_playlist() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings {
        dvr: Some(Duration::from_secs(20)),
        ..Settings::default()
    };
    let (mut writer, reader) = live::channel(settings);
    let (archive, mut state) = Archive::new(reader.clone(), kept(directory.path()));
    let task = tokio::spawn(archive.run());
    let mut at = now();
    for event in Encoder::default().stream(60_500) {
        at += jiff::SignedDuration::from_millis(1);
        publish(&mut writer, [event], &mut state).await;
    }
    assert_eq!(reader.window().listed().count(), 10);
    drop(writer);
    task.await.unwrap();
}

#[tokio::test]
async fn reconnects_and_new_configurations_play() {
    let directory = tempfile::tempdir().unwrap();
    let mut events = flv::make(directory.path(), 5, &["-g", "30"]);
    events.push(Event::Discontinuity);
    events.extend(flv::make(
        directory.path(),
        5,
        &["-g", "30", "-s", "256x144", "-profile:v", "baseline"],
    ));
    let (state, _) = record(directory.path(), events).await;
    let State::Finished(_) = state else {
        panic!("{state:?}")
    };
    let (text, media) = read(directory.path(), 180);
    valid(&text);
    assert_eq!(text.matches("#EXT-X-MAP").count(), 2);
    assert_eq!(text.matches("#EXT-X-DISCONTINUITY").count(), 1);
    intact(&text, &media, 180);
}

/// A program that dies between any two bytes leaves a recording that is repaired to its last whole segment.
#[tokio::test]
async fn repair_after_a_crash_at_any_byte() {
    let directory = tempfile::tempdir().unwrap();
    let events = flv::make(directory.path(), 9, &["-g", "60"]);
    record(directory.path(), events).await;
    let (text, media) = read(directory.path(), 180);
    let rows = Index::parse(&text, &archive::media_name(UUID, 180)).rows;
    // As it was while recording.
    let text = text
        .replace("VOD\n\n\n", "EVENT\n")
        .replace("#EXT-X-ENDLIST\n", "");
    let (index_path, media_path) = (
        directory.path().join(archive::index_name(UUID, 180)),
        directory.path().join(archive::media_name(UUID, 180)),
    );
    let crash = |text_len: usize, media_len: usize| {
        fs::write(&index_path, &text.as_bytes()[..text_len]).unwrap();
        fs::write(&media_path, &media[..media_len]).unwrap();
        let repaired = archive::repair(directory.path(), UUID, 180).unwrap();
        let (text, media) = read(directory.path(), 180);
        assert_eq!(u64::try_from(media.len()).unwrap(), repaired.summary.bytes);
        let kept = intact(&text, &media, 180);
        assert_eq!(u64::try_from(kept).unwrap(), repaired.summary.segments);
        if kept > 0 {
            valid(&text);
            assert!(text.contains("#EXT-X-PLAYLIST-TYPE:VOD\n") && text.ends_with("\n#EXT-X-ENDLIST\n"));
            assert!(
                !archive::repair(directory.path(), UUID, 180).unwrap().changed,
                "once is enough"
            );
        } else {
            assert!(text.is_empty() && media.is_empty());
        }
        kept
    };
    // The index torn anywhere.
    let mut last = 0;
    let torn = |at: &usize| *at < 400 || *at + 600 > text.len() || at.is_multiple_of(7);
    for text_len in (0..=text.len()).filter(torn) {
        let kept = crash(text_len, media.len());
        assert!(kept >= last, "{text_len}");
        last = kept;
    }
    assert_eq!(last, rows.len());
    // The MP4 torn around every border, its index whole (a power cut).
    for row in &rows {
        for cut in [
            row.offset,
            row.offset + 1,
            row.offset + row.len / 2,
            row.offset + row.len - 1,
        ] {
            let whole = rows.iter().filter(|row| row.offset + row.len <= cut).count();
            assert_eq!(crash(text.len(), usize::try_from(cut).unwrap()), whole);
        }
    }
    // Bytes that never reached the disk read as zeros.
    let mut zeroed = media.clone();
    let last_row = rows.last().unwrap();
    zeroed[usize::try_from(last_row.offset).unwrap()..].fill(0);
    fs::write(&index_path, &text).unwrap();
    fs::write(&media_path, &zeroed).unwrap();
    let repaired = archive::repair(directory.path(), UUID, 180).unwrap();
    assert_eq!(repaired.summary.segments, u64::try_from(rows.len() - 1).unwrap());
    assert_eq!(decodes(directory.path(), &archive::index_name(UUID, 180)), 240);
    assert_eq!(archive::find(directory.path(), UUID).unwrap(), [180]);
    // Nothing at all.
    fs::write(&index_path, "").unwrap();
    fs::remove_file(&media_path).unwrap();
    assert_eq!(
        archive::repair(directory.path(), UUID, 180)
            .unwrap()
            .summary
            .segments,
        0
    );
}

/// `/dev/full` answers every write with "no space left".
#[tokio::test]
async fn a_full_disk_stops_the_recording_and_not_the_live() {
    let directory = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/full", directory.path().join("full")).unwrap();
    // A directory that cannot be made is a failure of its own kind.
    let place = Place::Kept {
        directory: directory.path().join("full/below"),
        uuid: UUID.to_owned(),
    };
    let (mut writer, reader) = live::channel(Settings::default());
    let (archive, mut state) = Archive::new(reader.clone(), place);
    let task = tokio::spawn(archive.run());
    publish(&mut writer, Encoder::default().stream(40_000), &mut state).await;
    let State::Stopped(why, summary) = task.await.unwrap() else {
        panic!("still recording")
    };
    assert!(matches!(why, Stopped::Failed(_)), "{why}");
    assert_eq!(summary.segments, 0);
    let window = reader.window();
    assert_eq!(
        window.listed().count(),
        live::UNSHELVED_WINDOW,
        "the playlist is what memory holds"
    );
    assert!(window.listed().all(|entry| window.segment(entry.msn).is_some()));
    assert!(!window.ended());
}

/// A recorder that is not run, or much too slow, costs a bounded amount of memory.
#[tokio::test]
async fn an_archive_that_never_stores_is_given_up() {
    let directory = tempfile::tempdir().unwrap();
    let (mut writer, reader) = live::channel(Settings::default());
    let (archive, _state) = Archive::new(reader.clone(), kept(directory.path()));
    for event in Encoder::default().stream(200_000) {
        writer.push(&event, now()).unwrap();
    }
    let window = reader.window();
    assert!(window.recent().count() <= 34, "{}", window.recent().count());
    assert!(
        window.listed().all(|entry| window.segment(entry.msn).is_some()),
        "no holes"
    );
    // It wakes up after all: what it missed is a discontinuity.
    let task = tokio::spawn(archive.run());
    drop(writer);
    let State::Finished(summary) = task.await.unwrap() else {
        panic!()
    };
    assert!(summary.segments >= 34);
    valid(&read(directory.path(), 180).0);
}
