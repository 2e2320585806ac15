//! Whom to believe that they are who they say: the authorities browsers believe, and those this machine's administrator added.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

use crate::Error;

/// Offers HTTP/2 and HTTP/1.1.
pub(super) fn config() -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    // A container may have no certificates of its own; a private network has only its own.
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Client(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
