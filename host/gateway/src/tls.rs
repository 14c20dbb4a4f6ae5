//! TLS with clients: its configuration, which can be replaced, and its handshakes, which are bounded.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use rds_bridge::tls::identity_names;
use rds_bridge_access::is_loopback;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use crate::caller::{Peer, Source};

/// How long a client may take for its handshake.
const LIMIT: Duration = Duration::from_secs(10);
/// How many handshakes of other machines may be open at once, in all and from one source. A connection beyond is closed.
const IN_ALL: usize = 200;
const PER_SOURCE: usize = 20;

/// The protocols of ALPN, in the order of preference.
const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// TLS with clients.
pub(crate) struct Tls {
    config: RwLock<Arc<ServerConfig>>,
    handshakes: Handshakes,
}

/// A connection whose handshake is done.
pub(crate) struct Established {
    pub(crate) stream: TlsStream<TcpStream>,
    pub(crate) peer: Peer,
    pub(crate) is_http_2: bool,
}

impl Tls {
    pub(crate) fn new(config: Arc<ServerConfig>) -> Self {
        Self {
            config: RwLock::new(for_http(config)),
            handshakes: Handshakes::default(),
        }
    }

    /// Replaces the configuration, for connections from now on.
    pub(crate) fn set(&self, config: Arc<ServerConfig>) {
        let mut current = self.config.write().unwrap_or_else(PoisonError::into_inner);
        *current = for_http(config);
    }

    /// Completes the handshake of a client. `None` if the client fails to, or may not begin one.
    pub(crate) async fn establish(
        &self,
        stream: TcpStream,
        address: IpAddr,
    ) -> Option<Established> {
        let Some(_open) = self.handshakes.begin(address) else {
            debug!(%address, "closed a connection: too many TLS handshakes are open");
            return None;
        };
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
        let certificate = connection
            .peer_certificates()
            .and_then(|chain| chain.first());
        let peer = Peer {
            address: Some(address),
            names: certificate.map(identity_names).unwrap_or_default().into(),
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

/// The handshakes of other machines that are open.
#[derive(Debug, Default)]
struct Handshakes(Mutex<HashMap<Source, usize>>);

/// An open handshake. `None` for one of this machine, which is not counted.
struct Open<'h>(Option<(&'h Handshakes, Source)>);

impl Handshakes {
    fn begin(&self, address: IpAddr) -> Option<Open<'_>> {
        if is_loopback(address) {
            return Some(Open(None));
        }
        let source = Source::of(address);
        let mut open = self.lock();
        let in_all: usize = open.values().sum();
        let of_source = open.get(&source).copied().unwrap_or_default();
        if in_all >= IN_ALL || of_source >= PER_SOURCE {
            return None;
        }
        open.insert(source, of_source.saturating_add(1));
        Some(Open(Some((self, source))))
    }

    /// A poisoned lock is used as it is, since no code panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<Source, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let Some((handshakes, source)) = self.0 else {
            return;
        };
        let mut open = handshakes.lock();
        if let Some(of_source) = open.get_mut(&source) {
            *of_source = of_source.saturating_sub(1);
            if *of_source == 0 {
                open.remove(&source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handshakes_are_limited_by_source_and_in_all() {
        let handshakes = Handshakes::default();
        let begin = |number: u32| handshakes.begin(std::net::Ipv4Addr::from_bits(number).into());
        let mut open: Vec<_> = (0..PER_SOURCE).map(|_| begin(1).unwrap()).collect();
        assert!(begin(1).is_none());
        open.pop();
        open.push(begin(1).unwrap());
        let others = u32::try_from(IN_ALL - PER_SOURCE).unwrap();
        open.extend((0..others).map(|number| begin(100 + number).unwrap()));
        assert!(begin(99).is_none());
        // This machine is not counted.
        assert!(handshakes.begin([127, 0, 0, 1].into()).is_some());
        drop(open);
        assert!(handshakes.lock().is_empty());
        assert!(begin(99).is_some());
    }
}
