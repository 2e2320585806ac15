//! Real media in, real decoders out.

mod common;

use std::fs;
use std::process::Command;

use common::flv;
use jiff::{SignedDuration, Timestamp};
use media::Event;
use packager::live::{self, Settings, Source};

/// Packages `events` and writes the live's directory, as a web server would show it at the end.
fn package(directory: &std::path::Path, events: &[Event], settings: Settings) {
    let (mut writer, reader) = live::channel(settings);
    let start: Timestamp = "2026-11-22T18:00:00Z".parse().unwrap();
    for event in events {
        let at = match event {
            Event::Frame(frame) => start + SignedDuration::from_millis(frame.dts),
            _ => start,
        };
        if writer.push(event, at).unwrap().is_some() {
            save(directory, &reader);
        }
    }
    writer.finish();
    save(directory, &reader);
}

fn save(directory: &std::path::Path, reader: &live::Reader) {
    let window = reader.window();
    let settings = window.settings();
    for segment in window.recent() {
        let name = live::name::Name::Segment {
            session: settings.session,
            rendition: settings.rendition,
            msn: segment.entry.msn,
        };
        let Some(Source::Memory(parts)) = window.segment(segment.entry.msn).map(|body| body.source) else {
            panic!()
        };
        let bytes: Vec<u8> = parts.iter().flat_map(|part| part.data.to_vec()).collect();
        fs::write(directory.join(name.to_string()), bytes).unwrap();
    }
    let mut id = 0;
    while let Some(init) = window.init(id) {
        let name = live::name::Name::Init {
            session: settings.session,
            rendition: settings.rendition,
            id,
        };
        fs::write(directory.join(name.to_string()), &init.data).unwrap();
        id += 1;
    }
    fs::write(directory.join("0.m3u8"), window.classic().plain()).unwrap();
    fs::write(
        directory.join("0-ll.m3u8"),
        window.low_latency(false, &[]).plain(),
    )
    .unwrap();
}

/// Decodes everything; ffmpeg must have nothing to say. Returns how many pictures and seconds of sound it saw.
fn decode(directory: &std::path::Path, playlist: &str) -> usize {
    let out = Command::new("ffmpeg")
        .args([
            "-v",
            "warning",
            "-xerror",
            "-live_start_index",
            "0",
            "-i",
            playlist,
            "-map",
            "0",
            "-f",
            "framecrc",
            "-",
        ])
        .current_dir(directory)
        .output()
        .unwrap();
    let noise = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && noise.is_empty(), "{noise}");
    String::from_utf8_lossy(&out.stdout)
        .lines()
        .filter(|line| line.starts_with("0,"))
        .count()
}

#[test]
fn ffmpeg_decodes_every_picture() {
    let directory = tempfile::tempdir().unwrap();
    let events = flv::make(directory.path(), 10, &["-g", "30", "-bf", "2"]);
    package(
        directory.path(),
        &events,
        Settings {
            window: 60,
            ..Settings::default()
        },
    );
    for playlist in ["0.m3u8", "0-ll.m3u8"] {
        println!("{}", fs::read_to_string(directory.path().join(playlist)).unwrap());
        assert_eq!(decode(directory.path(), playlist), 300);
    }
}
