//! One client's socket, and the state machines fed from it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::server::TlsStream;

use super::{
    chunk,
    handshake::Handshake,
    malformed::Malformed,
    session::{Session, Step},
    silence::Silence,
};

/// Enough for a stranger: the handshake's two packets fit.
const STRANGER_INPUT_BYTES: usize = 4 * 1_024;
/// A publisher's keyframes come in bursts; one read takes most of one.
const PUBLISHER_INPUT_BYTES: usize = 64 * 1_024;
/// Commands are small.
const STRANGER_MESSAGE_BYTES: usize = 64 * 1_024;
/// A client that does not read what it is told has this much of our memory, and no more.
const MAX_OUTPUT_BYTES: usize = 64 * 1_024;
/// To get a last word out, and to let the client hang up first, so that the word is not lost in a reset.
const FAREWELL: Duration = Duration::from_secs(1);

/// Plain or encrypted.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Handed over to [`part`].
    Gone,
}

#[derive(Debug)]
pub(super) struct Connection {
    stream: Stream,
    /// Read and not yet understood: `input[start..end]`.
    input: Box<[u8]>,
    start: usize,
    end: usize,
    output: BytesMut,
    received_bytes: u64,
    silence: Silence,
    handshake: Option<Handshake>,
    chunks: chunk::Reader,
    pub(super) session: Session,
}

impl Connection {
    pub(super) fn new(stream: Stream, chunk_bytes: u32) -> Self {
        Self {
            stream,
            input: vec![0; STRANGER_INPUT_BYTES].into(),
            start: 0,
            end: 0,
            output: BytesMut::new(),
            received_bytes: 0,
            silence: Silence::default(),
            handshake: Some(Handshake::default()),
            chunks: chunk::Reader::new(STRANGER_MESSAGE_BYTES),
            session: Session::new(chunk_bytes),
        }
    }

    pub(super) fn received_bytes(&self) -> u64 {
        self.received_bytes
    }

    /// What the bytes at hand mean; `None` when more are needed.
    pub(super) fn step(&mut self) -> Result<Option<Step>, Malformed> {
        let mut input = self.input.get(self.start..self.end).unwrap_or_default();
        let before = input.len();
        let step = Self::advance(
            &mut self.handshake,
            &mut self.chunks,
            &mut self.session,
            &mut input,
            &mut self.output,
        );
        self.start += before - input.len();
        if self.output.len() > MAX_OUTPUT_BYTES {
            return Err(Malformed("the client does not read our answers"));
        }
        step
    }

    fn advance(
        handshake: &mut Option<Handshake>,
        chunks: &mut chunk::Reader,
        session: &mut Session,
        input: &mut &[u8],
        output: &mut BytesMut,
    ) -> Result<Option<Step>, Malformed> {
        if let Some(greeting) = handshake {
            if !greeting.read(input, output)? {
                return Ok(None);
            }
            *handshake = None;
        }
        while let Some(message) = chunks.read(input)? {
            if let Some(step) = session.receive(message, output)? {
                return Ok(Some(step));
            }
        }
        Ok(None)
    }

    /// Waits for more bytes, and meanwhile sends what there is to say. False at the end of the stream. Cancel safe.
    ///
    /// Words wait until everything that came is read, and acknowledgements for a silence as well:
    /// [`super::acknowledgements`] says why.
    pub(super) async fn fill(&mut self) -> io::Result<bool> {
        self.input.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let read = std::future::poll_fn(|cx| self.poll_fill(cx)).await?;
        self.end += read;
        self.silence.end();
        self.received_bytes = self
            .received_bytes
            .saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read > 0)
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut room = ReadBuf::new(self.input.get_mut(self.end..).unwrap_or_default());
        match Pin::new(&mut self.stream).poll_read(cx, &mut room) {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(room.filled().len())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                if let Some(wanted) = self.session.silence_before_acknowledging(self.received_bytes)
                    && self.silence.poll(wanted, cx).is_ready()
                {
                    self.session.acknowledge(self.received_bytes, &mut self.output);
                }
                // A client that is slow to read does not keep us from reading, nor does one that no longer can: the end
                // of its stream may have come since.
                if let Poll::Ready(Err(_)) = self.poll_send(cx) {
                    self.output.clear();
                }
                Poll::Pending
            }
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.output.is_empty() {
            return Poll::Ready(Ok(()));
        }
        while !self.output.is_empty() {
            match Pin::new(&mut self.stream).poll_write(cx, &self.output) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(sent)) => self.output.advance(sent),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Room for media, now that the client may send some.
    pub(super) fn welcome(&mut self, max_message_bytes: usize) {
        let mut input = vec![0; PUBLISHER_INPUT_BYTES];
        let waiting = self.input.get(self.start..self.end).unwrap_or_default();
        if let Some(place) = input.get_mut(..waiting.len()) {
            place.copy_from_slice(waiting);
        }
        (self.start, self.end) = (0, waiting.len());
        self.input = input.into();
        self.chunks.set_max_message_bytes(max_message_bytes);
        self.session.accept(&mut self.output);
    }

    /// Something to tell the client; sent when next the connection is used.
    pub(super) fn say(&mut self, words: impl FnOnce(&mut Session, &mut BytesMut)) {
        words(&mut self.session, &mut self.output);
    }

    /// Sends what there is to say.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        timeout(FAREWELL, std::future::poll_fn(|cx| self.poll_send(cx))).await?
    }

    /// After this nothing comes and nothing goes. What remains to be done for the client is in the future returned.
    pub(super) fn part(&mut self, parting: Parting) -> impl Future<Output = ()> + use<> {
        let stream = std::mem::replace(&mut self.stream, Stream::Gone);
        part(stream, std::mem::take(&mut self.output), parting)
    }
}

/// Who hangs up first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting {
    /// The client does, as it said it would; some take it for a failure if the server is quicker.
    AfterYou,
    /// We do: the client is not wanted.
    GoNow,
}

/// Says the last words and reads on until the client hangs up: to close with unread bytes would reset the connection, and
/// our words with it. Bounded by [`FAREWELL`].
async fn part(mut stream: Stream, words: BytesMut, parting: Parting) {
    let farewell = async {
        stream.write_all(&words).await?;
        stream.flush().await?;
        if parting == Parting::GoNow {
            stream.shutdown().await?;
        }
        let mut ignored = [0; 2_048];
        while stream.read(&mut ignored).await? > 0 {}
        io::Result::Ok(())
    };
    // Whoever is gone is gone.
    drop(timeout(FAREWELL, farewell).await);
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Gone => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Self::Gone => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Gone => Poll::Ready(Ok(())),
        }
    }
}
