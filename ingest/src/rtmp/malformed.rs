//! Bytes that make no sense.

/// What was wrong with them. The connection ends: after one misread byte nothing that follows can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);
