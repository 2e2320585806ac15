//! SHA-256, the integrity of every part and segment.

use std::fmt;
use std::sync::{Arc, OnceLock};

use sha2::Digest;

/// A SHA-256 digest; prints as lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    pub fn of(data: &[u8]) -> Self {
        Self(sha2::Sha256::digest(data).into())
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

/// A digest in the making, for data that comes in pieces.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hasher(sha2::Sha256);

impl Hasher {
    pub(crate) fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    pub(crate) fn finish(self) -> Sha256 {
        Sha256(self.0.finalize().into())
    }
}

/// A digest that is made when somebody first asks for it, and known to every copy from then on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deferred(Arc<OnceLock<Sha256>>);

impl Deferred {
    pub(crate) fn known(digest: Sha256) -> Self {
        Self(Arc::new(OnceLock::from(digest)))
    }

    /// The digest of `data`, which must be the same at every call.
    pub(crate) fn of(&self, data: &[u8]) -> Sha256 {
        *self.0.get_or_init(|| Sha256::of(data))
    }

    #[cfg(test)]
    pub(crate) fn is_known(&self) -> bool {
        self.0.get().is_some()
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        hex::encode_to_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
