//! What can go wrong before a publisher flows.

use std::{io, net::SocketAddr};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot listen on {addr}: {source}")]
    Bind { addr: SocketAddr, source: io::Error },
    #[error("the client left before it was accepted: {0}")]
    Gone(#[from] io::Error),
}
