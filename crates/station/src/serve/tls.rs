//! The certificate that the station shows, read anew when it changes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use std::{fmt, fs, io};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::time::sleep;

/// HTTP/2, as it is agreed on.
pub(super) const HTTP_2: &[u8] = b"h2";
/// How often the files are looked at. A certificate is renewed weeks before it expires.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("{} does not hold {what} in PEM: {source}", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What it was to hold.
        what: &'static str,
        /// What is wrong.
        source: pem::Error,
    },
    /// The files are not of one another, or of a kind that is not supported.
    #[error("the certificate and its key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// A certificate with its chain, and its key, in two files.
pub struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    config: RwLock<Arc<ServerConfig>>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Certificate").field(&self.chain).finish()
    }
}

impl Certificate {
    /// Reads both files, which are PEM.
    ///
    /// # Errors
    /// [`CertificateError`] when they cannot be used.
    pub fn open(chain: PathBuf, key: PathBuf) -> Result<Self, CertificateError> {
        let config = RwLock::new(read(&chain, &key)?);
        Ok(Self { chain, key, config })
    }

    /// What connections are to be made with now.
    pub(super) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the files anew. If they cannot be used, the certificate that there is stays.
    pub fn reload(&self) {
        match read(&self.chain, &self.key) {
            Ok(config) => {
                *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
                tracing::info!("the certificate was read anew");
            }
            Err(error) => tracing::error!("the certificate stays as it was: {error}"),
        }
    }

    /// Reads the files anew whenever they change, for as long as it is polled.
    pub async fn follow(&self) {
        let mut seen = self.times();
        loop {
            sleep(LOOK_EVERY).await;
            let now = self.times();
            if now != seen {
                self.reload();
                seen = now;
            }
        }
    }

    fn times(&self) -> [Option<SystemTime>; 2] {
        [&self.chain, &self.key].map(|path| fs::metadata(path).and_then(|file| file.modified()).ok())
    }
}

fn read(chain: &Path, key: &Path) -> Result<Arc<ServerConfig>, CertificateError> {
    let wrong = |path: &Path, what| {
        let path = path.to_owned();
        move |error| match error {
            pem::Error::Io(source) => CertificateError::Unreadable { path, source },
            source => CertificateError::NotPem { path, what, source },
        }
    };
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .and_then(|chain| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) })
        .map_err(wrong(chain, "a certificate"))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(wrong(key, "a private key"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    config.alpn_protocols = vec![HTTP_2.to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
