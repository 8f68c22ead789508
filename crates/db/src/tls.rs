//! TLS to PostgreSQL, by the words that its own programs use: `sslmode` and `sslrootcert` in the database's address.
//!
//! | `sslmode` | means |
//! |---|---|
//! | `disable` | in the clear |
//! | `prefer` (if not said) | encrypted where the server can, its certificate not looked at |
//! | `require` | encrypted or refused; the certificate is looked at only when `sslrootcert` is given |
//! | `verify-full` | encrypted, by a server that proves its name; roots from `sslrootcert`, else the system's |

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::DbError;

/// What an address says of TLS.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Told {
    mode: Option<String>,
    root: Option<String>,
}

/// Takes what is ours out of an address that the driver then reads.
pub(crate) fn split(url: &str) -> (String, Told) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), Told::default()) };
    let mut told = Told::default();
    let mut rest = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", mode)) => told.mode = Some(mode.to_owned()),
            Some(("sslrootcert", path)) => told.root = Some(unescaped(path)),
            _ => rest.push(pair),
        }
    }
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    (base.to_owned() + &query, told)
}

/// `%2F` → `/`; what is no escape stays as it is.
fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        match hex.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| bytes[at] == b'%') {
            Some(byte) => (out, at) = ([out.as_slice(), &[byte]].concat(), at + 3),
            None => (out, at) = ([out.as_slice(), &bytes[at..=at]].concat(), at + 1),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// How the driver is to ask, and with what it then speaks.
pub(crate) fn connector(told: &Told) -> Result<(SslMode, MakeRustlsConnect), DbError> {
    let (mode, proved) = match told.mode.as_deref() {
        Some("disable") => (SslMode::Disable, false),
        None | Some("allow" | "prefer") => (SslMode::Prefer, false),
        Some("require") => (SslMode::Require, told.root.is_some()),
        Some("verify-full") => (SslMode::Require, true),
        Some(_) => {
            return Err(DbError::Url("sslmode is disable, prefer, require or verify-full".to_owned()));
        }
    };
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| DbError::Unreachable(format!("TLS: {error}")))?;
    let config = if proved {
        builder.with_root_certificates(roots(told.root.as_deref())?).with_no_client_auth()
    } else {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth()
    };
    Ok((mode, MakeRustlsConnect::new(config)))
}

fn roots(file: Option<&str>) -> Result<RootCertStore, DbError> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(file) => {
            let unreadable = |error| DbError::Url(format!("sslrootcert {file} cannot be read: {error}"));
            let certificates = CertificateDer::pem_file_iter(Path::new(file)).map_err(unreadable)?;
            for certificate in certificates {
                let certificate = certificate.map_err(unreadable)?;
                roots
                    .add(certificate)
                    .map_err(|error| DbError::Url(format!("sslrootcert {file}: {error}")))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(DbError::Url(
            "there is no certificate to prove the server by; say sslrootcert=FILE".to_owned(),
        ));
    }
    Ok(roots)
}

/// Encrypts to whoever answers: `prefer` and `require` promise no more, here as in PostgreSQL's own programs.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_split() {
        let told = |mode: Option<&str>, root: Option<&str>| Told {
            mode: mode.map(str::to_owned),
            root: root.map(str::to_owned),
        };
        for (url, rest, expected) in [
            ("postgres://a@b/c", "postgres://a@b/c", told(None, None)),
            ("postgres://a@b/c?sslmode=require", "postgres://a@b/c", told(Some("require"), None)),
            (
                "postgres://a@b/c?application_name=x&sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem",
                "postgres://a@b/c?application_name=x",
                told(Some("verify-full"), Some("/etc/ca.pem")),
            ),
        ] {
            assert_eq!(split(url), (rest.to_owned(), expected), "{url}");
        }
        assert_eq!(unescaped("100%"), "100%");
    }

    #[test]
    fn what_is_no_mode_and_what_is_no_certificate_is_told() {
        let (_, wrong) = split("postgres://b/c?sslmode=maybe");
        assert!(matches!(connector(&wrong), Err(DbError::Url(why)) if why.contains("verify-full")));
        let (_, missing) = split("postgres://b/c?sslmode=verify-full&sslrootcert=/nowhere.pem");
        assert!(matches!(connector(&missing), Err(DbError::Url(why)) if why.contains("/nowhere.pem")));
    }
}
