//! The stages from a TCP connection to TLS.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tracing::{Instrument, debug_span};

use super::{CredentialsReady, RequestedSession, TlsEstablished};
use crate::bridge::Inner;
use crate::bridge::connect::STAGES;
use crate::bridge::phase::{agree_on_tls, in_stage, read_first_packet, tls};
use crate::component::{
    CallError, ClientHandshake, Config, ConnectionAttribute, Instance, ServerError,
};
use crate::error::{Error, ErrorKind, Stage};
use crate::protocol::err_packet;
use rds_bridge_wire::{HEADER_LENGTH, Header};

/// `utf8mb4_general_ci`, which every server knows. Setting up the session replaces it with the server's default
/// collation.
const CHARACTER_SET: u16 = 45;

/// The server has accepted the connection.
#[must_use]
pub struct TcpConnected {
    pub(super) ready: CredentialsReady,
    pub(super) tcp: TcpStream,
}

impl TcpConnected {
    /// The address that accepted the connection.
    ///
    /// # Errors
    ///
    /// The system's error from `getpeername`.
    pub fn peer_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }

    /// Reads the server's first packet.
    ///
    /// # Errors
    ///
    /// [`Stage::InitialHandshake`] if the connection ends before the packet does, or the server refuses the connection.
    pub async fn read_initial_handshake(self) -> Result<InitialHandshakeReceived, Error> {
        let Self { ready, mut tcp } = self;
        let attempt = &ready.attempt;
        // Makes the instance while the server writes.
        let instance = attempt.engine()?.instantiate();
        let instance =
            instance.map_err(|fault| in_stage(Stage::InitialHandshake)(CallError::Fault(fault)));
        let limit = attempt.bridge.timeouts.tls;
        let began = Instant::now();
        let reading = read_first_packet(&mut tcp);
        let reading = attempt
            .deadline
            .within(Stage::InitialHandshake, limit, reading);
        let read = reading
            .instrument(debug_span!(target: STAGES, "initial_handshake"))
            .await;
        let received = attempt.explain(read)?;
        if let Some(refusal) = refusal(&received) {
            let error = Error::new(Stage::InitialHandshake, ErrorKind::ServerBeforeTls(refusal));
            return attempt.explain(Err(error));
        }
        Ok(InitialHandshakeReceived {
            instance: attempt.explain(instance)?,
            tls_limit: limit.saturating_sub(began.elapsed()),
            ready,
            tcp,
            received,
        })
    }
}

/// The server has sent its first packet.
#[must_use]
pub struct InitialHandshakeReceived {
    pub(super) ready: CredentialsReady,
    tcp: TcpStream,
    instance: Instance,
    /// The first packet, and what came with it.
    received: Vec<u8>,
    /// What is left of [`Timeouts::tls`](crate::Timeouts). The time between the two stages does not count.
    tls_limit: Duration,
}

impl InitialHandshakeReceived {
    /// The server's first packet, header and payload: `Protocol::HandshakeV10`. If the peer is not a MySQL server, it
    /// is the beginning of what the peer sent: its first four bytes, read as a header, claim more than a packet of the
    /// connection phase. The bytes came before TLS: anyone on the path may have altered them.
    #[must_use]
    pub fn first_packet(&self) -> &[u8] {
        first_packet(&self.received)
    }

    /// Ends the stages before TLS: the TCP connection, and the bytes that were received on it. For a program that
    /// speaks to a proxy on its own machine without TLS. Send no token and no password on it.
    #[must_use]
    pub fn into_stream(self) -> (TcpStream, Vec<u8>) {
        (self.tcp, self.received)
    }

    /// Requests TLS and makes the TLS handshake. The token is signed meanwhile.
    ///
    /// # Errors
    ///
    /// [`Stage::Tls`], with the certificates that were refused; [`Stage::Token`]; [`Stage::Settings`] if the clock is
    /// before 1970.
    pub async fn start_tls(self) -> Result<TlsEstablished, Error> {
        self.start(None).await
    }

    /// Starts TLS, for the session that the client of a proxy requests, or else for the bridge's own.
    pub(super) async fn start(
        self,
        requested: Option<&RequestedSession>,
    ) -> Result<TlsEstablished, Error> {
        let Self {
            ready,
            tcp,
            instance,
            received,
            tls_limit,
        } = self;
        let CredentialsReady {
            attempt,
            authenticator,
        } = ready;
        let bridge = &attempt.bridge;
        let user = bridge.user_with(&authenticator);
        let mut handshake = match requested {
            Some(session) => session.begin_handshake(instance, user)?,
            None => begin_handshake(bridge, instance, user)?,
        };
        let establishing = async {
            let agreed = agree_on_tls(&mut handshake, tcp, &received).await;
            let (tcp, ssl_request) = agreed?;
            let tls = tls(&bridge.tls, bridge.server_name.clone(), ssl_request, tcp);
            // Signs while the server computes its part of the TLS handshake. The instance of the MySQL handshake is
            // idle until TLS is established.
            let signing = async {
                let signing = debug_span!(target: STAGES, "token");
                signing.in_scope(|| bridge.auth(&authenticator, handshake.instance()))
            };
            tokio::try_join!(tls, signing)
        };
        let establishing = attempt.deadline.within(Stage::Tls, tls_limit, establishing);
        let established = establishing
            .instrument(debug_span!(target: STAGES, "tls"))
            .await;
        let (tls, auth) = attempt.explain(established)?;
        Ok(TlsEstablished {
            attempt,
            handshake,
            tls,
            auth,
        })
    }
}

/// The error, if the server has sent an `ERR_Packet` in place of its handshake, as it does when it has too many
/// connections.
///
/// Anything else that the server must not send is for the component to judge, when TLS starts.
fn refusal(received: &[u8]) -> Option<ServerError> {
    let Header {
        length,
        sequence_id,
    } = Header::first(received)?;
    let (packet, rest) = received.split_at_checked(HEADER_LENGTH.checked_add(length)?)?;
    let payload = packet.get(HEADER_LENGTH..)?;
    let is_error = payload.first() == Some(&err_packet::HEADER);
    if !is_error || sequence_id != 0 || !rest.is_empty() {
        return None;
    }
    err_packet::read(payload).ok()
}

fn first_packet(received: &[u8]) -> &[u8] {
    let length = Header::first(received).map_or(0, |header| header.length);
    let end = HEADER_LENGTH.saturating_add(length);
    received.get(..end).unwrap_or(received)
}

/// Starts the component's connection phase. Nothing is read or written yet.
fn begin_handshake(
    bridge: &Inner,
    instance: Instance,
    user: &str,
) -> Result<ClientHandshake, Error> {
    let attributes: Vec<ConnectionAttribute<'_>> = bridge
        .attributes
        .iter()
        .map(|(name, value)| ConnectionAttribute { name, value })
        .collect();
    let config = Config {
        database: bridge.database.as_deref(),
        connection_attributes: &attributes,
        character_set: CHARACTER_SET,
        ..Config::new(user)
    };
    ClientHandshake::start_in(instance, &config).map_err(in_stage(Stage::Tls))
}
