//! Why another server did not answer, or not with what was asked for.

use std::error::Error as _;
use std::time::Duration;

use super::resolve::NotPublic;

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Never asked: the address is one this server does not go to.
    #[error("not asked: {0}")]
    Refused(&'static str),
    /// 404 or 410: what was there is not any more.
    #[error("it is gone")]
    Gone,
    /// Another status than success; how long to wait, if it said so.
    #[error("the server answered {0}")]
    Status(u16, Option<Duration>),
    /// No connection, no answer in time, or half an answer.
    #[error("{0}")]
    Io(String),
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
    #[error("the answer is of type {0:?}")]
    ContentType(String),
    #[error("the answer is no JSON")]
    Json,
    /// Our own signature: nothing was sent.
    #[error("cannot sign: {0}")]
    Sign(String),
}

impl FetchError {
    pub(super) const LATE: &'static str = "no answer in time";

    /// Whether asking again later may help.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Io(_) => true,
            Self::Status(status, _) => is_temporary(*status),
            _ => false,
        }
    }
}

/// RFC 9110 15: server errors, and those client errors that are about time: 408 Request Timeout, 425 Too Early, 429 Too Many
/// Requests. 401 too: it is what servers say that could not get our key just now.
pub fn is_temporary(status: u16) -> bool {
    status >= 500 || matches!(status, 401 | 408 | 425 | 429)
}

impl From<reqwest::Error> for FetchError {
    /// The address is left out: callers know it, and whoever reads the message of a failed delivery sees it beside.
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let (mut text, mut source) = (error.to_string(), error.source());
        while let Some(cause) = source {
            if cause.is::<NotPublic>() {
                return Self::Refused("its name leads to no public address");
            }
            // The innermost says what happened: "connection refused", "certificate has expired".
            text = cause.to_string();
            source = cause.source();
        }
        Self::Io(text)
    }
}
