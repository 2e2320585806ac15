//! Real media in, real decoders out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs;
use std::process::Command;

use common::{flv, mp4};
use jiff::{SignedDuration, Timestamp};
use media::Event;
use mp4_atom::DecodeMaybe;
use packager::live::{self, Settings, Source};
use packager::playlist;

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
        assert_eq!(decode(directory.path(), playlist), 300);
    }
}

#[test]
fn every_codec_decodes() {
    for codecs in [
        [
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-g",
            "30",
            "-c:a",
            "libopus",
        ]
        .as_slice(),
        &[
            "-c:v",
            "libx265",
            "-preset",
            "ultrafast",
            "-x265-params",
            "log-level=none:keyint=60",
            "-tag:v",
            "hvc1",
            "-c:a",
            "aac",
        ],
        &[
            "-c:v",
            "libsvtav1",
            "-preset",
            "12",
            "-svtav1-params",
            "keyint=60",
            "-c:a",
            "aac",
            "-ar",
            "48000",
        ],
        &[
            "-c:v",
            "libvpx-vp9",
            "-deadline",
            "realtime",
            "-cpu-used",
            "8",
            "-g",
            "60",
            "-c:a",
            "libopus",
        ],
    ] {
        let directory = tempfile::tempdir().unwrap();
        let events = mp4::make(directory.path(), 5, codecs);
        package(
            directory.path(),
            &events,
            Settings {
                window: 60,
                part_ms: 200,
                ..Settings::default()
            },
        );
        assert_eq!(decode(directory.path(), "0.m3u8"), 150, "{codecs:?}");
        let init = fs::read(directory.path().join("1-0-init0.mp4")).unwrap();
        let mut rest = init.as_slice();
        let mut kinds = Vec::new();
        while let Some(atom) = mp4_atom::Any::decode_maybe(&mut rest).unwrap() {
            if let mp4_atom::Any::Moov(moov) = &atom {
                assert_eq!(
                    (moov.trak.len(), moov.mvex.as_ref().map(|mvex| mvex.trex.len())),
                    (2, Some(2))
                );
                let entry = &moov.trak[0].mdia.minf.stbl.stsd.codecs[0];
                let visual = entry.visual().unwrap();
                assert_eq!(
                    (visual.data_reference_index, visual.width, visual.height),
                    (1, 320, 180)
                );
                assert_eq!(
                    moov.trak[1].mdia.minf.stbl.stsd.codecs[0]
                        .audio()
                        .unwrap()
                        .data_reference_index,
                    1
                );
            }
            kinds.push(atom.kind().to_string());
        }
        assert_eq!(kinds, ["ftyp", "moov"]);
    }
}

/// What is known of a rendition is what a multivariant playlist says.
#[test]
fn the_multivariant_playlist_tells_the_truth() {
    let directory = tempfile::tempdir().unwrap();
    let events = flv::make(directory.path(), 5, &["-g", "30"]);
    let (mut writer, reader) = live::channel(Settings::default());
    let mut texts = Vec::new();
    for event in &events {
        if writer.push(event, Timestamp::UNIX_EPOCH).unwrap().is_some() {
            let variant = playlist::Variant::of(&reader.window(), true).unwrap();
            texts.push(playlist::multivariant(&[variant]));
        }
    }
    let text = texts.last().unwrap();
    assert!(
        text.contains("RESOLUTION=320x180,FRAME-RATE=30.000\n0-ll.m3u8\n"),
        "{text}"
    );
    assert!(
        text.contains("CODECS=\"avc1.") && text.contains(",mp4a.40.2\""),
        "{text}"
    );
    texts.dedup();
    assert!(texts.len() <= 3, "it hardly ever changes: {texts:#?}");
}
