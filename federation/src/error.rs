//! What can go wrong between this server and others.

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
}
