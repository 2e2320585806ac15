//! Test media, made by ffmpeg when a run needs it, and read back as FLV tags.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Context as _, Result, failed};

/// What a recording to publish again and again looks like. One keyframe a second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipe {
    name: &'static str,
    size: &'static str,
    seconds: u32,
    video_kbps: u32,
    audio_kbps: u32,
}

/// What streamers send: 720p30 of 2.5 Mbit/s in all, constant bitrate. One minute of it.
pub(crate) const ORDINARY: Recipe = Recipe {
    name: "ordinary.flv",
    size: "1280x720",
    seconds: 60,
    video_kbps: 2372,
    audio_kbps: 128,
};
/// As many frames a second as any, but few bytes: hours of it fit through a socket in seconds.
pub(crate) const TINY: Recipe = Recipe {
    name: "tiny.flv",
    size: "64x36",
    seconds: 60,
    video_kbps: 24,
    audio_kbps: 24,
};

impl Recipe {
    /// Makes the file, unless this run has it already.
    pub(crate) fn make(&self, folder: &Path) -> Result<PathBuf> {
        let path = folder.join(self.name);
        if path.exists() {
            return Ok(path);
        }
        let rate = format!("{}k", self.video_kbps);
        let buffer = format!("{}k", self.video_kbps / 2);
        let status = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"])
            .args(["-f", "lavfi", "-i", &format!("testsrc2=s={}:r=30", self.size)])
            .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"])
            .args(["-t", &self.seconds.to_string(), "-pix_fmt", "yuv420p"])
            .args([
                "-c:v",
                "libx264",
                "-preset",
                "veryfast",
                "-profile:v",
                "high",
                "-bf",
                "0",
            ])
            .args(["-g", "30", "-keyint_min", "30", "-sc_threshold", "0"])
            .args([
                "-b:v", &rate, "-minrate", &rate, "-maxrate", &rate, "-bufsize", &buffer,
            ])
            .args(["-x264-params", "nal-hrd=cbr"])
            .args([
                "-c:a",
                "aac",
                "-b:a",
                &format!("{}k", self.audio_kbps),
                "-ac",
                "2",
            ])
            .arg(&path)
            .stdin(Stdio::null())
            .status()
            .context("cannot run ffmpeg (install it with: apt-get install ffmpeg)")?;
        if status.success() {
            Ok(path)
        } else {
            failed(format!("ffmpeg could not make {}: {status}", self.name))
        }
    }
}

/// FLV and RTMP name media by the same numbers.
pub(crate) const AUDIO: u8 = 8;
pub(crate) const VIDEO: u8 = 9;
const SCRIPT: u8 = 18;

/// One media tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) kind: u8,
    pub(crate) at_ms: u32,
    pub(crate) body: Vec<u8>,
}

/// A recording in pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Recording {
    /// The body of onMetaData.
    pub(crate) metadata: Vec<u8>,
    /// Decoder configurations, to be sent before the rest.
    pub(crate) video_header: Vec<u8>,
    pub(crate) audio_header: Vec<u8>,
    pub(crate) tags: Vec<Tag>,
}

impl Recording {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let file = std::fs::read(path).context(format!("cannot read {}", path.display()))?;
        Self::parse(&file).context(format!("{} is not a whole FLV file", path.display()))
    }

    /// FLV 10.1, Annex E: a header, then tags, each followed by its size.
    fn parse(file: &[u8]) -> Option<Self> {
        let mut recording = Self::default();
        let mut rest = file.strip_prefix(b"FLV")?.get(10..)?;
        while let Some((head, after)) = rest.split_at_checked(11) {
            let &[kind, l0, l1, l2, t0, t1, t2, t3, ..] = head else {
                return None;
            };
            let len = usize::try_from(u32::from_be_bytes([0, l0, l1, l2])).ok()?;
            let (body, after) = after.split_at_checked(len)?;
            rest = after.get(4..)?;
            // AVCPacketType and AACPacketType: 0 is the configuration, 1 is media, and AVC's 2 only says the end.
            match (kind, body.get(1)) {
                (SCRIPT, _) => recording.metadata = body.to_vec(),
                (VIDEO, Some(0)) => recording.video_header = body.to_vec(),
                (AUDIO, Some(0)) => recording.audio_header = body.to_vec(),
                (AUDIO | VIDEO, Some(1)) => recording.tags.push(Tag {
                    kind,
                    at_ms: u32::from_be_bytes([t3, t0, t1, t2]),
                    body: body.to_vec(),
                }),
                _ => {}
            }
        }
        (!recording.tags.is_empty()).then_some(recording)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(kind: u8, at_ms: u32, body: &[u8]) -> Vec<u8> {
        let mut out = vec![kind];
        out.extend(&u32::try_from(body.len()).unwrap().to_be_bytes()[1..]);
        let [t3, low @ ..] = at_ms.to_be_bytes();
        out.extend(low);
        out.extend([t3, 0, 0, 0]);
        out.extend(body);
        out.extend(u32::try_from(body.len() + 11).unwrap().to_be_bytes());
        out
    }

    #[test]
    fn tags_are_sorted_out() {
        let mut file = b"FLV\x01\x05\0\0\0\x09\0\0\0\0".to_vec();
        file.extend(tag(SCRIPT, 0, b"meta"));
        file.extend(tag(VIDEO, 0, &[0x17, 0, 1]));
        file.extend(tag(AUDIO, 0, &[0xaf, 0, 2]));
        file.extend(tag(VIDEO, 0x0102_0304, &[0x17, 1, 3]));
        file.extend(tag(VIDEO, 99, &[0x17, 2, 4]));
        let recording = Recording::parse(&file).unwrap();
        assert_eq!(recording.metadata, b"meta");
        assert_eq!(recording.video_header, [0x17, 0, 1]);
        assert_eq!(recording.audio_header, [0xaf, 0, 2]);
        assert_eq!(
            recording.tags,
            [Tag {
                kind: VIDEO,
                at_ms: 0x0102_0304,
                body: vec![0x17, 1, 3]
            }]
        );
        assert_eq!(Recording::parse(&file[..file.len() - 5]), None);
    }
}
