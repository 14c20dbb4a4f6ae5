//! The certificate for TLS with clients.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::Error;

/// The PEM files of a certificate and its private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TlsFiles {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

impl TlsFiles {
    pub(super) fn load(&self) -> Result<Arc<ServerConfig>, Error> {
        let of_pem = |path: &PathBuf, error: pem::Error| {
            let error = match error {
                pem::Error::Io(error) => error,
                error => io::Error::other(error),
            };
            Error::ReadFile(path.clone(), error)
        };
        let certificates = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(|certificates| certificates.collect::<Result<Vec<_>, _>>())
            .map_err(|error| of_pem(&self.certificate, error))?;
        let key =
            PrivateKeyDer::from_pem_file(&self.key).map_err(|error| of_pem(&self.key, error))?;
        let invalid = |error| {
            Error::ReadFile(
                self.certificate.clone(),
                io::Error::other::<rustls::Error>(error),
            )
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(invalid)?
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .map_err(invalid)?;
        Ok(Arc::new(config))
    }
}
