//! TLS with clients: the certificate of the proxy or the gateway, and the authorities of the clients' certificates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(feature = "gateway")]
use rds_bridge_gateway::TlsConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};

use crate::error::Error;

/// The PEM files for TLS with clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    /// The certificate authorities of clients, of whose certificates one is verified. `None` asks for none.
    pub(crate) client_ca: Option<PathBuf>,
}

/// The certificates of clients.
#[derive(Clone, Copy)]
enum Certificates {
    Required,
    #[cfg(feature = "gateway")]
    Optional,
}

impl TlsFiles {
    /// With certificate authorities of clients, a client must send a certificate.
    pub(crate) fn load(&self) -> Result<Arc<ServerConfig>, Error> {
        self.config(self.client_verifier(Certificates::Required)?)
    }

    /// For the gateway. With certificate authorities of clients, a client must send a certificate, unless some clients
    /// authenticate otherwise.
    #[cfg(feature = "gateway")]
    pub(crate) fn load_for_gateway(&self, has_others: bool) -> Result<TlsConfig, Error> {
        let verifier = self.client_verifier(if has_others {
            Certificates::Optional
        } else {
            Certificates::Required
        })?;
        let config = TlsConfig::new(self.config(verifier.clone())?);
        Ok(match verifier {
            Some(verifier) => config.client_verifier(verifier),
            None => config,
        })
    }

    fn config(
        &self,
        client_verifier: Option<Arc<dyn ClientCertVerifier>>,
    ) -> Result<Arc<ServerConfig>, Error> {
        let certificates = certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| of_pem(&self.key, "private key", error))?;
        let invalid = |error: rustls::Error| invalid(&self.certificate, error);
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(invalid)?;
        let has_verifier = client_verifier.is_some();
        let builder = match client_verifier {
            None => builder.with_no_client_auth(),
            Some(verifier) => builder.with_client_cert_verifier(verifier),
        };
        let mut config = builder
            .with_single_cert(certificates, key)
            .map_err(invalid)?;
        if has_verifier {
            // A resumed session would not verify the certificate again, which may have expired.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Arc::new(config))
    }

    /// What verifies the certificates of clients, if they are asked for one.
    fn client_verifier(
        &self,
        certificates: Certificates,
    ) -> Result<Option<Arc<dyn ClientCertVerifier>>, Error> {
        let Some(path) = &self.client_ca else {
            return Ok(None);
        };
        let provider = Arc::new(ring::default_provider());
        let roots = Arc::new(roots(path)?);
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
        let verifier = match certificates {
            Certificates::Required => verifier,
            #[cfg(feature = "gateway")]
            Certificates::Optional => verifier.allow_unauthenticated(),
        };
        let built = verifier.build().map_err(|error| invalid(path, error))?;
        Ok(Some(built))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| of_pem(path, "certificate", error))?;
    if certificates.is_empty() {
        return Err(of_pem(path, "certificate", pem::Error::NoItemsFound));
    }
    Ok(certificates)
}

fn roots(path: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots
            .add(certificate)
            .map_err(|error| invalid(path, error))?;
    }
    Ok(roots)
}

/// `wanted` is what the file should contain.
fn of_pem(path: &Path, wanted: &str, error: pem::Error) -> Error {
    match error {
        pem::Error::Io(error) => Error::ReadFile(path.to_owned(), error),
        pem::Error::NoItemsFound => {
            let problem = format!("it contains no {wanted} in PEM");
            Error::UnusableFile(path.to_owned(), problem)
        }
        error => invalid(path, error),
    }
}

fn invalid(path: &Path, error: impl std::error::Error) -> Error {
    Error::UnusableFile(path.to_owned(), error.to_string())
}
