//! From audio and video messages to [`Event`]s: decoder configurations, times, and when to announce the tracks.
//!
//! The tracks are announced as soon as everything the metadata promised has its configuration, which with OBS, ffmpeg and
//! GStreamer is before the first frame. Where the promise is missing or broken, frames are held back for a bounded stretch
//! of their own time, and then it goes on with what there is. A track that comes later is announced then.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use media::{
    Codec, Event, Frame, Kind, Timescale, Track, TrackId,
    codec::{aac, av1, h264, h265, nal, opus, vp9},
};

use super::{
    clock::{PictureClock, SampleClock, VIDEO_HZ},
    flv::{self, Body, CodecId, Tag},
    malformed::Malformed,
    metadata::Metadata,
    timeline::{Place, Timeline},
};

pub(super) const VIDEO: TrackId = TrackId(1);
pub(super) const AUDIO: TrackId = TrackId(2);

/// How long, in the stream's own time, frames wait for a track that the metadata promised.
const PROMISED_WAIT_MS: i64 = 1_000;
/// And without metadata.
const UNKNOWN_WAIT_MS: i64 = 100;
/// Whatever the timestamps say.
const MAX_HELD_FRAMES: usize = 128;
const MAX_HELD_BYTES: usize = 4 * 1_024 * 1_024;
/// A frame that cannot be read is dropped; after this many in a row nobody would see a picture again.
const MAX_BAD_FRAMES: u32 = 50;

/// Fed with messages; gives events.
#[derive(Debug, Default)]
pub struct Demuxer {
    promised: Option<Metadata>,
    video: Option<VideoLane>,
    audio: Option<AudioLane>,
    timeline: Timeline,
    /// Until the tracks are announced: frames, and the time of the first of them.
    held: Vec<Event>,
    held_bytes: usize,
    held_since_ms: Option<i64>,
    announced: bool,
    /// A configuration changed and has not been announced.
    changed: bool,
    events: VecDeque<Event>,
    bad_frames: u32,
}

#[derive(Debug)]
struct VideoLane {
    codec: Codec,
    /// VP9's configuration lacks the picture size: it waits for a keyframe.
    ready: bool,
    clock: PictureClock,
}

#[derive(Debug)]
struct AudioLane {
    codec: Codec,
    rate: Timescale,
    clock: SampleClock,
}

impl Demuxer {
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub fn metadata(&mut self, metadata: Metadata) {
        self.promised = Some(metadata);
        // Frames held back already have their times.
        if !self.announced && self.held.is_empty() {
            self.restart_picture_clock();
        }
        if !self.announced && self.has_all_promised() {
            self.announce();
        }
    }

    /// Pictures per second, if the encoder says.
    fn frame_rate(&self) -> Option<f64> {
        self.promised.as_ref().and_then(|metadata| metadata.frame_rate)
    }

    fn restart_picture_clock(&mut self) {
        let clock = PictureClock::new(self.frame_rate());
        if let Some(lane) = &mut self.video {
            lane.clock = clock;
        }
    }

    pub fn video(&mut self, timestamp: u32, payload: Bytes) -> Result<(), flv::Error> {
        let Some(Tag { codec, nanos, body }) = flv::video(payload)? else {
            return Ok(());
        };
        match body {
            Body::Configuration(record) => self.configure_video(codec, record),
            Body::Frame { cts_ms, data } => self
                .picture(timestamp, nanos, cts_ms, data)
                .map_err(flv::Error::from),
        }
    }

    pub fn audio(&mut self, timestamp: u32, payload: Bytes) -> Result<(), flv::Error> {
        let Some(Tag { codec, nanos, body }) = flv::audio(payload)? else {
            return Ok(());
        };
        match body {
            Body::Configuration(record) => self.configure_audio(codec, record),
            Body::Frame { data, .. } => {
                if codec == CodecId::Opus && self.audio.is_none() {
                    // Not every encoder sends an OpusHead; without one it is stereo, as nearly all of Opus is.
                    self.set_audio(Codec::Opus(opus::Config::stereo()))?;
                }
                self.sound(timestamp, nanos, data).map_err(flv::Error::from)
            }
        }
    }

    fn configure_video(&mut self, codec: CodecId, record: Bytes) -> Result<(), flv::Error> {
        let codec = match codec {
            CodecId::Avc => h264::Config::parse(record).map(Codec::H264),
            CodecId::Hevc => h265::Config::parse(record).map(Codec::H265),
            CodecId::Av1 => av1::Config::parse(record).map(Codec::Av1),
            CodecId::Vp9 => vp9::Config::parse(record).map(Codec::Vp9),
            CodecId::Aac | CodecId::Opus => return Ok(()),
        }
        .map_err(|error| refused("video", &error))?;
        if self
            .video
            .as_ref()
            .is_some_and(|lane| same_record(&lane.codec, &codec))
        {
            return Ok(());
        }
        self.release_held(self.video.is_some());
        let ready = !matches!(codec, Codec::Vp9(_));
        match &mut self.video {
            Some(lane) => (lane.codec, lane.ready) = (codec, ready),
            None => {
                let clock = PictureClock::new(self.frame_rate());
                self.video = Some(VideoLane { codec, ready, clock });
            }
        }
        self.configured(ready);
        Ok(())
    }

    fn configure_audio(&mut self, codec: CodecId, record: Bytes) -> Result<(), flv::Error> {
        let codec = match codec {
            CodecId::Aac => aac::Config::parse(record).map(Codec::Aac),
            CodecId::Opus => opus::Config::parse(&record).map(Codec::Opus),
            CodecId::Avc | CodecId::Hevc | CodecId::Av1 | CodecId::Vp9 => return Ok(()),
        }
        .map_err(|error| refused("audio", &error))?;
        if self.audio.as_ref().is_some_and(|lane| lane.codec == codec) {
            return Ok(());
        }
        self.set_audio(codec)
    }

    fn set_audio(&mut self, codec: Codec) -> Result<(), flv::Error> {
        let rate = match &codec {
            Codec::Aac(config) => config.sample_rate,
            _ => opus::SAMPLE_RATE,
        };
        self.release_held(self.audio.is_some());
        let clock = match &self.audio {
            Some(lane) => lane.clock.continued_at(rate),
            None => SampleClock::new(rate),
        };
        let rate = Timescale::new(rate).ok_or(Malformed("a sample rate of zero"))?;
        self.audio = Some(AudioLane { codec, rate, clock });
        self.configured(true);
        Ok(())
    }

    /// Frames held back belong to the configuration they came with: they go out before it changes.
    fn release_held(&mut self, changes: bool) {
        if changes && !self.announced && !self.held.is_empty() {
            self.announce();
        }
    }

    /// A track has a new configuration.
    fn configured(&mut self, ready: bool) {
        if self.announced {
            self.changed |= ready;
        } else if self.has_all_promised() {
            self.announce();
        }
    }

    fn picture(&mut self, timestamp: u32, nanos: u32, cts_ms: i32, data: Bytes) -> Result<(), Malformed> {
        let Some(lane) = &mut self.video else {
            return Ok(());
        };
        let Ok((data, keyframe)) = prepare(lane, &data) else {
            return self.bad_frame();
        };
        self.bad_frames = 0;
        if let Some(resized) = keyframe.resized {
            let changes = lane.ready;
            self.release_held(changes);
            if let Some(lane) = &mut self.video {
                (lane.codec, lane.ready) = (resized, true);
            }
            self.configured(true);
        }
        let Some(data) = data else {
            return Ok(());
        };
        let Some(at_ms) = self.place(Kind::Video, timestamp) else {
            return Ok(());
        };
        let Some(lane) = self.video.as_mut().filter(|lane| lane.ready) else {
            return Ok(());
        };
        let (dts, cts) = lane.clock.place(at_ms, nanos, cts_ms);
        self.frame(
            at_ms,
            Frame {
                track: VIDEO,
                dts,
                cts,
                keyframe: keyframe.is,
                data,
            },
        );
        Ok(())
    }

    fn sound(&mut self, timestamp: u32, nanos: u32, data: Bytes) -> Result<(), Malformed> {
        let Some(lane) = &self.audio else {
            return Ok(());
        };
        let samples = match &lane.codec {
            Codec::Aac(config) => Ok(config.frame_samples),
            _ => opus::packet_samples(&data),
        };
        let Ok(samples) = samples else {
            return self.bad_frame();
        };
        self.bad_frames = 0;
        let Some(at_ms) = self.place(Kind::Audio, timestamp) else {
            return Ok(());
        };
        if let Some(lane) = &mut self.audio {
            let dts = lane.clock.place(at_ms, nanos, samples);
            self.frame(
                at_ms,
                Frame {
                    track: AUDIO,
                    dts,
                    cts: 0,
                    keyframe: true,
                    data,
                },
            );
        }
        Ok(())
    }

    fn bad_frame(&mut self) -> Result<(), Malformed> {
        self.bad_frames += 1;
        if self.bad_frames > MAX_BAD_FRAMES {
            Err(Malformed("frames that make no sense"))
        } else {
            Ok(())
        }
    }

    /// The frame's place on the timeline, after saying that a new one began; `None` drops it.
    fn place(&mut self, kind: Kind, timestamp: u32) -> Option<i64> {
        match self.timeline.place(kind, timestamp) {
            Place::At(at_ms) => Some(at_ms),
            Place::Drop => None,
            Place::Jump(at_ms) => {
                self.restart_picture_clock();
                if let Some(lane) = &mut self.audio {
                    lane.clock = SampleClock::new(lane.rate.get());
                }
                if self.announced {
                    self.events.push_back(Event::Discontinuity);
                } else {
                    // Nobody has seen the old timeline.
                    self.drop_held();
                }
                Some(at_ms)
            }
        }
    }

    fn frame(&mut self, at_ms: i64, frame: Frame) {
        if self.announced {
            if std::mem::take(&mut self.changed) {
                self.events.push_back(Event::Tracks(self.tracks()));
            }
            self.events.push_back(Event::Frame(frame));
            return;
        }
        let since = *self.held_since_ms.get_or_insert(at_ms);
        self.held_bytes = self.held_bytes.saturating_add(frame.data.len());
        self.held.push(Event::Frame(frame));
        let wait = if self.promised.is_some() {
            PROMISED_WAIT_MS
        } else {
            UNKNOWN_WAIT_MS
        };
        if at_ms - since >= wait || self.held.len() >= MAX_HELD_FRAMES || self.held_bytes >= MAX_HELD_BYTES {
            self.announce();
        }
    }

    fn drop_held(&mut self) {
        self.held.clear();
        self.held_bytes = 0;
        self.held_since_ms = None;
    }

    fn announce(&mut self) {
        self.announced = true;
        self.events.push_back(Event::Tracks(self.tracks()));
        self.events.extend(std::mem::take(&mut self.held));
        self.drop_held();
    }

    fn has_all_promised(&self) -> bool {
        let video = self.video.as_ref().is_some_and(|lane| lane.ready);
        let audio = self.audio.is_some();
        match &self.promised {
            Some(promised) if promised.has_video || promised.has_audio => {
                (video || !promised.has_video) && (audio || !promised.has_audio)
            }
            _ => video && audio,
        }
    }

    fn tracks(&self) -> Arc<[Track]> {
        let video = self.video.as_ref().filter(|lane| lane.ready).map(|lane| Track {
            id: VIDEO,
            codec: lane.codec.clone(),
            timescale: Timescale::HZ_90K,
        });
        let audio = self.audio.as_ref().map(|lane| Track {
            id: AUDIO,
            codec: lane.codec.clone(),
            timescale: lane.rate,
        });
        const { assert!(Timescale::HZ_90K.get() == VIDEO_HZ) };
        video.into_iter().chain(audio).collect()
    }
}

/// What a look into a video frame found.
struct Keyframe {
    is: bool,
    /// VP9 says its size in the keyframes.
    resized: Option<Codec>,
}

/// The frame as ISO BMFF stores it: nearly always the very bytes that came. `None`: nothing in it. The frame type of the FLV
/// tag is not believed, since some encoders call a keyframe what no decoder can start at.
fn prepare(lane: &VideoLane, data: &Bytes) -> Result<(Option<Bytes>, Keyframe), media::codec::Error> {
    let plain = |is| Keyframe { is, resized: None };
    let units = |sample: nal::Sample, length_size| {
        let data = match (sample.has_units, sample.has_empty_units) {
            (true, false) => Some(data.clone()),
            (true, true) => Some(nal::without_empty_units(data, length_size)?.into()),
            (false, _) => None,
        };
        Ok((data, plain(sample.keyframe)))
    };
    match &lane.codec {
        Codec::H264(config) => units(config.inspect(data)?, config.length_size),
        Codec::H265(config) => units(config.inspect(data)?, config.length_size),
        Codec::Av1(_) => {
            let sample = data.slice(av1::temporal_delimiter_len(data)..);
            let keyframe = plain(av1::is_keyframe(&sample)?);
            Ok(((!sample.is_empty()).then_some(sample), keyframe))
        }
        Codec::Vp9(config) => {
            let sized = config.sized_by(data)?;
            let is = sized.is_some();
            let resized = sized.filter(|sized| sized != config).map(Codec::Vp9);
            Ok((Some(data.clone()), Keyframe { is, resized }))
        }
        Codec::Aac(_) | Codec::Opus(_) => Ok((None, plain(false))),
    }
}

/// Encoders repeat their configuration; only another one is news.
fn same_record(old: &Codec, new: &Codec) -> bool {
    match (old, new) {
        (Codec::Vp9(old), Codec::Vp9(new)) => old.record == new.record,
        _ => old == new,
    }
}

fn refused(kind: &str, error: &media::codec::Error) -> flv::Error {
    flv::Error::Unsupported(format!(
        "{kind} configuration not usable ({error}): change the encoder's settings"
    ))
}

#[cfg(test)]
mod tests;
