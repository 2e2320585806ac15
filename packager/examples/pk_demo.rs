#![allow(warnings, clippy::all)]
#[path = "../tests/common/flv.rs"]
mod flv;
use packager::live::name::Name;
use packager::live::{self, *};
use packager::playlist::*;
use std::io::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let part_ms: u32 = a[3].parse().unwrap();
    let events = flv::read(&std::fs::read(&a[2]).unwrap());
    let (mut w, r) = live::channel(Settings {
        part_ms,
        ..Settings::default()
    });
    let rt = std::sync::Arc::new(
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap(),
    );
    let l = std::net::TcpListener::bind(("127.0.0.1", a[1].parse::<u16>().unwrap())).unwrap();
    std::thread::spawn(move || {
        let t0 = std::time::Instant::now();
        let mut base = 0;
        loop {
            let mut last = 0;
            for (i, e) in events.iter().enumerate() {
                let mut e = e.clone();
                if let media::Event::Frame(f) = &mut e {
                    last = last.max(f.dts);
                    f.dts += base;
                    let due = std::time::Duration::from_millis(f.dts.max(0) as u64);
                    if let Some(d) = due.checked_sub(t0.elapsed()) {
                        std::thread::sleep(d)
                    }
                }
                w.push(&e, jiff::Timestamp::now()).unwrap();
            }
            base += last + 33;
        }
    });
    for s in l.incoming() {
        let mut s = s.unwrap();
        let r = r.clone();
        let rt = rt.clone();
        std::thread::spawn(move || {
            let mut br = BufReader::new(s.try_clone().unwrap());
            loop {
                let mut line = String::new();
                if br.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                let mut h = String::new();
                loop {
                    h.clear();
                    if br.read_line(&mut h).unwrap_or(0) == 0 {
                        return;
                    }
                    if h == "\r\n" {
                        break;
                    }
                }
                let path = line.split(' ').nth(1).unwrap().to_string();
                let (p, q) = path.split_once('?').unwrap_or((&path, ""));
                let q = Query::parse(q).unwrap();
                let mut ct = "video/mp4";
                let body: Option<Vec<u8>> = rt.block_on(async {
                    match Name::parse(&p[1..])? {
                        n @ (Name::Master | Name::LowLatencyMaster) => {
                            ct = "application/vnd.apple.mpegurl";
                            let w = r.wait(1, Some(0)).await;
                            Some(multivariant(&[Variant::of(&w, n == Name::LowLatencyMaster)?]).into_bytes())
                        }
                        Name::Classic { .. } => {
                            ct = "application/vnd.apple.mpegurl";
                            Some(r.wait(2, Some(0)).await.classic().plain().to_vec())
                        }
                        Name::LowLatency { .. } => {
                            ct = "application/vnd.apple.mpegurl";
                            let w = r.wait(q.msn.unwrap_or(1), q.part).await;
                            Some(w.low_latency(q.skip, &[]).plain().to_vec())
                        }
                        Name::Hashes => Some(r.window().hashes().plain().to_vec()),
                        Name::Init { id, .. } => Some(r.window().init(id)?.data.to_vec()),
                        Name::Segment { msn, .. } => match r.window().segment(msn)?.source {
                            Source::Memory(p) => Some(p.iter().flat_map(|p| p.data.to_vec()).collect()),
                            _ => None,
                        },
                        Name::Part { msn, part, .. } => match r.wait_part(msn, part).await?.source {
                            Source::Part(b) => Some(b.to_vec()),
                            _ => None,
                        },
                    }
                });
                let (st, b) = match body {
                    Some(b) => ("200 OK", b),
                    None => {
                        eprintln!("404 {path}");
                        ("404 Not Found", vec![])
                    }
                };
                let hd = format!(
                    "HTTP/1.1 {st}\r\ncontent-type: {ct}\r\naccess-control-allow-origin: *\r\ncache-control: no-store\r\ncontent-length: {}\r\n\r\n",
                    b.len()
                );
                if s.write_all(hd.as_bytes()).and_then(|_| s.write_all(&b)).is_err() {
                    return;
                }
            }
        });
    }
}
