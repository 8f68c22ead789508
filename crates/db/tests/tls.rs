//! PostgreSQL over TLS: a private server with a certificate of its own, and who is believed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use db::{Db, Options, sql};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use testkit::postgres::{Cluster, ClusterOptions, Durability};

/// An authority that signs certificates.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server that proves to be `name`.
fn server(authority: &CertifiedIssuer<'static, KeyPair>, name: &str) -> Cluster {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let mut options = ClusterOptions::new(Durability::Fast);
    options.settings.push(("ssl".to_owned(), "on".to_owned()));
    options.files.push(("server.crt".to_owned(), certificate.pem()));
    options.files.push(("server.key".to_owned(), key.serialize_pem()));
    Cluster::start_with(&options).unwrap()
}

/// Whether a connection by this address is encrypted; or why there is none.
fn encrypted(url: &str) -> Result<bool, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let db = Db::open(url, Options::default()).await.map_err(|error| error.to_string())?;
        let ask = sql!("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
        let found = db.read(async move |tx| Ok(tx.one(ask, &[]).await?.get::<bool>(0)?)).await;
        found.map_err(|fault| fault.to_string())
    })
}

fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn a_connection_is_as_safe_as_was_asked() {
    let (ours, others) = (authority(), authority());
    let folder = tempfile::tempdir().unwrap();
    let root = file(folder.path(), "ours.pem", &ours.pem());
    let wrong = file(folder.path(), "others.pem", &others.pem());
    let cluster = server(&ours, "127.0.0.1");
    let with = |query: String| encrypted(&format!("{}?{query}", cluster.url()));
    assert_eq!(encrypted(cluster.url()), Ok(true), "encrypted where the server can");
    assert_eq!(with("sslmode=disable".to_owned()), Ok(false));
    assert_eq!(with("sslmode=require".to_owned()), Ok(true));
    assert_eq!(with(format!("sslmode=verify-full&sslrootcert={root}")), Ok(true));
    for query in [
        format!("sslmode=verify-full&sslrootcert={wrong}"),
        format!("sslmode=require&sslrootcert={wrong}"),
        "sslmode=verify-full".to_owned(),
    ] {
        let why = with(query.clone()).expect_err(&query);
        assert!(why.contains("certificate"), "{query}: {why}");
    }
}

#[test]
fn a_server_of_another_name_is_not_believed() {
    let ours = authority();
    let folder = tempfile::tempdir().unwrap();
    let root = file(folder.path(), "ours.pem", &ours.pem());
    let cluster = server(&ours, "database.example");
    let why = encrypted(&format!("{}?sslmode=verify-full&sslrootcert={root}", cluster.url())).unwrap_err();
    assert!(why.contains("certificate"), "{why}");
    assert_eq!(encrypted(&format!("{}?sslmode=require", cluster.url())), Ok(true));
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_required() {
    let plain = testkit::postgres::database();
    assert_eq!(encrypted(&plain.url), Ok(false));
    assert!(encrypted(&format!("{}?sslmode=require", plain.url)).is_err());
}
