//! Who may speak with whom: TLS with certificates on both sides.
//!
//! Client, scheduler and executors each show a certificate of one authority and accept no other. A scheduler is
//! checked by its name too. Without certificates nothing but the loopback of one computer is spoken to.

use std::path::{Path, PathBuf};

use tonic::transport::{
    Certificate, Channel, ClientTlsConfig, Endpoint, Identity, ServerTlsConfig,
};

use super::{Address, chain};
use crate::error::{Error, Result};

/// Files in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificate of this process, with those between it and the authority.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Certificate of the authority that signs all certificates of the cluster.
    pub authority: PathBuf,
}

/// The certificates of a process.
#[derive(Clone)]
pub struct Tls {
    identity: Identity,
    authority: Certificate,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// One is missing or is no PEM.
    pub fn read(files: &TlsFiles) -> Result<Tls> {
        let pem = |path: &Path, kind: &str| -> Result<Vec<u8>> {
            let bytes = std::fs::read(path).map_err(Error::input(path))?;
            let text = String::from_utf8_lossy(&bytes);
            if text.lines().any(|line| line.starts_with("-----BEGIN ") && line.contains(kind)) {
                return Ok(bytes);
            }
            let what = format!("{} holds no {} in PEM", path.display(), kind.to_lowercase());
            Err(Error::usage(what, "docs/cluster.md shows how to make certificates with openssl"))
        };
        let certificate = pem(&files.certificate, "CERTIFICATE")?;
        let key = pem(&files.key, "PRIVATE KEY")?;
        let authority = Certificate::from_pem(pem(&files.authority, "CERTIFICATE")?);
        Ok(Tls { identity: Identity::from_pem(certificate, key), authority })
    }

    /// What a server shows and asks for.
    pub(super) fn server(&self) -> ServerTlsConfig {
        ServerTlsConfig::new()
            .identity(self.identity.clone())
            .client_ca_root(self.authority.clone())
    }

    fn client(&self, host: &str) -> ClientTlsConfig {
        ClientTlsConfig::new()
            .identity(self.identity.clone())
            .ca_certificate(self.authority.clone())
            .domain_name(host)
    }
}

/// Refuses to speak in the clear beyond this computer.
///
/// # Errors
/// There are no certificates, and `address` is not the loopback.
pub fn check_address(address: &Address, tls: Option<&Tls>) -> Result<()> {
    if tls.is_some() || address.is_loopback() {
        return Ok(());
    }
    Err(Error::usage(
        format!("{address} is not the loopback of this computer, and no certificates are given"),
        "give --tls-cert, --tls-key and --tls-ca (docs/cluster.md shows how to make them)",
    ))
}

/// The way to a scheduler.
///
/// # Errors
/// As [`check_address`]; the certificates cannot be used.
pub(super) fn endpoint(address: &Address, tls: Option<&Tls>) -> Result<Endpoint> {
    check_address(address, tls)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let wrong = |error: tonic::transport::Error| unusable(&error);
    let endpoint = Endpoint::from_shared(format!("{scheme}://{address}")).map_err(wrong)?;
    let endpoint = endpoint
        .connect_timeout(super::client::CONNECT_TIMEOUT)
        .timeout(super::client::ANSWER_TIMEOUT)
        .tcp_nodelay(true);
    match tls {
        Some(tls) => endpoint.tls_config(tls.client(address.host())).map_err(wrong),
        None => Ok(endpoint),
    }
}

/// Connects, and says what is wrong where that cannot be.
///
/// # Errors
/// Nobody answers there, or not as this process must have it.
pub(super) async fn connected(endpoint: &Endpoint, address: &Address) -> Result<Channel> {
    endpoint.connect().await.map_err(|error| {
        Error::usage(
            format!("the scheduler {address} cannot be reached: {}", chain(&error)),
            "check that it runs there (`tanba cluster scheduler`), and the certificates of both sides",
        )
    })
}

/// The error of certificates that cannot be used.
pub(super) fn unusable(error: &tonic::transport::Error) -> Error {
    Error::usage(
        format!("the certificates cannot be used: {}", chain(error)),
        "check --tls-cert, --tls-key and --tls-ca",
    )
}
