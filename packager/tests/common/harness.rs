//! Publishes a stream and judges every state a viewer could see.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use media::Event;
use packager::live::{self, Reader, Settings, Source, Window, Writer};
use packager::{Entry, Sha256};
use playlist_validator::{Kind, Validator, Violation, mp4};

pub(crate) struct Harness {
    pub(crate) writer: Writer,
    pub(crate) reader: Reader,
    classic: Validator,
    full: Validator,
    delta: Validator,
    /// Digests of all parts seen, by name.
    parts: HashMap<String, Sha256>,
    /// By track.
    next_dts: HashMap<u32, u64>,
    pub(crate) closed: Vec<Entry>,
    pub(crate) part_durations_us: Vec<i64>,
    /// States judged.
    pub(crate) reloads: usize,
    now: Timestamp,
}

impl Harness {
    pub(crate) fn new(settings: Settings, frame_us: i64) -> Self {
        let (writer, reader) = live::channel(settings);
        Self {
            writer,
            reader,
            classic: Validator::new(Kind::Classic),
            full: Validator::new(Kind::LowLatency).with_frame_us(frame_us),
            delta: Validator::new(Kind::LowLatency).with_frame_us(frame_us),
            parts: HashMap::new(),
            next_dts: HashMap::new(),
            closed: Vec::new(),
            part_durations_us: Vec::new(),
            reloads: 0,
            now: "2026-11-22T18:00:00Z".parse().unwrap(),
        }
    }

    /// The wall clock goes on without a frame.
    pub(crate) fn pass(&mut self, ms: i64) {
        self.now += SignedDuration::from_millis(ms);
    }

    pub(crate) fn publish(&mut self, events: impl IntoIterator<Item = Event>) -> &mut Self {
        for event in events {
            self.now += SignedDuration::from_millis(1);
            if let Some(closed) = self.writer.push(&event, self.now).unwrap() {
                self.closed.extend(closed.segment);
                self.judge();
            }
        }
        self
    }

    pub(crate) fn finish(&mut self) -> &mut Self {
        self.writer.finish();
        let window = self.reader.window();
        let judged = self.closed.last().map_or(0, |entry| entry.msn);
        self.closed
            .extend(window.listed().filter(|entry| entry.msn > judged).cloned());
        self.judge();
        assert!(window.ended());
        self
    }

    fn judge(&mut self) {
        let window = self.reader.window();
        self.reloads += 1;
        if window.listed().next().is_some() {
            accept("classic", window.classic().plain(), &mut self.classic);
        }
        accept(
            "low latency",
            window.low_latency(false, &[]).plain(),
            &mut self.full,
        );
        let skip = self.reloads > 1;
        accept("delta", window.low_latency(skip, &[]).plain(), &mut self.delta);
        let uris = |validator: &Validator| -> Vec<_> {
            validator
                .playlist()
                .unwrap()
                .segments
                .iter()
                .map(|s| (s.msn, s.uri.clone(), s.map.clone()))
                .collect()
        };
        assert_eq!(
            uris(&self.full),
            uris(&self.delta),
            "a delta update merges to the full playlist"
        );
        self.look_into(&window);
    }

    /// Everything listed can be fetched, and is what the playlist says.
    fn look_into(&mut self, window: &Window) {
        let playlist = self.full.playlist().unwrap();
        for segment in &playlist.segments {
            let mut whole = Vec::new();
            for (index, part) in (0..).zip(&segment.parts) {
                let body = window
                    .part(segment.msn, index)
                    .unwrap_or_else(|| panic!("{} is listed and gone", part.uri));
                let Source::Part(data) = body.source else {
                    panic!("a part that is none")
                };
                whole.extend_from_slice(&data);
                let digest = Sha256::of(&data);
                assert_eq!(Some(digest.to_string()), part.sha256);
                if self.parts.insert(part.uri.clone(), digest) != Some(digest) {
                    self.part_durations_us.push(part.duration_us);
                    let fragments = mp4::fragments(&data).unwrap();
                    assert_eq!(fragments.len(), 1, "one moof a part");
                    for run in &fragments[0].runs {
                        // Decoding times only grow, over every cut and reconnect.
                        let next = self.next_dts.entry(run.track).or_insert(0);
                        assert!(
                            run.base_dts >= *next,
                            "{} track {}: {} < {next}",
                            part.uri,
                            run.track,
                            run.base_dts
                        );
                        assert!(run.samples.iter().all(|sample| sample.duration > 0));
                        let durations = run.samples.iter().map(|sample| u64::from(sample.duration));
                        // The last duration may be generous: see `take_pictures`.
                        let last = run.samples.last().map_or(0, |sample| u64::from(sample.duration));
                        *next = run.base_dts + durations.sum::<u64>() - last + u64::from(last > 0);
                    }
                    let pictures = fragments[0]
                        .runs
                        .iter()
                        .find(|run| run.track == packager::cmaf::VIDEO_TRACK);
                    let sync = match pictures {
                        Some(run) => run.samples.first().is_some_and(|sample| sample.sync),
                        None => !has_video(window, segment.map.as_deref().unwrap()),
                    };
                    assert_eq!(part.independent, sync, "{} INDEPENDENT means IDR", part.uri);
                }
                assert!(window.has(segment.msn, Some(index)));
            }
            if segment.uri.is_none() {
                assert!(!window.has(segment.msn, u32::try_from(segment.parts.len()).ok()));
                continue;
            }
            let body = window
                .segment(segment.msn)
                .unwrap_or_else(|| panic!("{} is listed and gone", segment.msn));
            if let (Source::Memory(parts), false) = (body.source, segment.parts.is_empty()) {
                assert_eq!(
                    whole,
                    parts
                        .iter()
                        .flat_map(|part| part.data.to_vec())
                        .collect::<Vec<_>>()
                );
                assert_eq!(Some(Sha256::of(&whole).to_string()), segment.sha256);
            }
        }
    }

    /// The longest part, as a share of the target in percent.
    pub(crate) fn shortest_part_us(&self) -> i64 {
        self.part_durations_us.iter().copied().min().unwrap_or(0)
    }
}

/// Whether the initialization section of an EXT-X-MAP declares pictures.
fn has_video(window: &Window, map: &str) -> bool {
    let name = live::name::Name::parse(map.trim());
    let Some(live::name::Name::Init { id, .. }) = name else {
        panic!("{map}")
    };
    window
        .init(id)
        .unwrap()
        .tracks
        .iter()
        .any(|track| track.kind() == media::Kind::Video)
}

fn accept(what: &str, text: &[u8], validator: &mut Validator) {
    let text = std::str::from_utf8(text).unwrap();
    if let Err(violations) = validator.check(text) {
        let list: Vec<_> = violations.iter().map(Violation::to_string).collect();
        panic!("{what}:\n{}\n{text}", list.join("\n"));
    }
}
