//! Enhanced RTMP with what real encoders put into it. The ffmpeg of today's distributions cannot publish it yet, so it
//! encodes into a file, and the frames are published from there.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic, as tests may"
)]

mod support;

use std::{path::Path, process::Command};

use bytes::BytesMut;
use ingest::{
    End,
    rtmp::{
        Config, Server,
        amf::{self, Value},
        chunk::kind,
    },
};
use media::{Codec, Event};
use support::{Client, drain, soon};

struct Packet {
    keyframe: bool,
    dts_ms: u32,
    cts_ms: u32,
    data: Vec<u8>,
}

/// The configuration record in box `name`, and the packets.
fn encode(folder: &Path, arguments: &str, name: &[u8; 4]) -> (Vec<u8>, Vec<Packet>) {
    let file = folder.join("encoded.mp4");
    let encoded = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-y"])
        .args(arguments.split_whitespace())
        .arg(&file)
        .status()
        .unwrap();
    assert!(encoded.success());
    let bytes = std::fs::read(&file).unwrap();
    let at = bytes.windows(4).position(|window| window == name).unwrap();
    let length = u32::from_be_bytes(bytes[at - 4..at].try_into().unwrap());
    let record = bytes[at + 4..at - 4 + usize::try_from(length).unwrap()].to_vec();
    let probe = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_entries",
            "packet=pts_time,dts_time,size,pos,flags",
            "-of",
            "csv=p=0",
        ])
        .arg(&file)
        .output()
        .unwrap();
    let packet = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let ms = |time: &str| (time.parse::<f64>().unwrap() * 1_000.0).round();
        let (pts, dts) = (ms(fields[0]), ms(fields[1]));
        let (size, at): (usize, usize) = (fields[2].parse().unwrap(), fields[3].parse().unwrap());
        Packet {
            keyframe: fields[4].starts_with('K'),
            // B-frames make the first decoding times negative.
            dts_ms: format!("{}", dts + 1_000.0).parse().unwrap(),
            cts_ms: format!("{}", pts - dts).parse().unwrap(),
            data: bytes[at..at + size].to_vec(),
        }
    };
    (
        record,
        String::from_utf8(probe.stdout)
            .unwrap()
            .lines()
            .filter(|line| !line.is_empty())
            .map(packet)
            .collect(),
    )
}

/// Publishes by these rules and returns what came out.
async fn publish(
    has: &str,
    kind: u8,
    start: &[u8],
    packets: &[Packet],
    header: impl Fn(&Packet) -> Vec<u8>,
) -> Vec<Event> {
    let mut server = Server::bind("127.0.0.1:0".parse().unwrap(), None, Config::default()).unwrap();
    let mut client = Client::publish(server.local_addr(), "live", "KEY").await;
    let mut publisher = soon(server.next()).await.unwrap().accept().await.unwrap();
    let sending = async {
        let mut metadata = BytesMut::new();
        let codec = amf::object([(has, "xxxx".into())]);
        ["@setDataFrame".into(), "onMetaData".into(), codec]
            .iter()
            .for_each(|value: &Value| value.write(&mut metadata));
        client.send(4, kind::DATA_AMF0, 0, &metadata).await;
        client.send(6, kind, 0, start).await;
        for packet in packets {
            client
                .send(
                    6,
                    kind,
                    packet.dts_ms,
                    &[header(packet), packet.data.clone()].concat(),
                )
                .await;
        }
        client
            .command(&["deleteStream".into(), 4.0.into(), Value::Null, 1.0.into()])
            .await;
    };
    let ((), (events, end)) = tokio::join!(sending, drain(&mut publisher));
    assert_eq!(end, End::Clean);
    events
}

async fn video(name: &str, encoder: &str, record_box: &[u8; 4], four_cc: &[u8; 4], has_cts: bool) -> Codec {
    let folder = tempfile::tempdir().unwrap();
    let picture = "-f lavfi -i testsrc2=s=640x360:r=30 -frames:v 40 -pix_fmt yuv420p -g 20";
    let (record, packets) = encode(folder.path(), &format!("{picture} {encoder}"), record_box);
    let start = [&[0x90][..], four_cc, &record].concat();
    let events = publish("videocodecid", kind::VIDEO, &start, &packets, |packet| {
        let frame_type = if packet.keyframe { 0x90 } else { 0xa0 };
        let cts = packet.cts_ms.to_be_bytes();
        match (has_cts, packet.cts_ms) {
            (true, 0) | (false, _) => [&[frame_type | 3][..], four_cc].concat(),
            _ => [&[frame_type | 1][..], four_cc, &cts[1..]].concat(),
        }
    })
    .await;
    let frames: Vec<_> = events
        .iter()
        .filter_map(|event| {
            if let Event::Frame(frame) = event {
                Some(frame)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(frames.len(), packets.len(), "{name}");
    for (frame, packet) in frames.iter().zip(&packets) {
        assert_eq!(frame.keyframe, packet.keyframe, "{name}");
        assert_eq!(frame.cts, i32::try_from(packet.cts_ms * 90).unwrap());
        assert_eq!(frame.data, packet.data);
    }
    let Event::Tracks(tracks) = &events[0] else {
        panic!("tracks come first")
    };
    assert_eq!(tracks[0].codec.name(), name);
    assert_eq!(tracks[0].codec.resolution(), Some((640, 360)));
    tracks[0].codec.clone()
}

#[tokio::test]
async fn hevc() {
    let encoder = "-c:v libx265 -preset ultrafast -bf 2 -x265-params log-level=none:open-gop=0 -tag:v hvc1";
    let codec = video("H.265", encoder, b"hvcC", b"hvc1", true).await;
    assert!(codec.rfc6381().starts_with("hvc1.1.6.L"));
}

#[tokio::test]
async fn av1() {
    let codec = video(
        "AV1",
        "-c:v libaom-av1 -cpu-used 8 -lag-in-frames 0",
        b"av1C",
        b"av01",
        false,
    )
    .await;
    assert!(codec.rfc6381().starts_with("av01.0."));
}

#[tokio::test]
async fn vp9() {
    let codec = video(
        "VP9",
        "-c:v libvpx-vp9 -deadline realtime -cpu-used 8",
        b"vpcC",
        b"vp09",
        false,
    )
    .await;
    assert!(codec.rfc6381().starts_with("vp09.00."));
}

#[tokio::test]
async fn avc_in_the_new_clothes() {
    let codec = video(
        "H.264",
        "-c:v libx264 -bf 2 -sc_threshold 0",
        b"avcC",
        b"avc1",
        true,
    )
    .await;
    assert!(codec.rfc6381().starts_with("avc1.64"));
}

#[tokio::test]
async fn opus() {
    let folder = tempfile::tempdir().unwrap();
    let sound = "-f lavfi -i sine=sample_rate=48000 -t 1 -ac 2 -c:a libopus";
    let (_dops, packets) = encode(folder.path(), sound, b"dOps");
    let head = [
        b"\x90Opus".as_slice(),
        b"OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00",
    ]
    .concat();
    let events = publish("audiocodecid", kind::AUDIO, &head, &packets, |_| {
        b"\x91Opus".to_vec()
    })
    .await;
    let dts: Vec<i64> = events
        .iter()
        .filter_map(|event| {
            if let Event::Frame(frame) = event {
                Some(frame.dts)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(dts.len(), packets.len());
    assert!(dts.windows(2).all(|pair| pair[1] - pair[0] == 960));
}
