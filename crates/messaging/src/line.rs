//! A line to a provider: plain, or TLS by rustls to a peer that proves its name.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// Octets both ways.
pub(crate) trait Line: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

/// How long connecting and agreeing on TLS may take.
const CONNECT: Duration = Duration::from_secs(10);

/// By which certificates peers prove their names: those of a file, else the system's. They are read when they are first needed.
#[derive(Default)]
pub(crate) struct Trust {
    file: Option<PathBuf>,
    config: OnceLock<Arc<ClientConfig>>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trust({:?})", self.file)
    }
}

impl Trust {
    pub fn of(file: Option<PathBuf>) -> Self {
        Self { file, config: OnceLock::new() }
    }

    fn config(&self) -> Result<Arc<ClientConfig>, String> {
        if let Some(known) = self.config.get() {
            return Ok(Arc::clone(known));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(proving(self.file.as_deref())?)
            .with_no_client_auth();
        Ok(Arc::clone(self.config.get_or_init(|| Arc::new(config))))
    }
}

/// Opens a line to `HOST:PORT`; the error is for the log.
pub(crate) async fn open(address: &str, is_encrypted: bool, trust: &Trust) -> Result<Box<dyn Line>, String> {
    tokio::time::timeout(CONNECT, connect(address, is_encrypted, trust))
        .await
        .unwrap_or_else(|_| Err("no connection in time".to_owned()))
}

async fn connect(address: &str, is_encrypted: bool, trust: &Trust) -> Result<Box<dyn Line>, String> {
    let told = |error: std::io::Error| error.to_string();
    let stream = TcpStream::connect(address).await.map_err(told)?;
    stream.set_nodelay(true).map_err(told)?;
    if !is_encrypted {
        return Ok(Box::new(stream));
    }
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let name =
        ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(|error| error.to_string())?;
    let line = TlsConnector::from(trust.config()?).connect(name, stream).await.map_err(told)?;
    Ok(Box::new(line))
}

/// The roots of a file, else the system's.
fn proving(file: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(file) => {
            let unreadable = |error| format!("{} cannot be read: {error}", file.display());
            for certificate in CertificateDer::pem_file_iter(file).map_err(unreadable)? {
                roots.add(certificate.map_err(unreadable)?).map_err(|error| error.to_string())?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(roots)
}
