//! Certificates: from files (read again when they change, so that a renewal needs no restart), or fetched by ACME.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use rustls::ServerConfig;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::config;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read {path}: {source}")]
    Read {
        path: PathBuf,
        source: rustls::pki_types::pem::Error,
    },
    #[error("{path} holds no certificate")]
    Empty { path: PathBuf },
    #[error("the key in {path} cannot be used: {source}")]
    Key { path: PathBuf, source: rustls::Error },
}

/// HTTP/2 first (Safari plays low-latency HLS only over it), HTTP/1.1 for everyone else.
const ALPN_HTTP: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// ring, said once: aws-lc is in the dependency tree as well, and rustls must not have to guess.
pub(crate) fn install_provider() {
    // An error means that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// What HTTPS and RTMPS present.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    pub http: Arc<ServerConfig>,
    pub rtmps: Arc<ServerConfig>,
}

/// Loads the certificate files, if any are set.
pub(crate) fn from_files(config: &config::Tls) -> Result<Option<Tls>, Error> {
    let (Some(certificate), Some(key)) = (&config.certificate, &config.key) else {
        return Ok(None);
    };
    let resolver = Arc::new(Files::load(certificate.clone(), key.clone())?);
    let plain = ServerConfig::builder()
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    let mut http = plain.clone();
    http.alpn_protocols = ALPN_HTTP.map(<[u8]>::to_vec).to_vec();
    Ok(Some(Tls {
        http: Arc::new(http),
        rtmps: Arc::new(plain),
    }))
}

/// Fetches and renews certificates in the background, by the TLS-ALPN-01 challenge (RFC 8737) on the same port.
pub(crate) fn from_acme(config: &config::Tls, cache: PathBuf) -> Option<Arc<ServerConfig>> {
    use tokio_stream::StreamExt as _;
    if config.acme_domains.is_empty() {
        return None;
    }
    let mut state = rustls_acme::AcmeConfig::new(config.acme_domains.clone())
        .contact(config.acme_email.iter().map(|mail| format!("mailto:{mail}")))
        .cache(rustls_acme::caches::DirCache::new(cache))
        .directory_lets_encrypt(true)
        .state();
    let mut http = ServerConfig::builder()
        .with_no_client_auth()
        .with_cert_resolver(state.resolver());
    http.alpn_protocols = ALPN_HTTP.map(<[u8]>::to_vec).to_vec();
    http.alpn_protocols.push(b"acme-tls/1".to_vec());
    tokio::spawn(async move {
        while let Some(event) = state.next().await {
            match event {
                Ok(event) => tracing::info!(?event, "certificate"),
                Err(error) => {
                    tracing::error!(%error, "cannot fetch a certificate; check that port 443 reaches this server")
                }
            }
        }
    });
    Some(Arc::new(http))
}

/// A certificate and key in two PEM files.
#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    loaded: Mutex<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    certified: Arc<CertifiedKey>,
    modified: Option<SystemTime>,
}

impl Files {
    fn load(certificate: PathBuf, key: PathBuf) -> Result<Self, Error> {
        let loaded = Loaded {
            certified: read(&certificate, &key)?,
            modified: modified(&certificate),
        };
        Ok(Self {
            certificate,
            key,
            loaded: Mutex::new(loaded),
        })
    }
}

impl ResolvesServerCert for Files {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut loaded = self
            .loaded
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = modified(&self.certificate);
        if now.is_some() && now != loaded.modified {
            match read(&self.certificate, &self.key) {
                Ok(certified) => {
                    *loaded = Loaded {
                        certified,
                        modified: now,
                    }
                }
                // Certificate and key are replaced one after the other: the next connection tries again.
                Err(error) => tracing::warn!(%error, "keeping the certificate loaded before"),
            }
        }
        Some(Arc::clone(&loaded.certified))
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|m| m.modified()).ok()
}

fn read(certificate: &Path, key: &Path) -> Result<Arc<CertifiedKey>, Error> {
    let error = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Read { path, source }
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .map_err(error(certificate))?
        .collect::<Result<_, _>>()
        .map_err(error(certificate))?;
    if chain.is_empty() {
        return Err(Error::Empty {
            path: certificate.to_owned(),
        });
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(error(key))?;
    let signing = any_supported_type(&private).map_err(|source| Error::Key {
        path: key.to_owned(),
        source,
    })?;
    Ok(Arc::new(CertifiedKey::new(chain, signing)))
}
