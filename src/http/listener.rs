//! From sockets to requests: accepts, bounds and times connections, speaks HTTP/1.1, HTTP/2 and TLS, and lets them
//! finish when the server stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// A client that has not sent its request head by then is slow on purpose.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(15);
/// A client that takes no byte for this long is gone, or holds memory on purpose. Longer than any stall that a player
/// survives.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Answers under way when the server stops get this long; blocked playlist requests are answered at once, because the
/// lives have ended by then.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Read buffer of an idle HTTP/1.1 connection, so that thousands of waiting viewers cost little. hyper's least is 8 KiB.
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
        let graceful = GracefulShutdown::new();
        let server = Arc::new(server());
        while let Some(stream) = self.accept(&stop).await {
            let Some((stream, peer, slot)) = stream else {
                continue;
            };
            let (app, server) = (app.clone(), Arc::clone(&server));
            let watcher = graceful.watcher();
            // Two tasks rather than one with both in it: thousands of plain connections need not carry TLS.
            match self.tls.clone() {
                None => {
                    tokio::spawn(async move {
                        let _slot = slot;
                        connection(&server, stream, peer, app, watcher).await;
                    });
                }
                Some(tls) => {
                    let stop = stop.clone();
                    tokio::spawn(async move {
                        let _slot = slot;
                        if let Some(stream) = handshake(&tls, stream, peer, &stop).await {
                            connection(&server, stream, peer, app, watcher).await;
                        }
                    });
                }
            }
        }
        if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown())
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
    ) -> Option<Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)>> {
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

fn server() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .max_buf_size(HTTP1_BUFFER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_MAX_STREAMS)
        .keep_alive_interval(Some(WRITE_TIMEOUT))
        .adaptive_window(true);
    builder
}

async fn handshake(
    tls: &TlsAcceptor,
    stream: TcpStream,
    peer: SocketAddr,
    stop: &CancellationToken,
) -> Option<TlsStream<TcpStream>> {
    let handshake = tokio::time::timeout(TLS_HANDSHAKE_TIMEOUT, tls.accept(stream));
    let handshake = tokio::select! {
        () = stop.cancelled() => return None,
        handshake = handshake => handshake,
    };
    match handshake {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake"),
        Err(_) => tracing::debug!(%peer, "TLS handshake timed out"),
    }
    None
}

async fn connection<S>(
    server: &auto::Builder<TokioExecutor>,
    stream: S,
    peer: SocketAddr,
    app: Router,
    watcher: hyper_util::server::graceful::Watcher,
) where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    let stream = Box::pin(stream);
    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().oneshot(request)
    });
    let served = server.serve_connection_with_upgrades(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(served.into_owned()).await {
        tracing::debug!(%peer, error = %error, "connection");
    }
}
