//! What a server presents that is refused: kept for the error, so that it can be seen what is wrong with it.

use std::cell::RefCell;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use super::certificate::Certificate;

tokio::task_local! {
    /// Of the TLS connection that is being made. The verifier is shared by all connections of a bridge, as
    /// sessions are only resumed under the same one; this is not.
    static REFUSED: RefCell<Vec<CertificateDer<'static>>>;
}

/// Does what makes a TLS connection, and gives with it the chain that was refused: the server's certificate
/// first, as it was presented; none if none was refused.
pub(crate) async fn with_refused<T>(connect: impl Future<Output = T>) -> (T, Vec<Certificate>) {
    let connect = async {
        let done = connect.await;
        (done, REFUSED.with(RefCell::take))
    };
    let (done, refused) = REFUSED.scope(RefCell::default(), connect).await;
    let readable = refused.iter().map(|der| Certificate::from_der(der));
    (done, readable.filter_map(Result::ok).collect())
}

/// Asks webpki, gives its answer, and keeps what it refuses.
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
            // Outside of a connection of ours nobody wants to know.
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
