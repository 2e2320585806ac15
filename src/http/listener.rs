//! From sockets to requests: accepts, bounds and times connections, speaks HTTP/1.1, HTTP/2 and TLS, and lets them
//! finish when the server stops.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Uri};
use bytes::BytesMut;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutWriter;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

/// A client that has not sent its request head by then is slow on purpose.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(15);
/// A client that takes no byte for this long is gone, or holds memory on purpose. Longer than any stall that a player
/// survives.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Answers under way when the server stops get this long; blocked playlist requests are answered at once, because the
/// lives have ended by then.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest request head. The buffer for it begins with 8 KiB, which every waiting viewer keeps.
const HTTP1_BUFFER_BYTES: usize = 16 * 1024;
/// Streams of one HTTP/2 connection at the same time; a player uses about four.
const HTTP2_MAX_STREAMS: u32 = 100;

/// One listening socket.
pub(crate) struct Listener {
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
    slots: Arc<Semaphore>,
}

impl Listener {
    pub(crate) async fn bind(
        address: SocketAddr,
        tls: Option<Arc<ServerConfig>>,
        slots: Arc<Semaphore>,
    ) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        Ok(Self {
            socket,
            tls: tls.map(TlsAcceptor::from),
            slots,
        })
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `stop`, then lets answers under way finish.
    pub(crate) async fn serve(self, app: Router, stop: CancellationToken) {
        let connections = TaskTracker::new();
        let server = Arc::new(Server::new(app, stop.clone()));
        while let Some(stream) = self.accept(&stop).await {
            let Some((stream, peer, slot)) = stream else {
                continue;
            };
            let server = Arc::clone(&server);
            // Two kinds of tasks rather than one with both in it: thousands of plain connections need not carry TLS.
            match self.tls.clone() {
                None => {
                    connections.spawn(async move {
                        let _slot = slot;
                        server.plain(stream, peer).await;
                    });
                }
                Some(tls) => {
                    connections.spawn(async move {
                        let _slot = slot;
                        server.encrypted(&tls, stream, peer).await;
                    });
                }
            }
        }
        connections.close();
        if tokio::time::timeout(DRAIN_TIMEOUT, connections.wait())
            .await
            .is_err()
        {
            tracing::warn!("closing connections that did not finish in {DRAIN_TIMEOUT:?}");
        }
    }

    /// The next connection; `Some(None)` when one failed, `None` when it is time to stop.
    async fn accept(
        &self,
        stop: &CancellationToken,
    ) -> Option<Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)>> {
        let accepted = async {
            let slot = Arc::clone(&self.slots).acquire_owned().await.ok()?;
            match self.socket.accept().await {
                Ok((stream, peer)) => {
                    // Parts are small and urgent.
                    let _ = stream.set_nodelay(true);
                    Some((stream, peer, slot))
                }
                Err(error) => {
                    // Out of file descriptors, most likely: give the others time to close theirs.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    None
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => None,
            accepted = accepted => Some(accepted),
        }
    }
}

/// What every connection of a listener shares.
struct Server {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    app: Router,
    stop: CancellationToken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Http1,
    Http2,
}

impl Server {
    fn new(app: Router, stop: CancellationToken) -> Self {
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_READ_TIMEOUT)
            .max_buf_size(HTTP1_BUFFER_BYTES);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(HTTP2_MAX_STREAMS)
            .keep_alive_interval(Some(WRITE_TIMEOUT))
            .adaptive_window(true);
        Self {
            http1,
            http2,
            app,
            stop,
        }
    }

    async fn plain(&self, stream: TcpStream, peer: SocketAddr) {
        match self.first_bytes(&stream).await {
            Some(Version::Http1) => self.http1(stream, peer).await,
            // In a box, so that the many who speak HTTP/1.1 need no room for it.
            Some(Version::Http2) => Box::pin(self.http2(stream, peer)).await,
            None => {}
        }
    }

    /// The version a client without TLS speaks. They are only looked at: what is read ahead would have to be kept for
    /// the connection, and makes its first buffer twice as large.
    async fn first_bytes(&self, stream: &TcpStream) -> Option<Version> {
        // No method begins like HTTP/2's preface (RFC 9113 3.4), which is sent in one go.
        let mut first = [0; b"PRI".len()];
        let peek = tokio::time::timeout(HEADER_READ_TIMEOUT, stream.peek(&mut first));
        match self.stop.run_until_cancelled(peek).await {
            Some(Ok(Ok(1..))) if first == *b"PRI" => Some(Version::Http2),
            Some(Ok(Ok(1..))) => Some(Version::Http1),
            _ => None,
        }
    }

    async fn encrypted(&self, tls: &TlsAcceptor, stream: TcpStream, peer: SocketAddr) {
        let handshake = tokio::time::timeout(TLS_HANDSHAKE_TIMEOUT, tls.accept(stream));
        match self.stop.run_until_cancelled(handshake).await {
            Some(Ok(Ok(stream))) => match agreed(&stream) {
                Version::Http1 => self.http1(stream, peer).await,
                Version::Http2 => self.http2(stream, peer).await,
            },
            Some(Ok(Err(error))) => tracing::debug!(%peer, %error, "TLS handshake"),
            Some(Err(_)) => tracing::debug!(%peer, "TLS handshake timed out"),
            None => {}
        }
    }

    async fn http1<S: AsyncRead + AsyncWrite + Send + 'static>(&self, stream: S, peer: SocketAddr) {
        let stream = TokioIo::new(Box::pin(timed(stream)));
        let service = hyper::service::service_fn(|mut request| {
            detach(&mut request);
            self.app.clone().call(with_peer(request, peer))
        });
        let served = pin!(self.http1.serve_connection(stream, service).with_upgrades());
        self.watch(served, |connection| connection.graceful_shutdown(), peer)
            .await;
    }

    async fn http2<S: AsyncRead + AsyncWrite + Send + 'static>(&self, stream: S, peer: SocketAddr) {
        let stream = TokioIo::new(Box::pin(timed(stream)));
        let app = self.app.clone();
        let service = hyper::service::service_fn(move |request| app.clone().call(with_peer(request, peer)));
        let served = pin!(self.http2.serve_connection(stream, service));
        self.watch(served, |connection| connection.graceful_shutdown(), peer)
            .await;
    }

    /// Lets a connection run, and finish what is under way when the server stops.
    async fn watch<C>(&self, mut served: Pin<&mut C>, finish: impl FnOnce(Pin<&mut C>), peer: SocketAddr)
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let outcome = match self.stop.run_until_cancelled(served.as_mut()).await {
            Some(outcome) => outcome,
            None => {
                finish(served.as_mut());
                served.await
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%peer, %error, "connection");
        }
    }
}

/// The version agreed on in the handshake (RFC 7301).
fn agreed(stream: &TlsStream<TcpStream>) -> Version {
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => Version::Http2,
        _ => Version::Http1,
    }
}

fn timed<S: AsyncRead + AsyncWrite>(stream: S) -> TimeoutWriter<S> {
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(WRITE_TIMEOUT));
    stream
}

/// Copies what a request says out of the connection's read buffer, so that the buffer is free again when hyper looks
/// whether the client is still there. Otherwise every request that is answered later costs a second buffer of 8 KiB.
fn detach(request: &mut hyper::Request<Incoming>) {
    let mut copy = BytesMut::with_capacity(request.headers().values().map(HeaderValue::len).sum());
    for value in request.headers_mut().values_mut() {
        copy.extend_from_slice(value.as_bytes());
        if let Ok(detached) = HeaderValue::from_maybe_shared(copy.split().freeze()) {
            *value = detached;
        }
    }
    if let Ok(detached) = Uri::try_from(request.uri().to_string()) {
        *request.uri_mut() = detached;
    }
}

fn with_peer(request: hyper::Request<Incoming>, peer: SocketAddr) -> hyper::Request<Body> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}
