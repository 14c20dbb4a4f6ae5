//! The certificate of a client, and whether it still authenticates: a connection may outlive its certificate, and the
//! authorities of clients may be replaced.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use rds_bridge::tls::{Certificate, identity_names};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;

/// How certificates of clients are verified at present.
#[derive(Default)]
pub(crate) struct CurrentVerifier(RwLock<Verifier>);

#[derive(Clone, Default)]
struct Verifier {
    /// Another number after each replacement.
    generation: u64,
    verifier: Option<Arc<dyn ClientCertVerifier>>,
}

/// A certificate that TLS has verified.
pub(crate) struct ClientCertificate {
    names: Vec<String>,
    not_after: SystemTime,
    chain: Vec<CertificateDer<'static>>,
    current: Arc<CurrentVerifier>,
    /// The generation of the verifier that has verified it last.
    verified_by: AtomicU64,
}

impl CurrentVerifier {
    pub(crate) fn new(verifier: Option<Arc<dyn ClientCertVerifier>>) -> Self {
        Self(RwLock::new(Verifier {
            generation: 0,
            verifier,
        }))
    }

    /// Replaces the verifier. Certificates that the earlier one has verified are verified again.
    pub(crate) fn set(&self, verifier: Option<Arc<dyn ClientCertVerifier>>) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *current = Verifier {
            generation: current.generation.wrapping_add(1),
            verifier,
        };
    }

    /// The number of the current verifier.
    pub(crate) fn generation(&self) -> u64 {
        self.current().generation
    }

    /// A poisoned lock is used as it is, since no code panics while it holds the lock.
    fn current(&self) -> Verifier {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }
}

impl ClientCertificate {
    /// The certificate at the beginning of a chain that the verifier with the number `generation` has verified. `None`
    /// if it cannot be parsed.
    pub(crate) fn new(
        chain: &[CertificateDer<'_>],
        current: Arc<CurrentVerifier>,
        generation: u64,
    ) -> Option<Self> {
        let certificate = chain.first()?;
        Some(Self {
            names: identity_names(certificate),
            // TLS has verified what it says.
            not_after: Certificate::from_der(certificate).ok()?.not_after.into(),
            chain: chain.iter().map(|it| it.clone().into_owned()).collect(),
            current,
            verified_by: AtomicU64::new(generation),
        })
    }

    /// The names by which it identifies the client.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether it authenticates the client at a time: it has not expired, and the current verifier accepts it.
    pub(crate) fn is_valid(&self, now: SystemTime) -> bool {
        now <= self.not_after && self.is_verified(now)
    }

    fn is_verified(&self, now: SystemTime) -> bool {
        let current = self.current.current();
        if self.verified_by.load(Ordering::Acquire) == current.generation {
            return true;
        }
        let Some((certificate, intermediates)) = self.chain.split_first() else {
            return false;
        };
        let now = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).unwrap_or_default());
        let is_verified = current.verifier.is_some_and(|it| {
            it.verify_client_cert(certificate, intermediates, now)
                .is_ok()
        });
        if is_verified {
            self.verified_by
                .store(current.generation, Ordering::Release);
        }
        is_verified
    }
}

impl fmt::Debug for CurrentVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentVerifier")
            .field("generation", &self.generation())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate")
            .field("names", &self.names)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}
