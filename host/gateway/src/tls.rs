//! TLS with clients: its configuration, which can be replaced, and its handshakes, which are bounded.

mod config;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use crate::caller::{ClientCertificate, CurrentVerifier, Peer};
use crate::source_limit::SourceLimit;
pub use config::TlsConfig;

/// How long a client may take for its handshake.
const LIMIT: Duration = Duration::from_secs(10);
/// How many handshakes of other machines may be open at once, in all and from one source. The gateway closes a
/// connection beyond the limit.
const IN_ALL: usize = 200;
const PER_SOURCE: usize = 20;

/// The protocols of ALPN, in the order of preference.
const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// TLS with clients.
pub(crate) struct Tls {
    config: RwLock<Arc<ServerConfig>>,
    client_verifier: Arc<CurrentVerifier>,
    handshakes: Arc<SourceLimit>,
}

/// A connection whose handshake is done.
pub(crate) struct Established {
    pub(crate) stream: TlsStream<TcpStream>,
    pub(crate) peer: Peer,
    pub(crate) is_http_2: bool,
}

impl Tls {
    pub(crate) fn new(config: TlsConfig) -> Self {
        Self {
            config: RwLock::new(for_http(config.server)),
            client_verifier: Arc::new(CurrentVerifier::new(config.client_verifier)),
            handshakes: SourceLimit::new(IN_ALL, PER_SOURCE),
        }
    }

    /// Replaces the configuration, for connections from now on. Its verifier verifies the certificates of open
    /// connections again.
    pub(crate) fn set(&self, config: TlsConfig) {
        let mut current = self.config.write().unwrap_or_else(PoisonError::into_inner);
        *current = for_http(config.server);
        drop(current);
        self.client_verifier.set(config.client_verifier);
    }

    /// Completes the handshake of a client. `None` if the client fails to, or may not begin one.
    pub(crate) async fn establish(
        &self,
        stream: TcpStream,
        address: IpAddr,
    ) -> Option<Established> {
        let Some(_open) = self.handshakes.enter(address) else {
            debug!(%address, "closed a connection: too many TLS handshakes are open");
            return None;
        };
        // Before the configuration is read: if it is replaced meanwhile, the certificate is verified again.
        let generation = self.client_verifier.generation();
        let config = self
            .config
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let stream = match timeout(LIMIT, TlsAcceptor::from(config).accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                debug!(%address, %error, "a TLS handshake failed");
                return None;
            }
            Err(_) => {
                debug!(%address, "a TLS handshake took too long");
                return None;
            }
        };
        let (_, connection) = stream.get_ref();
        let certificate = connection.peer_certificates().and_then(|chain| {
            ClientCertificate::new(chain, Arc::clone(&self.client_verifier), generation)
        });
        let peer = Peer {
            address: Some(address),
            certificate: certificate.map(Arc::new),
        };
        let is_http_2 = connection.alpn_protocol() == Some(HTTP_2);
        Some(Established {
            stream,
            peer,
            is_http_2,
        })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// The configuration with the protocols that a gateway speaks.
fn for_http(config: Arc<ServerConfig>) -> Arc<ServerConfig> {
    let mut config = Arc::unwrap_or_clone(config);
    config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
    Arc::new(config)
}
