//! TLS with a client, and the TCP stream below it.

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

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
                Some(rustls::Error::AlertReceived(alert)) => Refused::BrokenOff(format!(
                    "TLS: the client refuses the certificate ({alert:?}): does it trust the \
                     emulator's authority?"
                )),
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
