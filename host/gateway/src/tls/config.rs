//! [`TlsConfig`]: the configuration of TLS with callers.

use std::fmt;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::danger::ClientCertVerifier;

/// The configuration of TLS with callers.
#[derive(Clone)]
pub struct TlsConfig {
    pub(super) server: Arc<ServerConfig>,
    pub(super) client_verifier: Option<Arc<dyn ClientCertVerifier>>,
}

impl TlsConfig {
    /// A configuration. If it verifies certificates of clients, name its verifier with [`Self::client_verifier`].
    #[must_use]
    pub fn new(server: Arc<ServerConfig>) -> Self {
        Self {
            server,
            client_verifier: None,
        }
    }

    /// The verifier of clients' certificates that the configuration has. When [`Gateway::set_tls`](crate::Gateway::set_tls)
    /// replaces the configuration, the new verifier verifies the certificates of open connections again, so that a
    /// certificate whose authority was removed authenticates no more. Default: none, and the certificate of a connection
    /// that was open at that time no longer authenticates.
    #[must_use]
    pub fn client_verifier(mut self, verifier: Arc<dyn ClientCertVerifier>) -> Self {
        self.client_verifier = Some(verifier);
        self
    }
}

impl From<Arc<ServerConfig>> for TlsConfig {
    fn from(server: Arc<ServerConfig>) -> Self {
        Self::new(server)
    }
}

impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            server: _,
            client_verifier,
        } = self;
        f.debug_struct("TlsConfig")
            .field("client_verifier", client_verifier)
            .finish_non_exhaustive()
    }
}
