//! Media playlists of a live: classic and low-latency over the same segments.

use std::fmt::Write;

use super::{Clock, HASHED_SEGMENTS, HOLD_BACK_PARTS, PART_TARGETS, Report, SKIP_TARGETS, Seconds};
use crate::live::Window;
use crate::{Entry, Part, Segment};

/// EXT-X-SKIP needs 9 (RFC 8216bis 8); nothing here needs more.
const VERSION: u32 = 9;
/// About what a segment's lines take, so that rendering allocates once.
const SEGMENT_TEXT: usize = 200;
const PART_TEXT: usize = 180;

/// The classic playlist: whole segments, no blocking reloads. An LL playlist silently stops PeerTube's peer-to-peer
/// engine, so this one is what other software is told about.
pub(crate) fn classic(window: &Window) -> String {
    let mut out = String::with_capacity(512 + SEGMENT_TEXT * window.listed().count());
    head(&mut out, window);
    let mut map = None;
    for entry in window.listed() {
        segment_head(
            &mut out,
            window,
            entry.discontinuity,
            entry.init,
            &mut map,
            entry.program_date_time,
        );
        segment_end(&mut out, window, entry);
    }
    end(&mut out, window);
    out
}

/// The low-latency playlist; `skipped` segments are replaced by EXT-X-SKIP.
pub(crate) fn low_latency(window: &Window, skipped: u64, reports: &[Report]) -> String {
    let listed = usize::try_from(listed_count(window).saturating_sub(skipped)).unwrap_or(0);
    let mut out = String::with_capacity(1_024 + SEGMENT_TEXT * listed + PART_TEXT * 40);
    let part_us = i64::from(window.settings.part_ms) * 1_000;
    let target_us = target_us(window);
    head(&mut out, window);
    line(
        &mut out,
        format_args!(
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={},HOLD-BACK={},CAN-SKIP-UNTIL={}",
            Seconds(part_us * i64::from(HOLD_BACK_PARTS)),
            Seconds(target_us * 3),
            Seconds(target_us * SKIP_TARGETS),
        ),
    );
    line(
        &mut out,
        format_args!("#EXT-X-PART-INF:PART-TARGET={}", Seconds(part_us)),
    );
    if skipped > 0 {
        line(&mut out, format_args!("#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}"));
    }

    let parts_from = parts_from(window);
    let mut map = None;
    for entry in window.history.from(window.first_msn + skipped) {
        segment_head(
            &mut out,
            window,
            entry.discontinuity,
            entry.init,
            &mut map,
            entry.program_date_time,
        );
        if let Some(segment) = parts_from.and_then(|first| remembered(window, entry.msn, first)) {
            parts(&mut out, window, entry.msn, &segment.parts);
        }
        segment_end(&mut out, window, entry);
    }
    if let Some(open) = &window.open {
        let opening = &open.opening;
        let date = opening.program_date_time;
        segment_head(
            &mut out,
            window,
            opening.discontinuity,
            opening.init,
            &mut map,
            date,
        );
        parts(&mut out, window, opening.msn, &open.parts);
    }
    if !window.ended {
        let (msn, part) = window.next_part();
        let uri = window.part_uri(msn, part);
        line(
            &mut out,
            format_args!("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{uri}\""),
        );
    }
    for report in reports {
        let Report {
            uri,
            last_msn,
            last_part,
        } = report;
        let _ = write!(out, "#EXT-X-RENDITION-REPORT:URI=\"{uri}\",LAST-MSN={last_msn}");
        if let Some(part) = last_part {
            let _ = write!(out, ",LAST-PART={part}");
        }
        out.push('\n');
    }
    end(&mut out, window);
    out
}

/// How many segments a delta update leaves out: those that end before the skip boundary (RFC 8216bis 6.2.5.1).
pub(crate) fn skippable(window: &Window) -> u64 {
    let open_us: i64 = window
        .open
        .iter()
        .flat_map(|open| &open.parts)
        .map(|part| part.duration_us)
        .sum();
    let boundary_us = target_us(window) * SKIP_TARGETS;
    let (mut kept_us, mut kept) = (open_us, 0);
    // The newest entries reach back to the boundary; how many those are depends on durations.
    let total = listed_count(window);
    while kept < total && kept_us < boundary_us {
        kept += 1;
        let msn = window.first_msn + total - kept;
        kept_us += window.history.get(msn).map_or(0, |entry| entry.duration_us);
    }
    total - kept
}

fn listed_count(window: &Window) -> u64 {
    window
        .history
        .last()
        .map_or(0, |last| (last.msn + 1).saturating_sub(window.first_msn))
}

fn target_us(window: &Window) -> i64 {
    i64::from(window.settings.segmenter().target_duration_s()) * 1_000_000
}

/// The first segment whose parts are listed: the oldest in memory within three target durations of the end.
fn parts_from(window: &Window) -> Option<u64> {
    let open_us: i64 = window
        .open
        .iter()
        .flat_map(|open| &open.parts)
        .map(|part| part.duration_us)
        .sum();
    let boundary_us = target_us(window) * PART_TARGETS;
    let mut from_end_us = open_us;
    let mut first = None;
    // One that is complete and not listed has been counted as open.
    let last = window.history.last()?.msn;
    for segment in window
        .memory
        .iter()
        .rev()
        .skip_while(|segment| segment.entry.msn > last)
    {
        if from_end_us >= boundary_us {
            break;
        }
        from_end_us += segment.entry.duration_us;
        first = Some(segment.entry.msn);
    }
    first
}

fn remembered(window: &Window, msn: u64, parts_from: u64) -> Option<&Segment> {
    let first = window.memory.front()?.entry.msn;
    let index = usize::try_from(msn.checked_sub(first)?).ok()?;
    window
        .memory
        .get(index)
        .map(AsRef::as_ref)
        .filter(|_| msn >= parts_from)
}

/// Tags of the whole playlist. EXT-X-MEDIA-SEQUENCE comes before EXT-X-SKIP: hls.js needs it there.
fn head(out: &mut String, window: &Window) {
    let discontinuities = window.listed().next().map_or_else(
        || {
            window.open.as_ref().map_or(0, |open| {
                before(open.opening.discontinuities, open.opening.discontinuity)
            })
        },
        |entry| before(entry.discontinuities, entry.discontinuity),
    );
    out.push_str("#EXTM3U\n");
    line(out, format_args!("#EXT-X-VERSION:{VERSION}"));
    line(
        out,
        format_args!(
            "#EXT-X-TARGETDURATION:{}",
            window.settings.segmenter().target_duration_s()
        ),
    );
    line(out, format_args!("#EXT-X-MEDIA-SEQUENCE:{}", window.first_msn));
    line(
        out,
        format_args!("#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuities}"),
    );
    if window.all_independent {
        out.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
    }
}

/// The discontinuity sequence number before a segment's own EXT-X-DISCONTINUITY.
fn before(discontinuities: u64, own: bool) -> u64 {
    discontinuities.saturating_sub(u64::from(own))
}

fn segment_head(
    out: &mut String,
    window: &Window,
    discontinuity: bool,
    init: u32,
    map: &mut Option<u32>,
    date: jiff::Timestamp,
) {
    if discontinuity {
        out.push_str("#EXT-X-DISCONTINUITY\n");
    }
    if map.replace(init) != Some(init) {
        line(out, format_args!("#EXT-X-MAP:URI=\"{}\"", window.init_uri(init)));
    }
    line(out, format_args!("#EXT-X-PROGRAM-DATE-TIME:{}", Clock(date)));
}

fn parts(out: &mut String, window: &Window, msn: u64, parts: &[Part]) {
    for (index, part) in (0..).zip(parts) {
        let (duration, uri) = (Seconds(part.duration_us), window.part_uri(msn, index));
        let _ = write!(out, "#EXT-X-PART:DURATION={duration},URI=\"{uri}\"");
        if part.independent {
            out.push_str(",INDEPENDENT=YES");
        }
        // Unknown attributes are ignored (RFC 8216bis 6.3.1); a peer's copy is checked against this.
        line(out, format_args!(",X-SHA256=\"{}\"", part.sha256()));
    }
}

fn segment_end(out: &mut String, window: &Window, entry: &Entry) {
    if window.next_msn.saturating_sub(entry.msn) <= HASHED_SEGMENTS {
        line(out, format_args!("#EXT-X-TRIBUTARY-SHA256:{}", entry.sha256));
    }
    line(out, format_args!("#EXTINF:{},", Seconds(entry.duration_us)));
    line(out, format_args!("{}", window.segment_uri(entry.msn)));
}

fn end(out: &mut String, window: &Window) {
    if window.ended {
        out.push_str("#EXT-X-ENDLIST\n");
    }
}

/// Writing to a string does not fail.
fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
    out.push('\n');
}
