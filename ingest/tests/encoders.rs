//! Real encoders: ffmpeg and GStreamer publish as fast as they can, and every frame is counted.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic, as tests may"
)]

mod support;

use std::process::Stdio;

use ingest::{
    End,
    rtmp::{Config, Server},
};
use media::{Codec, Event, Frame, Kind, Track, TrackId};
use support::drain;
use tokio::process::Command;

struct Published {
    tracks: Vec<Track>,
    announcements: usize,
    frames: Vec<Frame>,
    end: End,
    stderr: String,
}

impl Published {
    fn of(&self, kind: Kind) -> Vec<&Frame> {
        let id = self
            .tracks
            .iter()
            .find(|track| track.kind() == kind)
            .map(|track| track.id);
        self.frames
            .iter()
            .filter(|frame| Some(frame.track) == id)
            .collect()
    }

    /// Decoding times strictly increase, and what is shown is shown once.
    fn check_times(&self) {
        for track in &self.tracks {
            let frames = self.of(track.kind());
            assert!(frames.windows(2).all(|pair| pair[0].dts < pair[1].dts));
            let mut shown: Vec<i64> = frames
                .iter()
                .map(|frame| frame.dts + i64::from(frame.cts))
                .collect();
            shown.sort_unstable();
            assert!(shown.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}

/// Runs an encoder whose command line has `URL` where the address goes.
async fn publish(program: &str, arguments: &str) -> Published {
    let mut server = Server::bind("127.0.0.1:0".parse().unwrap(), None, Config::default()).unwrap();
    let url = format!("rtmp://{}/live/KEY", server.local_addr());
    let encoder = Command::new(program)
        .args(
            arguments
                .split_whitespace()
                .map(|argument| argument.replace("URL", &url)),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let receive = async {
        let request = server.next().await.unwrap();
        assert_eq!((request.app(), request.key().expose()), ("live", "KEY"));
        let mut publisher = request.accept().await.unwrap();
        drain(&mut publisher).await
    };
    let (output, (events, end)) = tokio::join!(encoder.wait_with_output(), receive);
    let mut published = Published {
        tracks: Vec::new(),
        announcements: 0,
        frames: Vec::new(),
        end,
        stderr: String::from_utf8_lossy(&output.unwrap().stderr).into_owned(),
    };
    assert!(
        matches!(events.first(), None | Some(Event::Tracks(_))),
        "tracks come first"
    );
    for event in events {
        match event {
            Event::Tracks(tracks) => {
                published.tracks = tracks.to_vec();
                published.announcements += 1;
            }
            Event::Frame(frame) => published.frames.push(frame),
            Event::Discontinuity => panic!("there was none"),
        }
    }
    published
}

const PICTURE: &str = "-hide_banner -loglevel error -f lavfi -i testsrc2=s=640x360:r=30";
const SOUND: &str = "-f lavfi -i sine=sample_rate=44100";

#[tokio::test]
async fn ffmpeg_with_b_frames() {
    let published = publish(
        "ffmpeg",
        &format!("{PICTURE} {SOUND} -t 4 -c:v libx264 -bf 2 -g 30 -sc_threshold 0 -pix_fmt yuv420p -c:a aac -f flv URL"),
    )
    .await;
    assert_eq!(
        (published.end.clone(), published.stderr.as_str()),
        (End::Clean, "")
    );
    assert_eq!(published.announcements, 1, "both tracks at once");
    published.check_times();
    let pictures = published.of(Kind::Video);
    assert_eq!(pictures.len(), 120);
    assert_eq!(pictures.iter().filter(|frame| frame.keyframe).count(), 4);
    assert!(pictures.iter().any(|frame| frame.cts > 0));
    let sound = published.of(Kind::Audio);
    assert!((173..=175).contains(&sound.len()), "{}", sound.len());
    assert!(sound.windows(2).all(|pair| pair[1].dts - pair[0].dts == 1_024));
    let Codec::H264(config) = &published.tracks[0].codec else {
        panic!("{:?}", published.tracks)
    };
    assert_eq!((config.width, config.height), (640, 360));
    assert_eq!(published.tracks[1].codec.rfc6381(), "mp4a.40.2");
}

#[tokio::test]
async fn ffmpeg_with_sound_alone_and_pictures_alone() {
    let sound = publish(
        "ffmpeg",
        &format!("-hide_banner -loglevel error {SOUND} -t 2 -c:a aac -f flv URL"),
    )
    .await;
    assert_eq!(
        (sound.tracks.len(), sound.announcements, sound.end.clone()),
        (1, 1, End::Clean)
    );
    assert!(sound.frames.len() > 80);
    sound.check_times();
    let pictures = publish(
        "ffmpeg",
        &format!("{PICTURE} -t 2 -c:v libx264 -pix_fmt yuv420p -f flv URL"),
    )
    .await;
    assert_eq!(
        (
            pictures.tracks.len(),
            pictures.announcements,
            pictures.end.clone()
        ),
        (1, 1, End::Clean)
    );
    assert_eq!(pictures.frames.len(), 60);
}

/// ffmpeg's own exit status says no more than "an error"; its log says why.
#[tokio::test]
async fn ffmpeg_with_mp3_is_told() {
    let published = publish(
        "ffmpeg",
        &format!("-hide_banner -loglevel error -re {SOUND} -t 9 -c:a libmp3lame -f flv URL"),
    )
    .await;
    assert!(matches!(published.end, End::Unsupported(_)));
    assert!(
        published.stderr.contains("MP3 is not supported: choose AAC"),
        "{}",
        published.stderr
    );
}

/// The frames are what the decoder wants: put back into a file with the configuration that came, they decode without a
/// complaint, every one of them.
#[tokio::test]
async fn what_comes_out_decodes() {
    let published = publish(
        "ffmpeg",
        &format!("{PICTURE} -t 3 -c:v libx264 -bf 3 -g 45 -pix_fmt yuv420p -f flv URL"),
    )
    .await;
    let Codec::H264(config) = &published.tracks[0].codec else {
        panic!("{:?}", published.tracks)
    };
    let start_code = [0, 0, 0, 1];
    let mut annex_b = Vec::new();
    let record = &config.record;
    let sps = usize::from(u16::from_be_bytes([record[6], record[7]]));
    let pps = usize::from(u16::from_be_bytes([record[9 + sps], record[10 + sps]]));
    for parameter_set in [&record[8..8 + sps], &record[11 + sps..11 + sps + pps]] {
        annex_b.extend([&start_code, parameter_set].concat());
    }
    for frame in published.of(Kind::Video) {
        for unit in media::codec::nal::units(&frame.data, config.length_size) {
            annex_b.extend([&start_code, unit.unwrap()].concat());
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.h264");
    std::fs::write(&file, annex_b).unwrap();
    let probe = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-count_frames",
            "-show_entries",
            "stream=nb_read_frames",
            "-of",
            "csv=p=0",
        ])
        .arg(&file)
        .output()
        .await
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&probe.stdout).trim(), "90");
    assert_eq!(String::from_utf8_lossy(&probe.stderr), "");
}

#[tokio::test]
async fn gstreamer() {
    let published = publish(
        "gst-launch-1.0",
        "-q videotestsrc num-buffers=90 ! video/x-raw,width=640,height=360,framerate=30/1 ! \
         x264enc bframes=2 key-int-max=30 ! video/x-h264,profile=main ! h264parse ! flvmux streamable=true name=m ! \
         rtmp2sink location=URL audiotestsrc num-buffers=130 ! voaacenc ! aacparse ! m.",
    )
    .await;
    assert_eq!(
        (published.end.clone(), published.stderr.as_str()),
        (End::Clean, "")
    );
    published.check_times();
    assert_eq!(published.of(Kind::Video).len(), 90);
    assert_eq!(published.of(Kind::Audio).len(), 130);
    assert_eq!(
        published.tracks.iter().map(|track| track.id).collect::<Vec<_>>(),
        [TrackId(1), TrackId(2)]
    );
}
