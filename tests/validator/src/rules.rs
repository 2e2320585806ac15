//! What one playlist must be, whatever came before.

use std::collections::HashSet;

use crate::parse::micros;
use crate::{Findings, Kind, Playlist, Segment};

/// Rounding of EXT-X-PROGRAM-DATE-TIME to milliseconds at both ends of a segment.
const DATE_TOLERANCE_US: i64 = 2_000;
/// Newest segments that viewers may get from each other, and so need a digest.
const SHARED_SEGMENTS: usize = 100;

pub(crate) fn check(playlist: &Playlist, kind: Kind, frame_us: i64, findings: &mut Findings) {
    constants(playlist, kind, findings);
    segments(playlist, kind, findings);
    match kind {
        Kind::LowLatency => low_latency(playlist, frame_us, findings),
        Kind::Classic | Kind::Archive => {
            let parts = playlist.segments.iter().any(|segment| !segment.parts.is_empty());
            let foreign = parts || playlist.part_target_us.is_some() || !playlist.preload_hints.is_empty();
            findings.check(0, !foreign, || "low-latency tags in a classic playlist".into());
            findings.check(
                0,
                !playlist.server_control.contains_key("CAN-BLOCK-RELOAD"),
                || "CAN-BLOCK-RELOAD silently stops peer-to-peer".into(),
            );
        }
    }
}

fn constants(playlist: &Playlist, kind: Kind, findings: &mut Findings) {
    // RFC 8216bis 8: EXT-X-MAP needs 6, EXT-X-SKIP 9; and the whole is made for 9.
    let version = if kind == Kind::Archive { 7 } else { 9 };
    findings.check(0, playlist.version >= version, || {
        format!("version {} < {version}", playlist.version)
    });
    findings.check(0, playlist.target_duration_s > 0, || "no target duration".into());
    if kind != Kind::Archive {
        // hls.js does not block on a playlist whose last segment is 0.
        findings.check(0, playlist.media_sequence >= 1, || {
            "media sequence number 0".into()
        });
        findings.check(0, playlist.playlist_type.is_none(), || {
            "EXT-X-PLAYLIST-TYPE in a sliding playlist".into()
        });
    }
    if playlist.ended {
        findings.check(0, playlist.preload_hints.is_empty(), || {
            "a preload hint after the end".into()
        });
    }
}

fn segments(playlist: &Playlist, kind: Kind, findings: &mut Findings) {
    let mut uris = HashSet::new();
    let mut range_end = 0;
    for (index, segment) in playlist.segments.iter().enumerate() {
        let last = index + 1 == playlist.segments.len();
        findings.check(
            segment.line,
            segment.uri.is_some() || (last && kind == Kind::LowLatency && !playlist.ended),
            || "an open segment that is not the last of a live".into(),
        );
        findings.check(segment.line, !segment.gap || index > 0, || {
            "EXT-X-GAP at the start hangs ExoPlayer".into()
        });
        findings.check(segment.line, segment.map.is_some(), || "no EXT-X-MAP".into());
        findings.check(segment.line, segment.program_date_time_us.is_some(), || {
            "no EXT-X-PROGRAM-DATE-TIME".into()
        });
        if segment.uri.is_some() {
            closed(playlist, segment, kind, findings);
            let age = playlist.segments.len() - index;
            findings.check(
                segment.line,
                segment.sha256.is_some() || (age > SHARED_SEGMENTS && kind != Kind::Archive),
                || "no digest".into(),
            );
        }
        if let Some((len, offset)) = segment.byte_range {
            findings.check(segment.line, offset >= range_end && len > 0, || {
                "overlapping byte range".into()
            });
            range_end = offset.saturating_add(len);
        } else if let Some(uri) = &segment.uri {
            findings.check(segment.line, uris.insert(uri), || format!("{uri} twice"));
        }
        if kind == Kind::Archive {
            findings.check(segment.line, segment.byte_range.is_some(), || {
                "no EXT-X-BYTERANGE".into()
            });
        }
    }
    for (before, after) in playlist.segments.iter().zip(playlist.segments.iter().skip(1)) {
        if !after.discontinuity {
            findings.check(after.line, before.map == after.map, || {
                "EXT-X-MAP changes without discontinuity".into()
            });
            let (Some(from), Some(to)) = (before.program_date_time_us, after.program_date_time_us) else {
                continue;
            };
            let drift = (to - from - before.duration_us).abs();
            findings.check(after.line, drift <= DATE_TOLERANCE_US, || {
                format!("date is {drift} us off")
            });
        }
    }
}

fn closed(playlist: &Playlist, segment: &Segment, kind: Kind, findings: &mut Findings) {
    // RFC 8216bis 4.4.3.1: EXTINF, rounded to the nearest integer, must not exceed the target duration.
    let rounded = (segment.duration_us + 500_000).div_euclid(1_000_000);
    findings.check(segment.line, rounded <= playlist.target_duration_s, || {
        format!("EXTINF of {} us over the target duration", segment.duration_us)
    });
    findings.check(segment.line, segment.duration_us > 0, || "EXTINF of 0".into());
    let ranged = segment.byte_range.is_some();
    findings.check(segment.line, ranged == (kind == Kind::Archive), || {
        "EXT-X-BYTERANGE".into()
    });
    if !segment.parts.is_empty() {
        let sum: i64 = segment.parts.iter().map(|part| part.duration_us).sum();
        findings.check(segment.line, sum == segment.duration_us, || {
            format!("parts of {sum} us make a segment of {} us", segment.duration_us)
        });
    }
}

fn low_latency(playlist: &Playlist, frame_us: i64, findings: &mut Findings) {
    let control = |key: &str| playlist.server_control.get(key);
    let seconds = |key: &str| control(key).and_then(|text| micros(text));
    let target_us = playlist.target_duration_s * 1_000_000;
    let Some(part_us) = playlist.part_target_us else {
        findings.add(0, "no EXT-X-PART-INF");
        return;
    };
    findings.check(
        0,
        control("CAN-BLOCK-RELOAD").is_some_and(|value| value == "YES"),
        || "no CAN-BLOCK-RELOAD".into(),
    );
    findings.check(
        0,
        seconds("PART-HOLD-BACK").is_some_and(|hold| hold >= part_us * 3),
        || "PART-HOLD-BACK less than three parts".into(),
    );
    findings.check(
        0,
        seconds("HOLD-BACK").is_none_or(|hold| hold >= target_us * 3),
        || "HOLD-BACK".into(),
    );
    findings.check(
        0,
        seconds("CAN-SKIP-UNTIL").is_none_or(|skip| skip >= target_us * 6),
        || "CAN-SKIP-UNTIL".into(),
    );
    if !playlist.ended {
        findings.check(0, playlist.preload_hints.len() == 1, || {
            "not one preload hint".into()
        });
    }
    part_rules(playlist, part_us, frame_us, findings);
    part_window(playlist, target_us, findings);
}

fn part_rules(playlist: &Playlist, part_us: i64, frame_us: i64, findings: &mut Findings) {
    let mut uris = HashSet::new();
    for segment in &playlist.segments {
        for (index, part) in segment.parts.iter().enumerate() {
            let at = part.line;
            findings.check(at, uris.insert(&part.uri), || format!("{} twice", part.uri));
            findings.check(at, !part.byte_range, || {
                "EXT-X-PART with BYTERANGE kills ExoPlayer".into()
            });
            findings.check(at, part.sha256.is_some(), || "a part without digest".into());
            findings.check(at, part.duration_us > 0, || "a part of no duration".into());
            findings.check(at, part.duration_us <= part_us, || {
                format!("a part of {} us over PART-TARGET", part.duration_us)
            });
            let last = index + 1 == segment.parts.len();
            let long = part.duration_us * 100 >= part_us * 85 || part.duration_us + frame_us > part_us;
            findings.check(at, last || long, || {
                format!("a part of {} us under 85 % of PART-TARGET", part.duration_us)
            });
        }
        if playlist.independent_segments
            && let Some(first) = segment.parts.first()
        {
            findings.check(first.line, first.independent, || {
                "EXT-X-INDEPENDENT-SEGMENTS, and a segment whose first part is not".into()
            });
        }
    }
    for (hint, at) in &playlist.preload_hints {
        findings.check(*at, !uris.contains(hint), || {
            "a hint of a part that is there".into()
        });
    }
}

/// Parts of the segments within three target durations of the end, and of no others (RFC 8216bis 6.2.2).
fn part_window(playlist: &Playlist, target_us: i64, findings: &mut Findings) {
    let mut from_end_us = 0;
    let mut bare = None;
    for segment in playlist.segments.iter().rev() {
        if segment.parts.is_empty() {
            bare = Some(segment.line);
        } else {
            findings.check(segment.line, bare.is_none(), || {
                "parts before a segment without".into()
            });
            findings.check(segment.line, from_end_us < target_us * 3, || {
                "parts of an old segment".into()
            });
        }
        from_end_us += if segment.uri.is_some() {
            segment.duration_us
        } else {
            segment.parts.iter().map(|part| part.duration_us).sum()
        };
    }
}
