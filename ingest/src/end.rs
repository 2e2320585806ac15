//! How a publisher is turned away, and how one leaves.

/// Why a client may not publish. The encoder is told in its own protocol's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// Nothing is published under this application name.
    UnknownApplication,
    /// No live has this stream key.
    WrongKey,
    /// The key is right, but not now; the text says why, and what to do.
    NotAllowed(String),
}

/// How a publisher left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// The encoder said goodbye: somebody pressed Stop.
    #[error("the encoder stopped")]
    Clean,
    /// The connection broke or went silent. The encoder may well be back soon.
    #[error("connection lost: {0}")]
    Lost(String),
    /// The bytes made no sense.
    #[error("protocol error: {0}")]
    Protocol(String),
    /// Something we cannot carry. The encoder has already been told.
    #[error("unsupported: {0}")]
    Unsupported(String),
}
