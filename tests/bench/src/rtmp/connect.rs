//! From a TCP connection to "publishing": handshake, connect, createStream, publish, in the order encoders use.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::wire::{
    self, CHUNK_BYTES, CONTROL_STREAM, FIRST_CHUNK_BYTES, SET_CHUNK_SIZE, Start, Value, command,
};

/// A server that takes longer to answer has failed.
const PATIENCE: Duration = Duration::from_secs(10);
/// Length of C1, S1, C2 and S2 (RTMP 1.0 section 5.2).
const HANDSHAKE_BYTES: usize = 1536;
/// Answers are short; a server that talks this much says something else.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// A connection that may send media.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) socket: TcpStream,
    pub(super) stream: u32,
    /// From the first byte of TCP to the permission to publish.
    pub(super) took: Duration,
}

pub(super) fn open(server: SocketAddr, app: &str, key: &str) -> io::Result<Connected> {
    let begun = Instant::now();
    let mut socket = TcpStream::connect_timeout(&server, PATIENCE)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    shake_hands(&mut socket)?;

    let mut answers = Answers::default();
    let mut out = Vec::new();
    let chunk_bytes = u32::try_from(CHUNK_BYTES).unwrap_or(u32::MAX).to_be_bytes();
    let start = Start::Zero { stream: 0 };
    wire::message(
        &mut out,
        CONTROL_STREAM,
        start,
        SET_CHUNK_SIZE,
        &chunk_bytes,
        FIRST_CHUNK_BYTES,
    );
    let url = format!("rtmp://{server}/{app}");
    let about = [
        ("app", app),
        ("type", "nonprivate"),
        ("flashVer", "FMLE/3.0 (compatible; bench)"),
        ("tcUrl", &url),
    ];
    command(
        &mut out,
        0,
        &[Value::Text("connect"), Value::Number(1.0), Value::Object(&about)],
    );
    socket.write_all(&out)?;
    answers.wait(&mut socket, &result(1.0), 0)?;

    out.clear();
    for (name, transaction) in [("releaseStream", 2.0), ("FCPublish", 3.0)] {
        command(
            &mut out,
            0,
            &[
                Value::Text(name),
                Value::Number(transaction),
                Value::Null,
                Value::Text(key),
            ],
        );
    }
    command(
        &mut out,
        0,
        &[Value::Text("createStream"), Value::Number(4.0), Value::Null],
    );
    socket.write_all(&out)?;
    // After the transaction: null, and the number of the message stream.
    let number = answers.wait(&mut socket, &result(4.0), 10)?;
    let stream = match *number.as_slice() {
        // A small integer as a double: 1 is 3f f0 00 …, 2 is 40 00 …
        [_, 0, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0] => 1,
        [_, 0, 0x40, 0x00, 0, 0, 0, 0, 0, 0] => 2,
        _ => return Err(io::Error::other("an unexpected message stream")),
    };

    out.clear();
    command(
        &mut out,
        stream,
        &[
            Value::Text("publish"),
            Value::Number(5.0),
            Value::Null,
            Value::Text(key),
            Value::Text("live"),
        ],
    );
    socket.write_all(&out)?;
    answers.wait(&mut socket, b"NetStream.Publish.Start", 0)?;
    Ok(Connected {
        socket,
        stream,
        took: begun.elapsed(),
    })
}

/// The simple handshake: the server's zeros and times do not matter to us, and ours not to it.
fn shake_hands(socket: &mut TcpStream) -> io::Result<()> {
    let mut hello = vec![0; 1 + HANDSHAKE_BYTES];
    if let Some((version, rest)) = hello.split_first_mut() {
        *version = 3;
        for (byte, filler) in rest.iter_mut().skip(8).zip((0..=255u8).cycle()) {
            *byte = filler;
        }
    }
    socket.write_all(&hello)?;
    let mut answer = vec![0; 1 + 2 * HANDSHAKE_BYTES];
    socket.read_exact(&mut answer)?;
    let echo = answer
        .get(1..=HANDSHAKE_BYTES)
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    socket.write_all(echo)
}

fn result(transaction: f64) -> Vec<u8> {
    wire::values(&[Value::Text("_result"), Value::Number(transaction)])
}

/// What the server said and nobody has looked at yet. The few answers that matter here fit into one chunk, so they are
/// found by their bytes.
#[derive(Debug, Default)]
struct Answers(Vec<u8>);

impl Answers {
    /// Waits for `wanted`; gives back the `more` bytes that follow it.
    fn wait(&mut self, socket: &mut TcpStream, wanted: &[u8], more: usize) -> io::Result<Vec<u8>> {
        let mut buffer = [0; 4096];
        loop {
            let found = self.0.windows(wanted.len()).position(|at| at == wanted);
            if let Some(after) = found.map(|at| at + wanted.len())
                && let Some(value) = self.0.get(after..after + more)
            {
                let value = value.to_vec();
                self.0.drain(..after + more);
                return Ok(value);
            }
            if let Some(refusal) = self.refusal() {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, refusal));
            }
            let read = socket.read(&mut buffer)?;
            if read == 0 || self.0.len() > MAX_ANSWER_BYTES {
                return Err(io::Error::new(
                    io::ErrorKind::ConnectionAborted,
                    "the server closed before it let us publish",
                ));
            }
            self.0.extend(buffer.iter().take(read));
        }
    }

    fn refusal(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.0);
        ["NetStream.Publish.", "NetConnection.Connect."]
            .into_iter()
            .filter_map(|family| text.split_once(family).map(|(_, rest)| (family, rest)))
            .map(|(family, rest)| {
                let code: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
                format!("{family}{code}")
            })
            .find(|code| {
                !matches!(
                    code.as_str(),
                    "NetConnection.Connect.Success" | "NetStream.Publish.Start"
                )
            })
    }
}
