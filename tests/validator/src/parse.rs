//! Reads a media playlist, line by line, and notes what is out of place.

use std::collections::BTreeMap;

use crate::Findings;

/// A partial segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub uri: String,
    pub duration_us: i64,
    pub independent: bool,
    pub gap: bool,
    pub byte_range: bool,
    pub sha256: Option<String>,
    pub line: usize,
}

/// A segment, or the open one (`uri` is `None`) with the parts it has so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Segment {
    pub msn: u64,
    pub uri: Option<String>,
    pub duration_us: i64,
    pub parts: Vec<Part>,
    pub discontinuity: bool,
    /// URI and byte range of the EXT-X-MAP in force.
    pub map: Option<String>,
    pub program_date_time_us: Option<i64>,
    /// Length and offset.
    pub byte_range: Option<(u64, u64)>,
    pub sha256: Option<String>,
    pub gap: bool,
    pub line: usize,
}

/// A media playlist as read.
#[derive(Debug, Clone, Default)]
pub struct Playlist {
    pub version: u64,
    pub target_duration_s: i64,
    pub media_sequence: u64,
    pub discontinuity_sequence: u64,
    pub independent_segments: bool,
    pub playlist_type: Option<String>,
    pub part_target_us: Option<i64>,
    /// Attributes of EXT-X-SERVER-CONTROL.
    pub server_control: BTreeMap<String, String>,
    pub skipped: Option<u64>,
    pub segments: Vec<Segment>,
    pub preload_hints: Vec<(String, usize)>,
    pub reports: Vec<String>,
    pub ended: bool,
}

/// Tags that say something of the whole playlist: once each, before the first segment.
const HEADER: [&str; 8] = [
    "#EXT-X-VERSION",
    "#EXT-X-TARGETDURATION",
    "#EXT-X-MEDIA-SEQUENCE",
    "#EXT-X-DISCONTINUITY-SEQUENCE",
    "#EXT-X-INDEPENDENT-SEGMENTS",
    "#EXT-X-PLAYLIST-TYPE",
    "#EXT-X-SERVER-CONTROL",
    "#EXT-X-PART-INF",
];

#[derive(Default)]
struct Reader {
    playlist: Playlist,
    segment: Segment,
    extinf: bool,
    map: Option<String>,
    seen: Vec<String>,
    /// Something that belongs to a segment was read.
    body: bool,
    /// A hint or report was read.
    tail: bool,
}

pub(crate) fn playlist(text: &str, findings: &mut Findings) -> Playlist {
    let mut reader = Reader::default();
    findings.check(1, text.starts_with("#EXTM3U\n"), || {
        "does not begin with #EXTM3U".into()
    });
    findings.check(0, text.ends_with('\n'), || "the last line is not whole".into());
    findings.check(0, !text.contains('\r') && !text.starts_with('\u{feff}'), || {
        "CR or BOM".into()
    });
    for (index, line) in text.lines().enumerate().skip(1) {
        reader.line(index + 1, line, findings);
    }
    reader.finish(findings)
}

impl Reader {
    fn line(&mut self, at: usize, line: &str, findings: &mut Findings) {
        if line.is_empty() {
            return;
        }
        findings.check(at, !self.playlist.ended, || {
            "something after EXT-X-ENDLIST".into()
        });
        let (tag, value) = line.split_once(':').unwrap_or((line, ""));
        if !line.starts_with('#') {
            self.uri(at, line, findings);
        } else if HEADER.contains(&tag) {
            findings.check(at, !self.seen.iter().any(|seen| seen == tag), || {
                format!("{tag} twice")
            });
            findings.check(at, !self.body, || format!("{tag} after the first segment"));
            findings.check(at, self.playlist.skipped.is_none(), || {
                format!("{tag} after EXT-X-SKIP")
            });
            self.seen.push(tag.to_owned());
            self.header(at, tag, value, findings);
        } else {
            self.media(at, tag, value, findings);
        }
    }

    fn header(&mut self, at: usize, tag: &str, value: &str, findings: &mut Findings) {
        let playlist = &mut self.playlist;
        let mut number = || {
            value.parse::<u64>().unwrap_or_else(|_| {
                findings.add(at, format!("{value} is no number"));
                0
            })
        };
        match tag {
            "#EXT-X-VERSION" => playlist.version = number(),
            "#EXT-X-TARGETDURATION" => {
                playlist.target_duration_s = i64::try_from(number()).unwrap_or(i64::MAX)
            }
            "#EXT-X-MEDIA-SEQUENCE" => playlist.media_sequence = number(),
            "#EXT-X-DISCONTINUITY-SEQUENCE" => playlist.discontinuity_sequence = number(),
            "#EXT-X-INDEPENDENT-SEGMENTS" => playlist.independent_segments = true,
            "#EXT-X-PLAYLIST-TYPE" => playlist.playlist_type = Some(value.to_owned()),
            "#EXT-X-SERVER-CONTROL" => playlist.server_control = attributes(at, value, findings),
            _ => {
                let attributes = attributes(at, value, findings);
                playlist.part_target_us = attributes.get("PART-TARGET").and_then(|text| micros(text));
                findings.check(at, playlist.part_target_us.is_some(), || "no PART-TARGET".into());
            }
        }
    }

    fn media(&mut self, at: usize, tag: &str, value: &str, findings: &mut Findings) {
        let tail = matches!(
            tag,
            "#EXT-X-PRELOAD-HINT" | "#EXT-X-RENDITION-REPORT" | "#EXT-X-ENDLIST"
        );
        findings.check(at, tail || !self.tail, || {
            format!("{tag} after a preload hint or rendition report")
        });
        findings.check(at, !self.extinf || tag.starts_with("#EXT-X-BYTERANGE"), || {
            format!("{tag} between EXTINF and its URI")
        });
        self.body |= !tail && tag != "#EXT-X-SKIP" && !tag.starts_with("#EXT-X-TRIBUTARY-TRACKS");
        match tag {
            "#EXTINF" => {
                let seconds = value
                    .strip_suffix(',')
                    .or_else(|| value.split_once(',').map(|(head, _)| head));
                match seconds.and_then(micros) {
                    Some(duration) => self.segment.duration_us = duration,
                    None => findings.add(at, format!("EXTINF of {value}")),
                }
                self.extinf = true;
            }
            "#EXT-X-BYTERANGE" => self.segment.byte_range = byte_range(value),
            "#EXT-X-DISCONTINUITY" => {
                findings.check(at, !self.segment.discontinuity, || {
                    "EXT-X-DISCONTINUITY twice".into()
                });
                findings.check(at, self.segment.parts.is_empty(), || {
                    "EXT-X-DISCONTINUITY inside a segment".into()
                });
                self.segment.discontinuity = true;
            }
            "#EXT-X-MAP" => {
                let attributes = attributes(at, value, findings);
                let range = attributes
                    .get("BYTERANGE")
                    .map(String::as_str)
                    .unwrap_or_default();
                findings.check(at, attributes.contains_key("URI"), || {
                    "EXT-X-MAP without URI".into()
                });
                findings.check(at, self.segment.parts.is_empty(), || {
                    "EXT-X-MAP inside a segment".into()
                });
                self.map = attributes.get("URI").map(|uri| format!("{uri} {range}"));
            }
            "#EXT-X-PROGRAM-DATE-TIME" => {
                self.segment.program_date_time_us = date(value);
                findings.check(at, self.segment.program_date_time_us.is_some(), || {
                    format!("date {value}")
                });
                findings.check(at, self.segment.parts.is_empty(), || {
                    "a date after the parts it dates".into()
                });
            }
            "#EXT-X-GAP" => self.segment.gap = true,
            "#EXT-X-PART" => self.part(at, value, findings),
            "#EXT-X-TRIBUTARY-SHA256" => {
                findings.check(at, is_sha256(value), || format!("digest {value}"));
                self.segment.sha256 = Some(value.to_owned());
            }
            "#EXT-X-SKIP" => {
                let attributes = attributes(at, value, findings);
                let skipped = attributes
                    .get("SKIPPED-SEGMENTS")
                    .and_then(|text| text.parse().ok());
                findings.check(at, skipped.is_some_and(|count: u64| count > 0), || {
                    "EXT-X-SKIP of nothing".into()
                });
                findings.check(
                    at,
                    self.seen.iter().any(|tag| tag == "#EXT-X-MEDIA-SEQUENCE"),
                    || "EXT-X-SKIP before EXT-X-MEDIA-SEQUENCE".into(),
                );
                findings.check(at, !self.body, || "EXT-X-SKIP after a segment".into());
                self.playlist.skipped = skipped;
            }
            "#EXT-X-PRELOAD-HINT" => {
                let attributes = attributes(at, value, findings);
                findings.check(
                    at,
                    attributes.get("TYPE").is_some_and(|kind| kind == "PART"),
                    || "hint TYPE".into(),
                );
                let uri = attributes.get("URI").cloned().unwrap_or_default();
                findings.check(at, !attributes.contains_key("BYTERANGE-START"), || {
                    "hint of a byte range".into()
                });
                self.playlist.preload_hints.push((uri, at));
                self.tail = true;
            }
            "#EXT-X-RENDITION-REPORT" => {
                let attributes = attributes(at, value, findings);
                for key in ["URI", "LAST-MSN"] {
                    findings.check(at, attributes.contains_key(key), || {
                        format!("report without {key}")
                    });
                }
                self.playlist.reports.extend(attributes.get("URI").cloned());
                self.tail = true;
            }
            "#EXT-X-ENDLIST" => self.playlist.ended = true,
            "#EXT-X-TRIBUTARY-TRACKS" => {}
            _ => findings.add(at, format!("unknown tag {tag}")),
        }
    }

    fn part(&mut self, at: usize, value: &str, findings: &mut Findings) {
        let mut attributes = attributes(at, value, findings);
        let duration = attributes.get("DURATION").and_then(|text| micros(text));
        findings.check(at, duration.is_some(), || "EXT-X-PART without DURATION".into());
        findings.check(at, attributes.contains_key("URI"), || {
            "EXT-X-PART without URI".into()
        });
        for key in ["INDEPENDENT", "GAP"] {
            findings.check(at, attributes.get(key).is_none_or(|value| value == "YES"), || {
                format!("{key} not YES")
            });
        }
        if let Some(digest) = attributes.get("X-SHA256") {
            findings.check(at, is_sha256(digest), || format!("digest {digest}"));
        }
        if self.segment.parts.is_empty() {
            self.segment.line = at;
        }
        self.segment.parts.push(Part {
            uri: attributes.remove("URI").unwrap_or_default(),
            duration_us: duration.unwrap_or_default(),
            independent: attributes.contains_key("INDEPENDENT"),
            gap: attributes.contains_key("GAP"),
            byte_range: attributes.contains_key("BYTERANGE"),
            sha256: attributes.remove("X-SHA256"),
            line: at,
        });
    }

    fn uri(&mut self, at: usize, uri: &str, findings: &mut Findings) {
        findings.check(at, self.extinf, || format!("{uri} without EXTINF"));
        findings.check(at, !self.tail, || {
            "a segment after a preload hint or rendition report".into()
        });
        self.extinf = false;
        let mut segment = std::mem::take(&mut self.segment);
        segment.uri = Some(uri.to_owned());
        segment.line = at;
        self.add(segment);
    }

    fn add(&mut self, mut segment: Segment) {
        let skipped = self.playlist.skipped.unwrap_or(0);
        let count = u64::try_from(self.playlist.segments.len()).unwrap_or(u64::MAX);
        segment.msn = self
            .playlist
            .media_sequence
            .saturating_add(skipped)
            .saturating_add(count);
        segment.map.clone_from(&self.map);
        self.playlist.segments.push(segment);
    }

    fn finish(mut self, findings: &mut Findings) -> Playlist {
        findings.check(0, !self.extinf, || "EXTINF without a URI".into());
        for tag in ["#EXT-X-VERSION", "#EXT-X-TARGETDURATION"] {
            findings.check(0, self.seen.iter().any(|seen| seen == tag), || {
                format!("no {tag}")
            });
        }
        let segment = std::mem::take(&mut self.segment);
        if !segment.parts.is_empty() {
            self.add(segment);
        } else {
            findings.check(0, segment == Segment::default(), || {
                "tags of a segment that is not there".into()
            });
        }
        self.playlist
    }
}

/// An attribute list (RFC 8216bis 4.2).
fn attributes(at: usize, mut text: &str, findings: &mut Findings) -> BTreeMap<String, String> {
    let mut map = BTreeMap::new();
    while !text.is_empty() {
        let Some((name, rest)) = text.split_once('=') else {
            findings.add(at, format!("attribute {text}"));
            break;
        };
        let named = !name.is_empty()
            && name
                .bytes()
                .all(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b'-'));
        findings.check(at, named, || format!("attribute name {name}"));
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => match quoted.split_once('"') {
                Some((value, rest)) => (value, rest),
                None => {
                    findings.add(at, "an open quote");
                    (quoted, "")
                }
            },
            None => rest.find(',').map_or((rest, ""), |comma| rest.split_at(comma)),
        };
        findings.check(at, rest.is_empty() || rest.starts_with(','), || {
            format!("{rest} after {name}")
        });
        let twice = map.insert(name.to_owned(), value.to_owned()).is_some();
        findings.check(at, !twice, || format!("{name} twice"));
        text = rest.strip_prefix(',').unwrap_or_default();
    }
    map
}

fn byte_range(text: &str) -> Option<(u64, u64)> {
    let (len, offset) = text.split_once('@')?;
    Some((len.parse().ok()?, offset.parse().ok()?))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Decimal seconds in microseconds.
pub(crate) fn micros(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty()
        || fraction.len() > 6
        || !fraction.bytes().chain(whole.bytes()).all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
    whole
        .parse::<i64>()
        .ok()?
        .checked_mul(1_000_000)?
        .checked_add(fraction)
}

/// `2026-11-22T18:00:00.000Z` in microseconds since 1970.
fn date(text: &str) -> Option<i64> {
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut numbers = day.split('-').map(str::parse::<i64>);
    let (year, month, day) = (
        numbers.next()?.ok()?,
        numbers.next()?.ok()?,
        numbers.next()?.ok()?,
    );
    let (hour, rest) = time.split_once(':')?;
    let (minute, second) = rest.split_once(':')?;
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || second.len() != 6 {
        return None;
    }
    // Days since 1970 of a date in the Gregorian calendar, with years that begin in March.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day
        - 1
        - 719_468;
    let minutes = (days * 24 + hour.parse::<i64>().ok()?) * 60 + minute.parse::<i64>().ok()?;
    Some(minutes * 60_000_000 + micros(second)?)
}
