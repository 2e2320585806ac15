//! Signatures: who sends this, and is it what they sent?
//!
//! Requests are signed in one of two ways, which [`Claim`] tells apart; documents, which others may pass on, in a third ([`ld`]).

mod claim;
mod digest;
mod draft;
pub mod ld;
mod message;
mod params;
mod request;

pub use claim::Claim;
pub use digest::digest;
pub use draft::sign;
pub use message::sign as sign_rfc9421;
pub use request::Request;

/// The longest address PeerTube takes.
const MAX_KEY_ID_BYTES: usize = 2_000;

/// Why a request or a document is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the request is not signed")]
    Unsigned,
    #[error("the signature cannot be read")]
    Malformed,
    #[error("the algorithm {0:?} is not known: use rsa-sha256 or rsa-v1_5-sha256")]
    Algorithm(String),
    #[error("{0} must be signed")]
    NotCovered(&'static str),
    #[error("the component {0:?} of a message is not known")]
    Component(String),
    #[error("the header {0:?} is signed, but missing")]
    Missing(String),
    #[error("the request is for another host")]
    Host,
    #[error("the date cannot be read")]
    Date,
    #[error("signed too long ago, or in the future")]
    Skew,
    #[error("the digest does not belong to the body")]
    Digest,
    #[error("the signature does not belong to the key")]
    Wrong,
    #[error("the document is signed by somebody else than its actor")]
    Actor,
    #[error("the document cannot be checked: {0}")]
    Plain(&'static str),
    #[error("the document would take too long to check: {0}")]
    Complex(&'static str),
    #[error("the context {0:?} is not known here, and contexts are not fetched")]
    Context(String),
    #[error("the context of the document gives {0:?} another meaning")]
    Redefined(String),
    #[error("no context of the document defines {0:?}")]
    Undefined(String),
}
