//! Keeps a certificate chain that verification has refused, so that the error can describe it.

use std::cell::RefCell;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use super::certificate::Certificate;

tokio::task_local! {
    /// The refused chain of the TLS handshake in the current task. It cannot be a field of the verifier, which all
    /// connections of a bridge share: rustls resumes sessions only under the same verifier.
    static REFUSED: RefCell<Vec<CertificateDer<'static>>>;
}

/// Awaits a future that performs a TLS handshake. Returns its output, and the chain that verification refused: in the
/// order of the server, whose certificate is first, and empty if no chain was refused.
pub(crate) async fn with_refused<T>(connect: impl Future<Output = T>) -> (T, Vec<Certificate>) {
    let connect = async {
        let done = connect.await;
        (done, REFUSED.with(RefCell::take))
    };
    let (done, refused) = REFUSED.scope(RefCell::default(), connect).await;
    let readable = refused.iter().map(|der| Certificate::from_der(der));
    (done, readable.filter_map(Result::ok).collect())
}

/// A verifier that delegates to webpki and keeps a chain that it refuses.
#[derive(Debug)]
pub(super) struct KeepsRefused(pub(super) Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for KeepsRefused {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.0
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        if verified.is_err() {
            // Outside of `with_refused` there is no place to keep the chain.
            let _kept = REFUSED.try_with(|refused| {
                let chain = std::iter::once(end_entity).chain(intermediates);
                *refused.borrow_mut() = chain.map(|der| der.clone().into_owned()).collect();
            });
        }
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.0.root_hint_subjects()
    }
}
