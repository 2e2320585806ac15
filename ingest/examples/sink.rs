//! Takes every publisher, counts what it sends, and keeps nothing: what ingest alone costs.
//!
//! `cargo run --release -p ingest --example sink -- 127.0.0.1:1935`, then publish to `rtmp://127.0.0.1/live/anything`.
#![expect(clippy::print_stdout, reason = "it is a command-line tool")]

use std::net::SocketAddr;

use ingest::rtmp::{Config, Publisher, Request, Server};
use media::{Event, Kind, TrackId};

/// One worker thread, as nginx has one worker process.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let addr: SocketAddr = std::env::args()
        .nth(1)
        .unwrap_or("127.0.0.1:1935".to_owned())
        .parse()?;
    let mut server = Server::bind(addr, None, Config::default())?;
    println!("ready on {}", server.local_addr());
    while let Some(request) = server.next().await {
        tokio::spawn(take(request));
    }
    Ok(())
}

async fn take(request: Request) {
    let peer = request.peer();
    match request.accept().await {
        Ok(publisher) => println!("{peer}: {}", count(publisher).await),
        Err(error) => println!("{peer}: {error}"),
    }
}

async fn count(mut publisher: Publisher) -> String {
    let (mut pictures, mut keyframes, mut packets, mut bytes) = (0_u64, 0_u64, 0_u64, 0_usize);
    let (mut video, mut last) = (None::<TrackId>, [0_i64; 2]);
    let mut said = Vec::new();
    loop {
        match publisher.next().await {
            Ok(Event::Tracks(tracks)) => {
                video = tracks
                    .iter()
                    .find(|track| track.kind() == Kind::Video)
                    .map(|track| track.id);
                for track in tracks.iter() {
                    said.push(format!(
                        "{} {:?}",
                        track.codec.rfc6381(),
                        track.codec.resolution()
                    ));
                }
            }
            Ok(Event::Frame(frame)) => {
                bytes += frame.data.len();
                if Some(frame.track) == video {
                    pictures += 1;
                    keyframes += u64::from(frame.keyframe);
                    last[0] = frame.dts;
                } else {
                    packets += 1;
                    last[1] = frame.dts;
                }
            }
            Ok(Event::Discontinuity) => said.push("discontinuity".to_owned()),
            Err(end) => {
                let encoder = publisher.encoder().unwrap_or("?");
                return format!(
                    "{encoder}: {said:?}, {pictures} pictures ({keyframes} keyframes), {packets} packets, {bytes} bytes, \
                     last at {last:?}: {end}"
                );
            }
        }
    }
}
