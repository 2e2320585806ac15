//! Multivariant playlists of a live.

use std::fmt::Write;

use media::Kind;

use crate::live::{Window, name::Name};

/// One EXT-X-STREAM-INF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    pub uri: String,
    /// Peak bits a second, rounded up so that it rarely changes.
    pub bandwidth: u64,
    /// RFC 6381 strings of its tracks.
    pub codecs: Vec<String>,
    pub resolution: Option<(u32, u32)>,
    /// Pictures per 1,000 seconds, e.g. 29_970.
    pub frame_rate_millihertz: Option<u32>,
}

/// A stream of which nothing is known yet is announced as this.
const DEFAULT_BANDWIDTH: u64 = 2_500_000;

impl Variant {
    /// What a window says of its rendition; `None` before the first part.
    pub fn of(window: &Window, low_latency: bool) -> Option<Self> {
        let init = window.inits.last()?;
        let rendition = window.settings.rendition;
        let name = if low_latency {
            Name::LowLatency { rendition }
        } else {
            Name::Classic { rendition }
        };
        Some(Self {
            uri: name.to_string(),
            bandwidth: round_up(if window.peak_bps == 0 {
                DEFAULT_BANDWIDTH
            } else {
                window.peak_bps
            }),
            codecs: init.tracks.iter().map(|track| track.codec.rfc6381()).collect(),
            resolution: init
                .tracks
                .iter()
                .find(|track| track.kind() == Kind::Video)
                .and_then(|track| track.codec.resolution()),
            frame_rate_millihertz: window.frame_rate_millihertz,
        })
    }
}

/// Rates encoders are set to; of two that are as close, the first. Timestamps of 1 ms blur a rate by half a permille.
const FRAME_RATES_MILLIHERTZ: [u32; 10] = [
    15_000, 20_000, 24_000, 25_000, 30_000, 50_000, 60_000, 23_976, 29_970, 59_940,
];

/// The rate of `pictures` in `duration_us`, taken to the nearest usual one if that is close.
pub(crate) fn frame_rate_millihertz(pictures: u64, duration_us: i64) -> Option<u32> {
    let duration_us = u64::try_from(duration_us).ok().filter(|micros| *micros > 0)?;
    let rate = u32::try_from(pictures.checked_mul(1_000_000_000)? / duration_us)
        .ok()
        .filter(|rate| *rate > 0)?;
    let usual = FRAME_RATES_MILLIHERTZ
        .into_iter()
        .min_by_key(|usual| usual.abs_diff(rate))?;
    let close = u64::from(usual.abs_diff(rate)) * 200 <= u64::from(usual);
    Some(if close { usual } else { rate })
}

/// A fifth more than measured, in steps of about a tenth: a declared bandwidth that wobbles makes players switch.
fn round_up(bps: u64) -> u64 {
    let wanted = bps.saturating_add(bps / 5);
    let step = 10_u64.saturating_pow(wanted.checked_ilog10().unwrap_or(0).saturating_sub(1));
    wanted.div_ceil(step).saturating_mul(step)
}

/// A multivariant playlist, best variant first.
pub fn multivariant(variants: &[Variant]) -> String {
    let mut out = String::from("#EXTM3U\n#EXT-X-VERSION:9\n");
    for variant in variants {
        // Writing to a string does not fail.
        let _ = write!(out, "#EXT-X-STREAM-INF:BANDWIDTH={}", variant.bandwidth);
        if !variant.codecs.is_empty() {
            let _ = write!(out, ",CODECS=\"{}\"", variant.codecs.join(","));
        }
        if let Some((width, height)) = variant.resolution {
            let _ = write!(out, ",RESOLUTION={width}x{height}");
        }
        if let Some(rate) = variant.frame_rate_millihertz {
            let _ = write!(out, ",FRAME-RATE={}.{:03}", rate / 1_000, rate % 1_000);
        }
        let _ = write!(out, "\n{}\n", variant.uri);
    }
    out
}
