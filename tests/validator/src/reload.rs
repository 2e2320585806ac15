//! What a playlist must be, given what it was at the last reload.

use crate::{Findings, Playlist, Segment};

/// What is remembered of the reloads so far.
#[derive(Debug, Default)]
pub(crate) struct State {
    merged: Option<Playlist>,
    /// The part the last preload hint promised.
    promised: Option<String>,
}

impl State {
    pub(crate) fn merged(&self) -> Option<&Playlist> {
        self.merged.as_ref()
    }

    pub(crate) fn follow(&mut self, playlist: Playlist, findings: &mut Findings) {
        let Some(before) = self.merged.take() else {
            findings.check(0, playlist.skipped.is_none(), || {
                "a delta update of nothing".into()
            });
            self.remember(playlist);
            return;
        };
        constants(&before, &playlist, findings);
        let playlist = merge(&before, playlist, findings);
        sequence(&before, &playlist, findings);
        for old in &before.segments {
            if let Some(new) = find(&playlist, old.msn) {
                same(old, new, findings);
            }
        }
        self.keeps_promise(&before, &playlist, findings);
        self.remember(playlist);
    }

    fn remember(&mut self, playlist: Playlist) {
        self.promised = playlist.preload_hints.first().map(|(uri, _)| uri.clone());
        self.merged = Some(playlist);
    }

    /// The hinted part is the next to come: the first one the last reload did not have.
    fn keeps_promise(&self, before: &Playlist, now: &Playlist, findings: &mut Findings) {
        let Some(promised) = &self.promised else { return };
        let known = |uri: &String| {
            before
                .segments
                .iter()
                .flat_map(|s| &s.parts)
                .any(|part| part.uri == *uri)
        };
        let last = before.segments.last().map_or(0, |segment| segment.msn);
        let mut fresh = now.segments.iter().filter(|s| s.msn >= last).flat_map(|segment| {
            segment
                .parts
                .iter()
                .filter(|part| !known(&part.uri))
                .map(move |part| (segment, part))
        });
        let Some((segment, part)) = fresh.next() else {
            return;
        };
        // A reload that comes late may find the hinted part gone.
        let missed = segment.msn > last + 1;
        // A discontinuity may have ended the open segment without the hinted part.
        let broken = now.segments.iter().any(|s| s.msn > last && s.discontinuity);
        findings.check(part.line, part.uri == *promised || missed || broken, || {
            format!("{} came where {promised} was hinted", part.uri)
        });
    }
}

fn constants(before: &Playlist, now: &Playlist, findings: &mut Findings) {
    findings.check(0, before.version == now.version, || "the version changed".into());
    findings.check(0, before.target_duration_s == now.target_duration_s, || {
        "EXT-X-TARGETDURATION changed".into()
    });
    findings.check(0, before.part_target_us == now.part_target_us, || {
        "PART-TARGET changed".into()
    });
    findings.check(0, before.server_control == now.server_control, || {
        "EXT-X-SERVER-CONTROL changed".into()
    });
    findings.check(
        0,
        before.independent_segments || !now.independent_segments,
        || "EXT-X-INDEPENDENT-SEGMENTS came back".into(),
    );
    findings.check(0, !before.ended, || "a reload of an ended playlist".into());
}

/// Puts back what EXT-X-SKIP left out (RFC 8216bis 6.3.7).
fn merge(before: &Playlist, mut now: Playlist, findings: &mut Findings) -> Playlist {
    let Some(skipped) = now.skipped.take() else {
        return now;
    };
    let mut segments = Vec::new();
    for msn in now.media_sequence..now.media_sequence.saturating_add(skipped) {
        match find(before, msn).filter(|segment| segment.uri.is_some()) {
            // Skipped segments have no parts any more.
            Some(segment) => segments.push(Segment {
                parts: Vec::new(),
                ..segment.clone()
            }),
            None => findings.add(0, format!("segment {msn} is skipped, and was not there")),
        }
    }
    // Only what is older than CAN-SKIP-UNTIL may be skipped.
    let left: i64 = now.segments.iter().map(duration_us).sum();
    let until = now
        .server_control
        .get("CAN-SKIP-UNTIL")
        .and_then(|text| crate::parse::micros(text));
    findings.check(0, until.is_some_and(|until| left >= until), || {
        format!("a segment {left} us before the end is skipped")
    });
    segments.append(&mut now.segments);
    now.segments = segments;
    now
}

fn sequence(before: &Playlist, now: &Playlist, findings: &mut Findings) {
    findings.check(0, now.media_sequence >= before.media_sequence, || {
        "the media sequence goes back".into()
    });
    let (last, new_last) = (edge(before), edge(now));
    findings.check(0, new_last >= last, || {
        format!("the end goes back from {last:?} to {new_last:?}")
    });
    // RFC 8216bis 6.2.2: each removed EXT-X-DISCONTINUITY counts.
    let gone = before
        .segments
        .iter()
        .filter(|s| s.msn < now.media_sequence && s.discontinuity)
        .count();
    let expected = before
        .discontinuity_sequence
        .saturating_add(u64::try_from(gone).unwrap_or(u64::MAX));
    if before
        .segments
        .last()
        .is_some_and(|segment| segment.msn + 1 >= now.media_sequence)
    {
        findings.check(0, now.discontinuity_sequence == expected, || {
            format!(
                "EXT-X-DISCONTINUITY-SEQUENCE is {}, not {expected}",
                now.discontinuity_sequence
            )
        });
    }
}

/// Last segment and number of its parts: what only grows.
fn edge(playlist: &Playlist) -> (u64, bool, usize) {
    playlist
        .segments
        .last()
        .map_or((0, false, 0), |s| (s.msn, s.uri.is_some(), s.parts.len()))
}

fn find(playlist: &Playlist, msn: u64) -> Option<&Segment> {
    let first = playlist.segments.first()?.msn;
    playlist
        .segments
        .get(usize::try_from(msn.checked_sub(first)?).ok()?)
}

fn duration_us(segment: &Segment) -> i64 {
    let parts = segment.parts.iter().map(|part| part.duration_us).sum();
    if segment.uri.is_some() {
        segment.duration_us
    } else {
        parts
    }
}

/// A listed segment never changes; an open one only grows.
fn same(old: &Segment, new: &Segment, findings: &mut Findings) {
    let mut check =
        |good: bool, what: &str| findings.check(new.line, good, || format!("segment {}: {what}", old.msn));
    check(
        old.discontinuity == new.discontinuity,
        "EXT-X-DISCONTINUITY came or went",
    );
    check(old.map == new.map, "EXT-X-MAP changed");
    check(
        old.program_date_time_us == new.program_date_time_us,
        "EXT-X-PROGRAM-DATE-TIME changed",
    );
    if old.uri.is_some() {
        check(
            old.uri == new.uri && old.duration_us == new.duration_us,
            "URI or EXTINF changed",
        );
        check(old.byte_range == new.byte_range, "range changed");
        check(new.sha256.is_none() || old.sha256 == new.sha256, "digest changed");
    }
    let plain = |part: &crate::Part| crate::Part {
        line: 0,
        ..part.clone()
    };
    let grown = old.parts.len() <= new.parts.len()
        && old
            .parts
            .iter()
            .zip(&new.parts)
            .all(|(old, new)| plain(old) == plain(new));
    let dropped = new.parts.is_empty() && old.uri.is_some();
    check(grown || dropped, "parts changed");
    check(
        old.uri.is_none() || dropped || old.parts.len() == new.parts.len(),
        "a closed segment got parts",
    );
}
