//! How well a stream arrives: measured on the frame path with a few additions per frame, summed up once a second.

use std::collections::VecDeque;

use jiff::Timestamp;
use media::{Event, Frame, Kind, Timescale, Track, TrackId};
use serde::Serialize;

/// Ten minutes of one point a second: what the dashboard plots.
const HISTORY_POINTS: usize = 600;
/// Keyframes further apart than this make viewers wait when they join, and segments without a keyframe.
const LONG_KEYFRAME_INTERVAL_MS: i64 = 4_100;
/// Frames this late mean that the connection cannot carry the bitrate.
const LATE_MS: i64 = 1_500;

/// Nobody streams more pictures per second.
const MAX_FPS: u32 = 300;

/// One second of a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct Point {
    /// Unix time in milliseconds.
    pub at: i64,
    /// Bits per second.
    pub bitrate: u64,
    pub fps: f64,
    pub viewers: u64,
}

/// What to change, in words a streamer understands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct Advice {
    pub level: Level,
    pub code: &'static str,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Warn,
    Error,
}

/// A stream's measurements. One writer (the live's task), read when a dashboard asks.
#[derive(Debug, Default)]
pub(crate) struct Health {
    video: Option<Video>,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub video_codec: Option<&'static str>,
    pub audio_codec: Option<&'static str>,
    /// How much later than real time the newest frame came, against the quickest so far.
    pub late_ms: i64,
    /// Pictures the encoder or the network dropped, seen as holes in the timestamps.
    pub dropped_frames: u64,
    pub keyframe_interval_ms: Option<i64>,
    pub history: VecDeque<Point>,
    /// Wall clock minus stream time of the quickest frame since the last discontinuity.
    quickest_ms: Option<i64>,
    second: Second,
}

#[derive(Debug)]
struct Video {
    track: TrackId,
    timescale: Timescale,
    last_dts: Option<i64>,
    /// Smoothed distance between two pictures.
    interval_us: Option<i64>,
    last_keyframe_us: Option<i64>,
}

/// The second being summed up.
#[derive(Debug, Default)]
struct Second {
    since_ms: i64,
    bytes: u64,
    pictures: u32,
}

impl Health {
    /// Takes note of one event. Returns true when a second is complete, and with it a new point of the history.
    pub(crate) fn note(&mut self, event: &Event, now: Timestamp, viewers: u64) -> bool {
        match event {
            Event::Tracks(tracks) => self.tracks(tracks),
            Event::Discontinuity => self.restart_clock(),
            Event::Frame(frame) => self.frame(frame, now),
        }
        self.roll(now.as_millisecond(), viewers)
    }

    fn tracks(&mut self, tracks: &[Track]) {
        self.restart_clock();
        let named = |kind| tracks.iter().find(|t| t.kind() == kind);
        let video = named(Kind::Video);
        self.video_codec = video.map(|t| t.codec.name());
        self.audio_codec = named(Kind::Audio).map(|t| t.codec.name());
        (self.width, self.height) = video.and_then(|t| t.codec.resolution()).unzip();
        self.video = video.map(|t| Video {
            track: t.id,
            timescale: t.timescale,
            last_dts: None,
            interval_us: None,
            last_keyframe_us: None,
        });
    }

    fn restart_clock(&mut self) {
        self.quickest_ms = None;
        if let Some(video) = &mut self.video {
            video.last_dts = None;
            video.last_keyframe_us = None;
        }
    }

    fn frame(&mut self, frame: &Frame, now: Timestamp) {
        self.second.bytes += u64::try_from(frame.data.len()).unwrap_or(u64::MAX);
        let Some(video) = self.video.as_mut().filter(|v| v.track == frame.track) else {
            return;
        };
        self.second.pictures += 1;
        let at_us = video.timescale.to_micros(frame.dts);
        if let Some(last) = video.last_dts {
            let step_us = video.timescale.to_micros(frame.dts.saturating_sub(last));
            match video.interval_us {
                // A hole of several usual distances: what fits in it was dropped.
                Some(usual) if usual > 0 && step_us > usual.saturating_mul(5) / 2 => {
                    self.dropped_frames += u64::try_from(step_us / usual - 1).unwrap_or(0);
                }
                Some(usual) => video.interval_us = Some(usual + (step_us - usual) / 8),
                None => video.interval_us = Some(step_us),
            }
        }
        video.last_dts = Some(frame.dts);
        if frame.keyframe {
            if let Some(last) = video.last_keyframe_us {
                self.keyframe_interval_ms = Some((at_us - last) / 1_000);
            }
            video.last_keyframe_us = Some(at_us);
        } else if let Some(last) = video.last_keyframe_us {
            // The interval is at least as long as we have waited: do not stay silent until the next one comes.
            let so_far_ms = (at_us - last) / 1_000;
            if so_far_ms > LONG_KEYFRAME_INTERVAL_MS.max(self.keyframe_interval_ms.unwrap_or(0)) {
                self.keyframe_interval_ms = Some(so_far_ms);
            }
        }
        let behind = now.as_millisecond().saturating_sub(at_us / 1_000);
        let quickest = self.quickest_ms.map_or(behind, |q| q.min(behind));
        self.quickest_ms = Some(quickest);
        self.late_ms = behind.saturating_sub(quickest);
    }

    fn roll(&mut self, now_ms: i64, viewers: u64) -> bool {
        if self.second.since_ms == 0 {
            self.second.since_ms = now_ms;
        }
        let elapsed_ms = now_ms.saturating_sub(self.second.since_ms);
        let Ok(elapsed) = u64::try_from(elapsed_ms) else {
            return false;
        };
        if elapsed < 1_000 {
            return false;
        }
        if self.history.len() >= HISTORY_POINTS {
            self.history.pop_front();
        }
        self.history.push_back(Point {
            at: now_ms,
            bitrate: self.second.bytes.saturating_mul(8_000) / elapsed,
            fps: f64::from(self.second.pictures) * 1_000.0
                / f64::from(u32::try_from(elapsed).unwrap_or(u32::MAX)),
            viewers,
        });
        self.second = Second {
            since_ms: now_ms,
            ..Second::default()
        };
        true
    }

    /// Averages over the last seconds, so that numbers on the dashboard do not jump.
    pub(crate) fn recent(&self) -> Point {
        const SECONDS: u32 = 5;
        let points: Vec<_> = self.history.iter().rev().take(5).collect();
        let count = u32::try_from(points.len()).unwrap_or(SECONDS).max(1);
        Point {
            at: points.first().map_or(0, |p| p.at),
            bitrate: points.iter().map(|p| p.bitrate).sum::<u64>() / u64::from(count),
            fps: points.iter().map(|p| p.fps).sum::<f64>() / f64::from(count),
            viewers: points.first().map_or(0, |p| p.viewers),
        }
    }

    /// Pictures per second as a whole number, for the file that was recorded.
    pub(crate) fn recent_fps(&self) -> u32 {
        let fps = self.recent().fps;
        (0..=MAX_FPS)
            .find(|whole| f64::from(*whole) + 0.5 > fps)
            .unwrap_or(MAX_FPS)
    }

    /// What the streamer should change, worst first.
    pub(crate) fn advice(&self) -> Vec<Advice> {
        let mut advice = Vec::new();
        let mut warn = |code, text| {
            advice.push(Advice {
                level: Level::Warn,
                code,
                text,
            })
        };
        if self.late_ms > LATE_MS {
            warn(
                "late",
                format!(
                    "Frames arrive {} late: lower the bitrate in OBS (Settings, Output), or use a cable instead of Wi-Fi.",
                    seconds(self.late_ms)
                ),
            );
        }
        if let Some(interval) = self
            .keyframe_interval_ms
            .filter(|ms| *ms > LONG_KEYFRAME_INTERVAL_MS)
        {
            warn(
                "keyframe-interval",
                format!(
                    "Keyframe every {}: set it to 1 or 2 s in OBS (Settings, Output, Streaming, Keyframe Interval). Until then viewers wait longer when they join.",
                    seconds(interval)
                ),
            );
        }
        if self.video_codec == Some("H.265") {
            warn(
                "hevc",
                "H.265 does not play in every browser (Firefox and most of Linux cannot): choose H.264 or AV1 to reach everyone."
                    .to_owned(),
            );
        }
        advice
    }
}

/// `8.3 s`.
fn seconds(ms: i64) -> String {
    format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use media::{Codec, codec::aac};

    fn audio() -> Track {
        let config = aac::Config::parse(Bytes::from_static(&[0x11, 0x90])).unwrap();
        Track {
            id: TrackId(1),
            codec: Codec::Aac(config),
            timescale: Timescale::MILLIS,
        }
    }

    fn health() -> Health {
        let mut health = Health::default();
        health.tracks(&[audio()]);
        // The measuring needs no decoder configuration: pretend that track 0 is the video.
        health.video = Some(Video {
            track: TrackId(0),
            timescale: Timescale::MILLIS,
            last_dts: None,
            interval_us: None,
            last_keyframe_us: None,
        });
        health
    }

    fn picture(dts: i64, keyframe: bool) -> Event {
        Event::Frame(Frame {
            track: TrackId(0),
            dts,
            cts: 0,
            keyframe,
            data: Bytes::from_static(&[0; 1_000]),
        })
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    #[test]
    fn measures_rate_frames_and_keyframes() {
        let mut health = health();
        for n in 0..100 {
            health.note(&picture(n * 40, n % 25 == 0), at(n * 40), 3);
        }
        let recent = health.recent();
        assert!((recent.fps - 25.0).abs() < 1.0, "{recent:?}");
        assert!((190_000..=210_000).contains(&recent.bitrate), "{recent:?}");
        assert_eq!(recent.viewers, 3);
        assert_eq!(health.keyframe_interval_ms, Some(1_000));
        assert_eq!(health.late_ms, 0);
        assert_eq!(health.dropped_frames, 0);
        assert_eq!(health.advice(), []);
    }

    #[test]
    fn long_keyframe_intervals_are_told_before_the_next_keyframe_comes() {
        let mut health = health();
        for n in 0..200 {
            health.note(&picture(n * 40, n == 0), at(n * 40), 0);
        }
        let advice = health.advice();
        assert_eq!(advice.len(), 1);
        assert!(
            advice[0]
                .text
                .starts_with("Keyframe every 7.9 s: set it to 1 or 2"),
            "{advice:?}"
        );
    }

    #[test]
    fn holes_and_lateness_are_seen() {
        let mut health = health();
        for n in 0..50 {
            health.note(&picture(n * 40, n % 25 == 0), at(n * 40), 0);
        }
        health.note(&picture(50 * 40 + 400, false), at(50 * 40 + 400 + 2_000), 0);
        assert_eq!(health.dropped_frames, 10);
        assert_eq!(health.late_ms, 2_000);
        assert_eq!(health.advice()[0].code, "late");
    }
}
