//! The secret that proves who the user is, and the seal on it until TLS stands.

use crate::secret::Secret;

/// How the user proves who it is.
#[derive(Clone, Debug)]
pub enum Auth {
    /// An RDS IAM token. Answers `mysql_clear_password` inside TLS, and nothing else.
    IamToken(Secret),
    /// A password. Answers every method but `mysql_clear_password`.
    Password(Secret),
}

/// An [`Auth`] that nothing can look into before TLS stands: only [`TlsEstablished`] opens it.
#[derive(Debug)]
pub(super) struct SealedAuth(Auth);

impl SealedAuth {
    pub(super) fn new(auth: Auth) -> Self {
        Self(auth)
    }

    pub(super) fn open(self, TlsEstablished(()): TlsEstablished) -> Auth {
        self.0
    }
}

/// Proof that the host has said so. Made in one place: when the state that waits for TLS is told
/// that it stands.
pub(super) struct TlsEstablished(());

impl TlsEstablished {
    /// By [`super::expect_tls::ExpectTls`] alone.
    pub(super) fn witnessed_by(_: &super::expect_tls::ExpectTls) -> Self {
        Self(())
    }
}
