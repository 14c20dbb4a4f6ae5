//! TLS with a client, and the TCP stream below it.

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::{AlertDescription, ServerConfig, ServerConnection, StreamOwned};

use super::refused::Refused;
use crate::faulty_stream::FaultyStream;

pub(crate) type TlsStream = StreamOwned<ServerConnection, FaultyStream>;

/// The stream that carries packets, and the TCP stream below it.
pub(super) trait Transport: Read + Write {
    fn tcp(&mut self) -> &mut FaultyStream;
}

impl Transport for FaultyStream {
    fn tcp(&mut self) -> &mut FaultyStream {
        self
    }
}

impl Transport for TlsStream {
    fn tcp(&mut self) -> &mut FaultyStream {
        &mut self.sock
    }
}

/// Accepts TLS as the server.
pub(super) fn start_tls(
    stream: FaultyStream,
    config: Arc<ServerConfig>,
) -> Result<TlsStream, Refused> {
    let failed = |error: rustls::Error| Refused::BrokenOff(format!("TLS: {error}"));
    let connection = ServerConnection::new(config).map_err(failed)?;
    let mut tls = StreamOwned::new(connection, stream);
    while tls.conn.is_handshaking() {
        tls.conn.complete_io(&mut tls.sock).map_err(|error| {
            let alert = error
                .get_ref()
                .and_then(|it| it.downcast_ref::<rustls::Error>());
            match alert {
                Some(rustls::Error::AlertReceived(alert)) => {
                    Refused::BrokenOff(format!("TLS: {}", describe_alert(*alert)))
                }
                Some(tls) => failed(tls.clone()),
                None => match Refused::from(error) {
                    Refused::BrokenOff(reason) => Refused::BrokenOff(format!("TLS: {reason}")),
                    Refused::Told => Refused::Told,
                },
            }
        })?;
    }
    Ok(tls)
}

/// What a client means with an alert during the handshake. Clients send `CertificateUnknown` for whatever is wrong with
/// a certificate.
fn describe_alert(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA => {
            "the client does not trust the certificate (UnknownCA): let it trust the emulator's CA certificate"
                .to_owned()
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown => {
            format!("the client refused the certificate ({alert:?})")
        }
        alert => format!("the client ended the handshake ({alert:?})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unknown_authority_is_said_to_be_one() {
        let unknown = describe_alert(AlertDescription::UnknownCA);
        assert!(unknown.contains("let it trust"), "{unknown}");
        let expired = describe_alert(AlertDescription::CertificateExpired);
        assert_eq!(
            expired,
            "the client refused the certificate (CertificateExpired)"
        );
        let version = describe_alert(AlertDescription::ProtocolVersion);
        assert_eq!(version, "the client ended the handshake (ProtocolVersion)");
    }
}
