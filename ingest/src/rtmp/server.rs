//! The listener, and what it hands out: clients that ask to publish.

use std::{collections::VecDeque, net::SocketAddr, sync::Arc, time::Duration};

use socket2::{Domain, Protocol as SocketProtocol, Socket, Type};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tracing::debug;

use super::{
    Config, Publisher,
    connection::{Connection, Parting, Stream},
    session::{Step, Target},
    slots::{Slot, Slots},
};
use crate::{Error, Protocol, Rejection, StreamKey};

/// Connections the kernel keeps for us while we are busy.
const BACKLOG: i32 = 1_024;
/// Requests that wait for the program to look at them; those behind wait in their own tasks.
const WAITING_REQUESTS: usize = 64;
/// accept fails when the process is out of file descriptors: no use in trying again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Listens, and shakes hands. Dropping it stops both; publishers already accepted go on.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    requests: mpsc::Receiver<Request>,
    acceptor: AbortHandle,
}

impl Server {
    /// Binds at once. With a TLS configuration it speaks RTMPS. Needs a tokio runtime.
    pub fn bind(
        addr: SocketAddr,
        tls: Option<Arc<rustls::ServerConfig>>,
        config: Config,
    ) -> Result<Self, Error> {
        let listener = listen(addr).map_err(|source| Error::Bind { addr, source })?;
        let addr = listener
            .local_addr()
            .map_err(|source| Error::Bind { addr, source })?;
        let (requests_in, requests) = mpsc::channel(WAITING_REQUESTS);
        let door = Door {
            slots: Slots::new(config.max_connections, config.max_connections_per_ip),
            config: Arc::new(config),
            tls: tls.map(TlsAcceptor::from),
            requests: requests_in,
        };
        let acceptor = tokio::spawn(door.accept_all(listener)).abort_handle();
        Ok(Self {
            addr,
            requests,
            acceptor,
        })
    }

    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// The next client that asks to publish. Cancel safe.
    pub async fn next(&mut self) -> Option<Request> {
        self.requests.recv().await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

fn listen(addr: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(SocketProtocol::TCP))?;
    socket.set_reuse_address(true)?;
    if addr.is_ipv6() {
        // `[::]` means everybody, whatever the system's default.
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// What every new connection needs.
struct Door {
    config: Arc<Config>,
    tls: Option<TlsAcceptor>,
    slots: Slots,
    requests: mpsc::Sender<Request>,
}

impl Door {
    /// One task for all; one more for each connection until it is a request.
    async fn accept_all(self, listener: TcpListener) {
        let mut strangers = JoinSet::new();
        let mut by_age: VecDeque<AbortHandle> = VecDeque::new();
        loop {
            let (socket, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    debug!(%error, "accept failed");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            while strangers.try_join_next().is_some() {}
            if by_age.len() >= self.config.max_handshakes {
                by_age.retain(|stranger| !stranger.is_finished());
            }
            if by_age.len() >= self.config.max_handshakes
                && let Some(oldest) = by_age.pop_front()
            {
                debug!("too many strangers: the oldest goes");
                oldest.abort();
            }
            let Some(slot) = self.slots.take(peer.ip()) else {
                debug!(%peer, "too many connections");
                continue;
            };
            let knock = Knock {
                config: Arc::clone(&self.config),
                tls: self.tls.clone(),
                requests: self.requests.clone(),
                peer,
            };
            by_age.push_back(strangers.spawn(knock.answer(socket, slot)));
        }
    }
}

/// One client at the door.
struct Knock {
    config: Arc<Config>,
    tls: Option<TlsAcceptor>,
    requests: mpsc::Sender<Request>,
    peer: SocketAddr,
}

impl Knock {
    async fn answer(self, socket: TcpStream, slot: Slot) {
        let peer = self.peer;
        match timeout(self.config.handshake_timeout(), self.negotiate(socket)).await {
            Ok(Ok(Some((connection, target)))) => {
                let request = Request {
                    target,
                    peer,
                    protocol: self.protocol(),
                    config: self.config,
                    client: Some((connection, slot)),
                };
                // Fails when the server is gone; then the request is dropped, which is an answer.
                drop(self.requests.send(request).await);
            }
            Ok(Ok(None)) => debug!(%peer, "left before publishing"),
            Ok(Err(error)) => debug!(%peer, error, "no publisher"),
            Err(_elapsed) => debug!(%peer, "did not ask to publish in time"),
        }
    }

    fn protocol(&self) -> Protocol {
        if self.tls.is_some() {
            Protocol::Rtmps
        } else {
            Protocol::Rtmp
        }
    }

    /// Until the publish command.
    async fn negotiate(&self, socket: TcpStream) -> Result<Option<(Connection, Target)>, String> {
        socket.set_nodelay(true).map_err(|error| error.to_string())?;
        let stream = match &self.tls {
            None => Stream::Plain(socket),
            Some(tls) => Stream::Tls(Box::new(
                tls.accept(socket).await.map_err(|error| error.to_string())?,
            )),
        };
        let mut connection = Connection::new(stream, self.config.chunk_size);
        loop {
            match connection.step().map_err(|malformed| malformed.to_string())? {
                Some(Step::Publish) => {
                    let target = connection.session.target().cloned();
                    return Ok(target.map(|target| (connection, target)));
                }
                Some(Step::Stop) => {
                    connection.part(Parting::GoNow).await;
                    return Ok(None);
                }
                // Media before publish is nobody's.
                Some(Step::Metadata(_) | Step::Audio(_) | Step::Video(_) | Step::Aggregate(_)) => {}
                None => {
                    if !connection.fill().await.map_err(|error| error.to_string())? {
                        return Ok(None);
                    }
                }
            }
        }
    }
}

/// A client that asked to publish. To drop it is to reject it.
#[derive(Debug)]
pub struct Request {
    target: Target,
    peer: SocketAddr,
    protocol: Protocol,
    config: Arc<Config>,
    /// Taken by whichever of accept, reject and drop comes first.
    client: Option<(Connection, Slot)>,
}

impl Request {
    /// The application, without the key and without a query.
    pub fn app(&self) -> &str {
        &self.target.app
    }

    pub fn key(&self) -> &StreamKey {
        &self.target.key
    }

    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// What the client calls itself.
    pub fn encoder(&self) -> Option<&str> {
        self.client
            .as_ref()
            .and_then(|(connection, _)| connection.session.encoder())
    }

    /// Tells the client to go ahead.
    pub async fn accept(mut self) -> Result<Publisher, Error> {
        let (mut connection, slot) = self
            .client
            .take()
            .ok_or(std::io::ErrorKind::NotConnected)
            .map_err(|gone| Error::Gone(gone.into()))?;
        connection.welcome(self.config.max_message_bytes);
        connection.flush().await?;
        Ok(Publisher::new(
            connection,
            slot,
            self.peer,
            self.protocol,
            self.config.idle_timeout(),
        ))
    }

    /// Tells the client why not, and hangs up. Takes up to a second if the client lingers.
    pub async fn reject(mut self, why: Rejection) {
        if let Some((connection, slot)) = self.client.take() {
            turn_away(connection, slot, why).await;
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let Some((connection, slot)) = self.client.take() else {
            return;
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let why = Rejection::NotAllowed("the server cannot take the stream now: try again".to_owned());
            runtime.spawn(turn_away(connection, slot, why));
        }
    }
}

async fn turn_away(mut connection: Connection, slot: Slot, why: Rejection) {
    connection.say(|session, out| session.reject(&why, out));
    connection.part(Parting::GoNow).await;
    drop(slot);
}
