//! What can go wrong between this server and others.

use std::borrow::Cow;

use crate::client::FetchError;
use crate::protocol::Invalid;
use crate::signature::Refusal;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Database(#[from] db::Error),
    /// A request that is not signed as it has to be.
    #[error("signature: {0}")]
    Signature(#[from] Refusal),
    /// A key that cannot be read or made.
    #[error("key: {0}")]
    Key(String),
    /// The HTTP client cannot be set up.
    #[error("cannot talk to other servers: {0}")]
    Client(String),
    /// What another server says, or wants, is not accepted, now or later.
    #[error("{0}")]
    Refused(Cow<'static, str>),
    /// What another server says cannot be what it says it is.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Work that took too long or broke off.
    #[error("not finished: {0}")]
    Unfinished(String),
}

impl Error {
    pub(crate) fn refused(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(why.into())
    }

    /// Whether the same may work later: the database is busy, another server does not answer.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Database(error) => !error.is_conflict(),
            Self::Fetch(error) => error.is_temporary(),
            Self::Signature(_) | Self::Refused(_) | Self::Invalid(_) => false,
            Self::Key(_) | Self::Client(_) | Self::Unfinished(_) => true,
        }
    }

    /// Whether what was asked for is not there any more.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Fetch(FetchError::Gone))
    }
}
