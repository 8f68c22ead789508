//! A line to a server: plain, or TLS by rustls to a peer that proves its name.

use std::{
    fmt,
    net::SocketAddr,
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

use crate::{Failed, Reach};

/// Octets both ways.
pub trait Line: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

/// How long connecting and agreeing on TLS may take.
const CONNECT: Duration = Duration::from_secs(10);

/// By which certificates peers prove their names: those of a file, else the system's. They are read when they are first needed.
#[derive(Default)]
pub struct Trust {
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
pub async fn open(address: &str, is_encrypted: bool, trust: &Trust) -> Result<Box<dyn Line>, String> {
    let (host, port) = address.rsplit_once(':').ok_or("the address has no port")?;
    let port = port.parse().map_err(|_| "the port is no number")?;
    let connecting = connect(&Reach::Anywhere, (host, port), is_encrypted, trust);
    match tokio::time::timeout(CONNECT, connecting).await {
        Ok(line) => line.map_err(|failed| failed.to_string()),
        Err(_) => Err("no connection in time".to_owned()),
    }
}

/// Opens a line to the first address of a host that answers and may be spoken to. What was looked at is what is connected to: the name is not asked for again.
pub(crate) async fn connect(
    reach: &Reach,
    (host, port): (&str, u16),
    is_encrypted: bool,
    trust: &Trust,
) -> Result<Box<dyn Line>, Failed> {
    let told = |error: &dyn fmt::Display| Failed::NotSent(error.to_string());
    let host = host.trim_matches(['[', ']']);
    let addresses: Vec<SocketAddr> =
        tokio::net::lookup_host((host, port)).await.map_err(|error| told(&error))?.collect();
    let allowed: Vec<SocketAddr> =
        addresses.iter().copied().filter(|address| reach.allows(address.ip())).collect();
    if let (Some(address), []) = (addresses.first(), &*allowed) {
        return Err(Failed::Forbidden(address.ip()));
    }
    let stream = TcpStream::connect(&*allowed).await.map_err(|error| told(&error))?;
    stream.set_nodelay(true).map_err(|error| told(&error))?;
    if !is_encrypted {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|error| told(&error))?;
    let config = trust.config().map_err(Failed::NotSent)?;
    let line = TlsConnector::from(config).connect(name, stream).await.map_err(|error| told(&error))?;
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
