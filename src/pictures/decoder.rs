//! One picture out of a stretch of video, decoded by `ffmpeg` in a child process.
//!
//! What a streamer sends is hostile, and decoders are where it hurts. A process of its own keeps a crash, an endless loop
//! or a flood of memory away from the lives: the kernel limits its time, its memory and what it can write to files, which
//! is nothing, and it runs at the lowest priority. ffmpeg is told to open nothing but its pipes, to take its input for
//! MP4 and to use no decoder beyond those lives have, and it sees neither our environment nor our open files.
//!
//! This is no sandbox: a decoder that is taken over is still the same user, who may read and delete files.

use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Sizes as PeerTube has them: its thumbnail is 280x157, which is doubled here for sharp screens. 850x480 is a little
/// narrower than 16:9, so pictures are fitted into 854x480 and lose two columns a side rather than get a border.
const FILTERS: &str = "[0:v:0]\
    scale=w='max(2,trunc(min(854,480*dar)))':h='max(2,trunc(min(480,854/dar)))':out_color_matrix=bt601:out_range=pc,\
    format=yuvj420p,pad=854:480:-1:-1:color=0x0A100F,crop=850:480,setsar=1,split[preview][large];\
    [large]scale=560:314[thumbnail]";
const DECODER: &str = "ffmpeg";
/// Of the codecs lives may have.
const DECODERS: &str = "h264,hevc,libdav1d,av1,vp9";
/// A keyframe of 4K takes a tenth of a second.
const CPU_SECONDS: &str = "--cpu=5";
/// 4K with 10 bits needs less than 300 MB, most of it libraries.
const MEMORY_BYTES: &str = "--as=1073741824";
/// Libraries are opened one after the other.
const FILES: &str = "--nofile=64";
/// At the lowest priority a busy machine may take long over little work; what is later is of no use.
const PATIENCE: Duration = Duration::from_secs(20);
/// Ten times what a detailed picture takes.
const MAX_PICTURE_BYTES: usize = 1_000_000;
/// How much of what a failing child says is logged.
const MAX_REASON_CHARS: usize = 200;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot run the decoder: {0}")]
    Run(#[from] std::io::Error),
    #[error("the decoder took too long")]
    TooLong,
    #[error("the decoder failed: {0:?}")]
    Failed(String),
    #[error("the decoder gave no picture")]
    NoPicture,
}

/// The same picture in two sizes, as JPEG.
#[derive(Debug)]
pub(crate) struct Stills {
    pub thumbnail: Vec<u8>,
    pub preview: Vec<u8>,
}

/// Decodes the first keyframe after an initialization section.
pub(super) async fn decode(init: Bytes, media: Bytes) -> Result<Stills, Error> {
    let mut command = limited(DECODER);
    command.args(["-nostdin", "-hide_banner", "-v", "quiet"]);
    // A picture with errors in it is none.
    command.arg("-xerror");
    command.args(["-protocol_whitelist", "pipe", "-codec_whitelist", DECODERS]);
    command.args(["-threads", "1", "-skip_frame", "nokey", "-an", "-sn", "-dn"]);
    command.args(["-f", "mov", "-i", "pipe:0"]);
    command.args(["-filter_complex_threads", "1", "-filter_complex", FILTERS]);
    for (stream, pipe) in [("[thumbnail]", "pipe:1"), ("[preview]", "pipe:2")] {
        command.args(["-map", stream, "-frames:v", "1", "-threads", "1"]);
        command.args(["-c:v", "mjpeg", "-flags:v", "+bitexact", "-q:v", "4"]);
        command.args(["-f", "image2pipe", pipe]);
    }
    let (thumbnail, preview) = run(command, [init, media], PATIENCE).await?;
    if is_jpeg(&thumbnail) && is_jpeg(&preview) {
        Ok(Stills { thumbnail, preview })
    } else {
        Err(Error::NoPicture)
    }
}

/// Whether there is a decoder that runs within its limits.
pub(super) async fn check() -> Result<(), Error> {
    let mut command = limited(DECODER);
    command.arg("-version");
    run(command, [], PATIENCE).await.map(drop)
}

fn limited(program: &str) -> Command {
    let mut command = Command::new("nice");
    command.args([
        "-n",
        "19",
        "prlimit",
        CPU_SECONDS,
        MEMORY_BYTES,
        FILES,
        "--fsize=0",
        "--core=0",
    ]);
    command.args(["--", program]);
    command.env_clear().current_dir("/");
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// Runs a child with pipes for everything; gives back what it wrote to stdout and stderr.
async fn run(
    mut command: Command,
    input: impl IntoIterator<Item = Bytes>,
    patience: Duration,
) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    match timeout(patience, talk(&mut child, input)).await {
        Ok(said) => said,
        Err(_) => {
            // Waits until it is gone, so that there are never more children than places for them.
            child.kill().await?;
            Err(Error::TooLong)
        }
    }
}

async fn talk(
    child: &mut Child,
    input: impl IntoIterator<Item = Bytes>,
) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async {
        let Some(mut stdin) = stdin else { return };
        for bytes in input {
            // A child that has its picture stops reading.
            if stdin.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    let ((), out, err) = tokio::join!(feed, read(stdout), read(stderr));
    let (out, err) = (out?, err?);
    let status = child.wait().await?;
    if status.success() {
        return Ok((out, err));
    }
    let said: String = String::from_utf8_lossy(&err)
        .trim()
        .chars()
        .take(MAX_REASON_CHARS)
        .collect();
    Err(Error::Failed(if said.is_empty() {
        status.to_string()
    } else {
        said
    }))
}

/// Everything up to the bound; a child that says more finds its pipe closed.
async fn read(pipe: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        let bound = u64::try_from(MAX_PICTURE_BYTES).unwrap_or(u64::MAX);
        pipe.take(bound).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// From SOI to EOI (ISO/IEC 10918-1, B.2.1).
fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8, 0xff]) && bytes.ends_with(&[0xff, 0xd9])
}

#[cfg(test)]
mod tests {
    use rand::RngCore;

    use super::*;

    fn random(len: usize) -> Bytes {
        let mut bytes = vec![0; len];
        rand::rng().fill_bytes(&mut bytes);
        bytes.into()
    }

    /// A short real stream, as the packager writes it.
    async fn stream(size: &str) -> Vec<u8> {
        let source = format!("testsrc2=s={size}:r=25");
        let mut command = Command::new("ffmpeg");
        command.args([
            "-v", "error", "-f", "lavfi", "-i", &source, "-t", "0.4", "-c:v", "libx264",
        ]);
        command.args(["-preset", "ultrafast", "-pix_fmt", "yuv420p"]);
        command.args([
            "-movflags",
            "+frag_keyframe+empty_moov+default_base_moof",
            "-f",
            "mp4",
            "pipe:1",
        ]);
        run(command, [], PATIENCE).await.unwrap().0
    }

    /// Height and width in the frame header (SOF0).
    fn size(jpeg: &[u8]) -> (u16, u16) {
        let at = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
        let number = |at: usize| u16::from_be_bytes([jpeg[at], jpeg[at + 1]]);
        (number(at + 7), number(at + 5))
    }

    #[tokio::test]
    async fn wide_and_tall_streams_give_pictures_of_one_size() {
        for shape in ["640x360", "180x320", "1920x800"] {
            let stills = decode(Bytes::new(), stream(shape).await.into()).await.unwrap();
            assert_eq!(size(&stills.thumbnail), (560, 314), "{shape}");
            assert_eq!(size(&stills.preview), (850, 480), "{shape}");
        }
    }

    #[tokio::test]
    async fn garbage_gives_no_picture() {
        for len in [0, 1, 100_000, 3_000_000] {
            assert!(decode(random(len / 2), random(len / 2)).await.is_err(), "{len}");
        }
        // Everything is right, except what is in the pictures.
        let mut stream = stream("640x360").await;
        let data = stream.windows(4).position(|kind| kind == b"mdat").unwrap() + 4;
        for keep in [5_000, 1_000, 0] {
            let from = data + keep;
            let len = stream.len() - from;
            stream[from..].copy_from_slice(&random(len));
            assert!(
                decode(Bytes::new(), stream.clone().into()).await.is_err(),
                "{keep}"
            );
        }
    }

    #[tokio::test]
    async fn a_child_that_hangs_is_killed_and_one_that_talks_is_cut_short() {
        let mut hangs = Command::new("sleep");
        hangs.arg("1000");
        let ended = run(hangs, [], Duration::from_millis(50)).await;
        assert!(matches!(ended, Err(Error::TooLong)), "{ended:?}");
        let endless = run(Command::new("yes"), [], PATIENCE).await;
        assert!(matches!(endless, Err(Error::Failed(_))), "{endless:?}");
    }

    #[tokio::test]
    async fn a_child_sees_no_environment_and_writes_no_byte_to_files() {
        let shell = |script: &str| {
            let mut command = limited("sh");
            command.args(["-c", script]);
            command
        };
        let file = tempfile::NamedTempFile::new().unwrap();
        let write = shell(&format!("echo x > {}", file.path().display()));
        assert!(run(write, [], PATIENCE).await.is_err());
        assert_eq!(file.as_file().metadata().unwrap().len(), 0);
        let asked = shell("ulimit -t; nice; pwd; echo ${HOME:-none}");
        let (said, _) = run(asked, [], PATIENCE).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&said), "5\n19\n/\nnone\n");
    }
}
