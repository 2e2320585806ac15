//! Encoders: ffmpeg as a streamer would run it.

use std::process::{Child, Command, Stdio};

/// A test pattern with a tone, sent in real time.
#[derive(Debug, Clone)]
pub struct Pattern {
    pub seconds: Option<u32>,
    pub fps: u32,
    /// Pictures between two IDRs.
    pub keyframe_every: u32,
    pub b_frames: u32,
    pub video: bool,
    pub audio: bool,
    pub size: &'static str,
    pub bitrate: &'static str,
    /// A bitstream filter over the encoded pictures, e.g. `noise`.
    pub video_filter: Option<&'static str>,
}

impl Default for Pattern {
    fn default() -> Self {
        Self {
            seconds: None,
            fps: 25,
            keyframe_every: 25,
            b_frames: 0,
            video: true,
            audio: true,
            size: "320x180",
            bitrate: "300k",
            video_filter: None,
        }
    }
}

impl Pattern {
    pub fn seconds(seconds: u32) -> Self {
        Self {
            seconds: Some(seconds),
            ..Self::default()
        }
    }

    /// Starts publishing to an RTMP address.
    pub fn publish(&self, url: &str) -> Encoder {
        let mut command = Command::new("ffmpeg");
        command.args(["-hide_banner", "-loglevel", "error", "-nostdin"]);
        if self.video {
            command.args([
                "-re",
                "-f",
                "lavfi",
                "-i",
                &format!("testsrc2=s={}:r={}", self.size, self.fps),
            ]);
        }
        if self.audio {
            command.args(["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]);
        }
        if let Some(seconds) = self.seconds {
            command.args(["-t", &seconds.to_string()]);
        }
        if self.video {
            let every = self.keyframe_every.to_string();
            command.args([
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-pix_fmt",
                "yuv420p",
                "-b:v",
                self.bitrate,
            ]);
            command.args([
                "-g",
                &every,
                "-keyint_min",
                &every,
                "-sc_threshold",
                "0",
                "-bf",
                &self.b_frames.to_string(),
            ]);
        }
        if let Some(filter) = self.video_filter {
            command.args(["-bsf:v", filter]);
        }
        if self.audio {
            command.args(["-c:a", "aac", "-b:a", "64k", "-ac", "2"]);
        }
        command.args(["-f", "flv", url]).stdin(Stdio::null());
        Encoder {
            child: command.spawn().unwrap(),
        }
    }
}

/// A running encoder; it is killed when dropped.
#[derive(Debug)]
pub struct Encoder {
    child: Child,
}

impl Encoder {
    /// As if the power went: the connection breaks without a goodbye.
    pub fn cut(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As if somebody pressed Stop.
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &pid])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap();
    }

    /// Waits until the server has turned it away.
    pub fn wait_failed(mut self) {
        let status = self.child.wait().unwrap();
        assert!(!status.success(), "the server took what it should have refused");
    }

    /// Waits until everything was sent.
    pub fn finish(mut self) {
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What ffprobe says of a file or playlist: seconds, and how many pictures it decodes without an error.
#[derive(Debug)]
pub struct Probed {
    pub seconds: f64,
    pub pictures: u64,
    pub errors: String,
}

/// Decodes everything, as strictly as ffmpeg can.
pub fn probe(url: &str) -> Probed {
    let decoded = Command::new("ffmpeg")
        .args([
            "-hide_banner",
            "-nostdin",
            "-v",
            "error",
            "-xerror",
            "-stats",
            "-i",
            url,
            "-map",
            "0:v?",
            "-map",
            "0:a?",
        ])
        .args(["-f", "null", "-"])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&decoded.stderr).into_owned();
    let last = errors.rsplit("frame=").next().unwrap_or_default();
    let pictures = last
        .trim_start()
        .split(' ')
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(0);
    let duration = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_entries",
            "format=duration",
            "-of",
            "csv=p=0",
            url,
        ])
        .output()
        .unwrap();
    let seconds = String::from_utf8_lossy(&duration.stdout)
        .trim()
        .parse()
        .unwrap_or(0.0);
    let errors = errors
        .split(['\r', '\n'])
        .filter(|line| !line.contains("frame=") && !line.contains("size=") && !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n");
    Probed {
        seconds,
        pictures,
        errors,
    }
}
