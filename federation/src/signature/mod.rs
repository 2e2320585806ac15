//! Signatures of requests: who sends this, and is it what they sent?
//!
//! Signatures inside of documents (RsaSignature2017), which let activities be forwarded, are not here yet.

mod digest;
pub mod http;
mod params;

pub use digest::digest;
pub use http::{Request, Signature, sign};

/// Why a request is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the request is not signed")]
    Unsigned,
    #[error("the Signature header cannot be read")]
    Malformed,
    #[error("the algorithm {0:?} is not known: use rsa-sha256")]
    Algorithm(String),
    #[error("{0} must be signed")]
    NotCovered(&'static str),
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
}
