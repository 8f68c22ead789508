//! TLS before a server that speaks without: for whoever must see that names are proved.

use std::{fs, io, path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::TlsAcceptor;

/// A door with a certificate for `localhost`.
#[derive(Debug)]
pub struct Encrypted {
    pub port: u16,
    certificate: tempfile::NamedTempFile,
    /// How many came and went away because they did not believe it.
    pub refusals: watch::Receiver<u32>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Encrypted {
    /// Opens a door before a port of this machine; it stays open with the runtime.
    pub async fn before(port: u16) -> Result<Self, Failure> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)?;
        let certificate = tempfile::NamedTempFile::new()?;
        fs::write(certificate.path(), made.cert.pem())?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let own = listener.local_addr()?.port();
        let (refused, refusals) = watch::channel(0);
        tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(config)), port, refused));
        Ok(Self { port: own, certificate, refusals })
    }

    /// The file that proves the certificate.
    pub fn certificate(&self) -> &Path {
        self.certificate.path()
    }
}

async fn serve(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    port: u16,
    refused: watch::Sender<u32>,
) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let Ok(mut line) = acceptor.accept(stream).await else {
            refused.send_modify(|count| *count += 1);
            continue;
        };
        tokio::spawn(async move {
            let mut behind = TcpStream::connect(("127.0.0.1", port)).await?;
            copy_bidirectional(&mut line, &mut behind).await
        });
    }
}
