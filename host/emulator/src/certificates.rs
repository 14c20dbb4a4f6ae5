//! A certificate authority that is created at the start, and the server's certificate.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use time::{Duration, OffsetDateTime};

use super::StartError;

/// The server's TLS configuration, and the certificate of the authority that clients must trust, as PEM.
pub(super) struct Certificates {
    pub(super) server_config: Arc<ServerConfig>,
    pub(super) ca_pem: String,
    /// The same authority as `ca_pem`, for clients in this process.
    pub(super) roots: Arc<RootCertStore>,
}

impl Certificates {
    /// Issues a certificate for these names and IP addresses. If `is_expired`, it expired ten days ago.
    pub(super) fn make(names: Vec<String>, is_expired: bool) -> Result<Self, StartError> {
        let now = OffsetDateTime::now_utc();
        // Valid since yesterday, so that clients with a slow clock accept it.
        let mut authority = params(vec![], "rds-bridge emulator: authority", now)?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

        let mut server = params(names, "rds-bridge emulator", now)?;
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.use_authority_key_identifier_extension = true;
        if is_expired {
            server.not_before = now.saturating_sub(Duration::days(20));
            server.not_after = now.saturating_sub(Duration::days(10));
        }
        let key = KeyPair::generate()?;
        let certificate = server.signed_by(&key, &authority)?;

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let server_config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone())?;
        Ok(Self {
            roots: Arc::new(roots),
            server_config: Arc::new(server_config),
            ca_pem: authority.pem(),
        })
    }
}

fn params(
    names: Vec<String>,
    common_name: &str,
    now: OffsetDateTime,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.not_before = now.saturating_sub(Duration::days(1));
    params.not_after = now.saturating_add(Duration::days(365));
    Ok(params)
}
