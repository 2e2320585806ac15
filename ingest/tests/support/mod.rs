//! A small publisher that says what it is told: for what real encoders cannot be made to do.
#![allow(
    clippy::allow_attributes,
    dead_code,
    reason = "each test file uses its own part of it"
)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests may panic"
)]

use std::{net::SocketAddr, time::Duration};

use bytes::{Bytes, BytesMut};
use ingest::{
    End,
    rtmp::{
        Publisher,
        amf::{self, Value},
        chunk::{Message, Reader, Writer, kind},
    },
};
use media::Event;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Nothing on the loopback takes this long.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Awaits what must happen soon.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(SOON, future).await.expect("did not happen")
}

pub(crate) struct Client<S = TcpStream> {
    socket: S,
    writer: Writer,
    reader: Reader,
    unread: Vec<u8>,
    acknowledged: u32,
}

impl Client {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        let socket = TcpStream::connect(addr).await.unwrap();
        socket.set_nodelay(true).unwrap();
        Self::greet(socket).await
    }

    /// What the server has sent and nobody has read.
    pub(crate) fn unread_bytes(&self) -> usize {
        let mut waiting = [0; 4_096];
        self.unread.len() + self.socket.try_read(&mut waiting).unwrap_or(0)
    }

    /// Up to the publish command, without waiting for its answer.
    pub(crate) async fn publish(addr: SocketAddr, app: &str, key: &str) -> Self {
        let mut client = Self::connect(addr).await;
        client.ask_to_publish(app, key).await;
        client
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// The plain handshake.
    pub(crate) async fn greet(mut socket: S) -> Self {
        let mut hello = vec![7; 1 + 1_536];
        hello[..9].copy_from_slice(&[3, 0, 0, 0, 0, 0, 0, 0, 0]);
        socket.write_all(&hello).await.unwrap();
        let mut answer = vec![0; 1 + 2 * 1_536];
        socket.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer[1 + 1_536..], hello[1..]);
        socket.write_all(&answer[1..=1_536]).await.unwrap();
        Self {
            socket,
            writer: Writer::default(),
            reader: Reader::new(1 << 20),
            unread: Vec::new(),
            acknowledged: 0,
        }
    }

    pub(crate) async fn ask_to_publish(&mut self, app: &str, key: &str) {
        self.command(&["connect".into(), 1.0.into(), amf::object([("app", app.into())])])
            .await;
        assert_eq!(self.hear().await[0], "_result".into());
        self.command(&["createStream".into(), 2.0.into(), Value::Null])
            .await;
        assert_eq!(self.hear().await[0], "_result".into());
        self.command(&[
            "publish".into(),
            3.0.into(),
            Value::Null,
            key.into(),
            "live".into(),
        ])
        .await;
    }

    pub(crate) async fn command(&mut self, values: &[Value]) {
        let mut payload = BytesMut::new();
        values.iter().for_each(|value| value.write(&mut payload));
        self.send(3, kind::COMMAND_AMF0, 0, &payload).await;
    }

    pub(crate) async fn send(&mut self, csid: u8, kind: u8, timestamp: u32, payload: &[u8]) {
        let mut out = BytesMut::new();
        let payload = Bytes::copy_from_slice(payload);
        self.writer.write(
            csid,
            &Message {
                kind,
                timestamp,
                stream_id: 1,
                payload,
            },
            &mut out,
        );
        // The server may have hung up; whoever cares looks at what comes back.
        let _ = self.socket.write_all(&out).await;
        let _ = self.socket.flush().await;
    }

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.unwrap();
    }

    /// The next command the server sends.
    pub(crate) async fn hear(&mut self) -> Vec<Value> {
        self.try_hear().await.expect("the server hung up")
    }

    /// `None` when the server hangs up.
    pub(crate) async fn try_hear(&mut self) -> Option<Vec<Value>> {
        loop {
            let message = self.message().await?;
            if message.kind == kind::COMMAND_AMF0 {
                return Some(amf::read_all(&message.payload).unwrap());
            }
        }
    }

    /// The bytes the server has said it received.
    pub(crate) fn acknowledged(&self) -> u32 {
        self.acknowledged
    }

    /// Waits for the next acknowledgement.
    pub(crate) async fn hear_acknowledgement(&mut self) {
        let before = self.acknowledged;
        while self.acknowledged == before {
            self.message().await.expect("the server hung up");
        }
    }

    async fn message(&mut self) -> Option<Message> {
        loop {
            let mut input = &self.unread[..];
            let message = self.reader.read(&mut input).unwrap();
            self.unread = input.to_vec();
            if let Some(message) = message {
                if message.kind == kind::ACKNOWLEDGEMENT {
                    self.acknowledged = u32::from_be_bytes(message.payload[..].try_into().unwrap());
                }
                return Some(message);
            }
            let mut more = [0; 4_096];
            match soon(self.socket.read(&mut more)).await {
                Ok(0) | Err(_) => return None,
                Ok(read) => self.unread.extend_from_slice(&more[..read]),
            }
        }
    }

    /// The code of the next onStatus.
    pub(crate) async fn status(&mut self) -> (String, String) {
        loop {
            let command = self.hear().await;
            if command[0] == "onStatus".into() {
                let text = |name| command[3].get(name).and_then(Value::as_str).unwrap().to_owned();
                return (text("code"), text("description"));
            }
        }
    }
}

/// Everything until the end.
pub(crate) async fn drain(publisher: &mut Publisher) -> (Vec<Event>, End) {
    let mut events = Vec::new();
    loop {
        match soon(publisher.next()).await {
            Ok(event) => events.push(event),
            Err(end) => return (events, end),
        }
    }
}
