//! Why a proxy cannot start.

use rds_bridge::component::Fault;
use thiserror::Error;

/// Why a proxy cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// No listener was given.
    #[error("no listener: call ProxyBuilder::listen at least once")]
    NoListener,
    /// A listener that other machines can reach requires TLS and the authentication of clients.
    #[error(
        "a listener that other machines can reach requires TLS, and the authentication of its clients by passwords or \
         certificates: listen on a loopback address or a Unix socket, or set ProxyBuilder::tls and \
         ProxyBuilder::authentication"
    )]
    NotLocal,
    /// [`ClientAuthentication::Certificates`](crate::ClientAuthentication::Certificates) without TLS.
    #[error("clients can send certificates only inside TLS: set ProxyBuilder::tls too")]
    CertificatesWithoutTls,
    /// The component cannot be loaded.
    #[error("the component cannot be loaded")]
    Component(#[source] Fault),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_named_as_the_builder_names_them() {
        let text = StartError::NotLocal.to_string();
        assert!(text.contains("ProxyBuilder::tls") && !text.contains("--"));
    }
}
