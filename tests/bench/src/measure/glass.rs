//! From the moment a picture is made to the moment a browser shows it.
//!
//! Every picture carries the time it was made as a pattern of blocks, goes through x264 and RTMP like any other, and is
//! read back from the page by `glass.mjs`. Both ends are on this machine, so that they share a clock; on a small machine
//! they also share its processors with the server, which makes the figure worse, never better.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::error::{Context as _, Result, failed};
use crate::lab::Lab;
use crate::playlist;
use crate::report::{Row, Target};
use crate::server::Options;
use crate::stamp::{self, Picture};

/// Part length, and what half of the pictures may take with it.
const TARGETS: [(u32, f64); 2] = [(200, 1.2), (500, 1.7)];
const FPS: u32 = 30;

pub(crate) async fn run(lab: &mut Lab, page: bool) -> Result<()> {
    for (part_ms, most) in TARGETS {
        let options = Options {
            part_ms: Some(part_ms),
            ..Options::default()
        };
        let (server, data) = lab.server(&options)?;
        let token = server.token().await?;
        let live = server.live(&token).await?;
        let url = format!("rtmp://{}/live/{}", server.rtmp, live.key);
        let camera = Camera::start(&url)?;
        server
            .until(&live.media("0-ll.m3u8"), |text| {
                playlist::segments(text).len() > 2
            })
            .await?;
        let address = if page {
            format!("/videos/embed/{}?autoplay=1&muted=1", live.uuid)
        } else {
            live.media("ll.m3u8")
        };
        let seen = watch(&server.url(&address), page, lab.amounts.watch).await?;
        let camera = camera.stop()?;
        drop(server);
        lab.remove(&data);
        for row in rows(part_ms, most, page, &seen, &camera)? {
            lab.keep(row);
        }
    }
    Ok(())
}

fn rows(part_ms: u32, most: f64, page: bool, seen: &Value, camera: &str) -> Result<[Row; 3]> {
    let number = |pointer: &str| {
        seen.pointer(pointer)
            .and_then(Value::as_f64)
            .context(format!("the browser saw no picture: {seen}"))
    };
    let player = if page { "our page" } else { "hls.js" };
    let what = format!("glass to glass, {part_ms} ms parts, {player}");
    Ok([
        Row::new(
            format!("{what}: p50"),
            "s",
            number("/p50")? / 1e3,
        )
        .target(Target::AtMost(most))
        .note(format!(
            "least {:.2}, most {:.2}; {} pictures read, {} unreadable; {camera}",
            number("/min")? / 1e3,
            number("/max")? / 1e3,
            number("/read")?,
            number("/unreadable")?,
        )),
        Row::new(format!("{what}: p95"), "s", number("/p95")? / 1e3),
        Row::new(format!("{what}: stalls"), "", number("/stalls")?)
            .target(Target::AtMost(0.0))
            .note(format!(
                "in {:.0} s; {} freezes over 200 ms, {} pictures dropped, first picture after {:.2} s, speed {}",
                number("/seconds")?,
                number("/freezes")?,
                number("/dropped")?,
                number("/first")? / 1e3,
                number("/rate")?,
            )),
    ])
}

/// Runs the browser and gives back what it saw.
async fn watch(url: &str, page: bool, time: Duration) -> Result<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("glass.mjs");
    let output = tokio::process::Command::new("node")
        .arg(script)
        .args([
            if page { "page" } else { "playlist" },
            url,
            &time.as_secs().to_string(),
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("cannot run node")?;
    if !output.status.success() {
        return failed(format!("glass.mjs: {}", output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| crate::error::Error::Failed(error.to_string()))
}

/// A source of stamped pictures, with ffmpeg as its encoder.
struct Camera {
    encoder: Child,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Shot>,
}

/// What the camera did.
#[derive(Debug, Default)]
struct Shot {
    pictures: u32,
    /// The longest a picture came after its time: then the machine is too busy for the figure to mean much.
    late: Duration,
}

impl Camera {
    fn start(url: &str) -> Result<Self> {
        let size = format!("{}x{}", stamp::WIDTH, stamp::HEIGHT);
        let fps = FPS.to_string();
        let mut encoder = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "error", "-nostats"])
            .args(["-fflags", "nobuffer", "-probesize", "32", "-analyzeduration", "0"])
            .args([
                "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", &size, "-r", &fps, "-i", "pipe:0",
            ])
            .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"])
            .args(["-map", "0:v", "-map", "1:a", "-shortest"])
            .args([
                "-c:v",
                "libx264",
                "-preset",
                "superfast",
                "-tune",
                "zerolatency",
                "-profile:v",
                "high",
            ])
            .args(["-b:v", "2372k", "-maxrate", "2372k", "-bufsize", "1186k"])
            .args(["-g", &fps, "-keyint_min", &fps, "-sc_threshold", "0"])
            .args(["-x264-params", "nal-hrd=cbr:sliced-threads=0:threads=2"])
            .args(["-c:a", "aac", "-b:a", "128k", "-ac", "2"])
            .args([
                "-flush_packets",
                "1",
                "-max_delay",
                "0",
                "-muxdelay",
                "0",
                "-muxpreload",
                "0",
            ])
            .args(["-flvflags", "no_duration_filesize", "-f", "flv", url])
            .stdin(Stdio::piped())
            .spawn()
            .context("cannot run ffmpeg (install it with: apt-get install ffmpeg)")?;
        let mut pipe = encoder.stdin.take().context("ffmpeg takes no input")?;
        // A whole picture fits (1.4 MB of them do not): ffmpeg that lags holds the camera up, and `late` shows it.
        let _ = rustix::pipe::fcntl_setpipe_size(&pipe, 1 << 20);
        let stop = Arc::new(AtomicBool::new(false));
        let thread = {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || shoot(&mut pipe, &stop))
        };
        Ok(Self {
            encoder,
            stop,
            thread,
        })
    }

    fn stop(mut self) -> Result<String> {
        self.stop.store(true, Ordering::Relaxed);
        let shot = self.thread.join().ok().context("the camera died")?;
        crate::server::stop(&mut self.encoder);
        Ok(format!(
            "{} pictures made, the latest {} ms late",
            shot.pictures,
            shot.late.as_millis()
        ))
    }
}

/// Pictures at their times; a late one is made up for at once, so that the stream keeps the pace of the clock.
fn shoot(pipe: &mut impl std::io::Write, stop: &AtomicBool) -> Shot {
    let mut picture = Picture::new();
    let mut shot = Shot::default();
    let begun = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let due = Duration::from_secs(1) * shot.pictures / FPS;
        match due.checked_sub(begun.elapsed()) {
            Some(wait) => std::thread::sleep(wait),
            None => shot.late = shot.late.max(begun.elapsed() - due),
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        picture.draw(shot.pictures, now);
        if pipe.write_all(picture.bytes()).is_err() {
            break;
        }
        shot.pictures += 1;
    }
    let _ = pipe.flush();
    shot
}
