//! Why a proxy cannot start.

use rds_bridge::component::Fault;
use thiserror::Error;

/// Why a proxy cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// No listener was given.
    #[error("no listener: give at least one address or Unix socket")]
    NoListener,
    /// A listener that other machines can reach requires TLS and the authentication of clients.
    #[error(
        "a listener that other machines can reach requires TLS, and passwords or certificates of clients: listen on a \
         loopback address or a Unix socket, or set ProxyBuilder::tls and ProxyBuilder::authentication"
    )]
    NotLocal,
    /// [`ClientAuthentication::Certificates`](crate::ClientAuthentication::Certificates) without TLS.
    #[error("clients send certificates only inside TLS: set the proxy's certificate too")]
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
