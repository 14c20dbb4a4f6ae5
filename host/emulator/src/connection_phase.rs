//! The connection phase, from the initial handshake until the client is accepted or refused.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use mysql_common::constants::{CapabilityFlags, StatusFlags};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use zeroize::Zeroizing;

use super::Shared;
use super::event::EventKind;
use super::fault::{Faults, Refusal};
use super::faulty_stream::FaultyStream;
use super::judge::{Verdict, judge};
use super::packets::{self, CLEAR_PASSWORD, Done, HandshakeResponse};
use super::peer::Peer;
use super::server_error::ServerError;
use super::stranger;
use super::wire::{PacketStream, Unacceptable};

pub(super) type TlsStream = StreamOwned<ServerConnection, FaultyStream>;

/// An authenticated client: its connection, capabilities and user name.
pub(super) struct Login {
    pub(super) stream: PacketStream<TlsStream>,
    pub(super) capabilities: CapabilityFlags,
    pub(super) user: String,
}

/// Why a client was not accepted.
enum Refused {
    /// The client has received an error, and the event is recorded.
    Told,
    /// The client disconnected, was silent for too long, or violated the protocol.
    BrokenOff(String),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::BrokenOff(match error.kind() {
            io::ErrorKind::UnexpectedEof => "the client disconnected".to_owned(),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                "the client sent nothing for too long".to_owned()
            }
            _ => error.to_string(),
        })
    }
}

/// Runs the connection phase and records its result as an event. Returns the login if the client was accepted.
pub(super) fn run(
    shared: &Shared,
    tls: Arc<ServerConfig>,
    tcp: TcpStream,
    peer: Peer,
) -> Option<Login> {
    let mut attempt = Attempt {
        shared,
        peer,
        user: None,
    };
    match attempt.connect(tls, tcp) {
        Ok(login) => Some(login),
        Err(Refused::Told) => None,
        Err(Refused::BrokenOff(reason)) => {
            attempt.note(EventKind::BrokenOff { reason });
            None
        }
    }
}

/// A client's attempt to log in.
struct Attempt<'a> {
    shared: &'a Shared,
    peer: Peer,
    /// The user name, once the client has sent it.
    user: Option<String>,
}

impl Attempt<'_> {
    fn connect(&mut self, tls: Arc<ServerConfig>, tcp: TcpStream) -> Result<Login, Refused> {
        let shared = self.shared;
        let faults = shared.faults();
        let stream = FaultyStream::new(tcp, faults.cut_after);
        let mut plain = PacketStream::new(stream, faults.delay);
        self.refuse_before_greeting(&mut plain, &faults)?;
        let scramble = scramble()?;
        let (version, id) = (&shared.version, self.peer.connection_id);
        let greeting = packets::initial_handshake(version, id, &scramble, !faults.no_tls);
        plain.write(&greeting)?;
        self.expect_ssl_request(&mut plain, &faults)?;

        let mut stream = plain.upgrade(|stream| start_tls(stream, tls))?;
        let mut response = self.expect_handshake_response(&mut stream)?;
        self.check_response(&mut stream, &response)?;
        let token = self.token(&mut stream, &mut response, &faults, &scramble)?;
        if let Err((error, reason)) = verdict(shared, self.peer, &response.user, &token, &faults) {
            return self.refuse(&mut stream, error, reason, true);
        }
        self.accept(stream, response, token.len())
    }

    /// A server that cannot accept a connection sends an error in place of the initial handshake.
    fn refuse_before_greeting(
        &self,
        plain: &mut PacketStream<FaultyStream>,
        faults: &Faults,
    ) -> Result<(), Refused> {
        if let Some(error) = error_in_place_of_greeting(faults) {
            let reason = "the configured fault";
            return self.refuse(plain, error, reason, false);
        }
        if self.shared.connections.are_too_many() {
            let error = ServerError::too_many_connections();
            let reason = "too many connections";
            return self.refuse(plain, error, reason, false);
        }
        Ok(())
    }

    fn expect_ssl_request(
        &mut self,
        plain: &mut PacketStream<FaultyStream>,
        faults: &Faults,
    ) -> Result<(), Refused> {
        let request = match plain.read() {
            Err(error) if faults.no_tls && error.kind() == io::ErrorKind::UnexpectedEof => {
                let reason =
                    "the client disconnected because TLS was not offered: the configured fault";
                return Err(Refused::BrokenOff(reason.to_owned()));
            }
            received => self.packet(plain, received)?,
        };
        let Some(capabilities) = packets::client_capabilities(&request) else {
            let reason = "the first packet is not one of MySQL 4.1 or later";
            return self.refuse(plain, ServerError::bad_handshake(), reason, true);
        };
        if !capabilities.contains(CapabilityFlags::CLIENT_SSL) || faults.no_tls {
            self.user = HandshakeResponse::read(&request).ok().map(|it| it.user);
            let reason = match faults.no_tls {
                true => "without TLS, which was not offered: the configured fault",
                false => "without TLS: enable it in the client",
            };
            let error = ServerError::secure_transport_required();
            return self.refuse(plain, error, reason, true);
        }
        Ok(())
    }

    fn expect_handshake_response(
        &mut self,
        stream: &mut PacketStream<TlsStream>,
    ) -> Result<HandshakeResponse, Refused> {
        let received = stream.read();
        let response = Zeroizing::new(self.packet(stream, received)?);
        match HandshakeResponse::read(&response) {
            Ok(response) => {
                self.user = Some(response.user.clone());
                Ok(response)
            }
            Err(malformed) => {
                let error = ServerError::bad_handshake();
                self.refuse(stream, error, malformed.to_string(), true)
            }
        }
    }

    /// Refuses a client that asks for another database, or that does not support authentication plugins.
    fn check_response(
        &self,
        stream: &mut PacketStream<TlsStream>,
        response: &HandshakeResponse,
    ) -> Result<(), Refused> {
        let name = self.shared.database.name();
        if let Some(wrong) = &response.database
            && wrong != name
        {
            let reason = format!("unknown database {wrong:?}: the only one is {name:?}");
            let error = ServerError::unknown_database(wrong);
            return self.refuse(stream, error, reason, true);
        }
        if response.auth_plugin.is_none() {
            let reason = "the client does not support authentication plugins";
            let error = ServerError::auth_plugin_not_supported();
            return self.refuse(stream, error, reason, true);
        }
        Ok(())
    }

    fn accept(
        &self,
        mut stream: PacketStream<TlsStream>,
        response: HandshakeResponse,
        token_bytes: usize,
    ) -> Result<Login, Refused> {
        self.note(EventKind::Accepted { token_bytes });
        let done = Done {
            status: StatusFlags::SERVER_STATUS_AUTOCOMMIT,
            ..Done::default()
        };
        stream.write(&packets::ok(done))?;
        stream.flush()?;
        Ok(Login {
            stream,
            capabilities: response.capabilities,
            user: response.user,
        })
    }

    /// Records an event. It is called before the reply is sent, so that a test finds the event once its client has the
    /// reply.
    fn note(&self, kind: EventKind) {
        self.shared.note(self.peer, self.user.as_deref(), kind);
    }

    /// Returns the token. It is requested with an `AuthSwitchRequest`, unless the client has already sent it by the
    /// same plugin.
    fn token(
        &self,
        stream: &mut PacketStream<TlsStream>,
        response: &mut HandshakeResponse,
        faults: &Faults,
        scramble: &[u8; 20],
    ) -> Result<Zeroizing<Vec<u8>>, Refused> {
        let has_sent = response.auth_plugin.as_deref() == Some(CLEAR_PASSWORD)
            && !response.auth_response.is_empty();
        let mut token = match has_sent {
            true => std::mem::take(&mut response.auth_response),
            false => {
                let request = packets::auth_switch_request(faults.auth_switch_tail, scramble);
                stream.write(&request)?;
                let received = match stream.read() {
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                        let reason = "the client disconnected when asked for \
                                      mysql_clear_password: enable its cleartext plugin";
                        return Err(Refused::BrokenOff(reason.to_owned()));
                    }
                    received => self.packet(stream, received)?,
                };
                Zeroizing::new(received)
            }
        };
        if token.last() == Some(&0) {
            token.pop();
        }
        Ok(token)
    }

    /// Returns the packet that was read. If it is not acceptable in a connection phase, sends the client an error.
    fn packet<S: Transport>(
        &self,
        stream: &mut PacketStream<S>,
        received: io::Result<Vec<u8>>,
    ) -> Result<Vec<u8>, Refused> {
        received.or_else(|error| {
            let inner = error.get_ref();
            let Some(what) = inner.and_then(|it| it.downcast_ref::<Unacceptable>()) else {
                return Err(error.into());
            };
            let reason = match stranger::protocol(what.header) {
                Some(protocol) => {
                    format!("not a MySQL client: its first bytes look like {protocol}")
                }
                None => what.to_string(),
            };
            self.refuse(stream, ServerError::bad_handshake(), reason, true)
        })
    }

    /// Records the refusal with its true reason, and sends the client the error.
    fn refuse<S: Transport, T>(
        &self,
        stream: &mut PacketStream<S>,
        error: ServerError,
        reason: impl Into<String>,
        has_sql_state: bool,
    ) -> Result<T, Refused> {
        let (code, reason) = (error.code, reason.into());
        self.note(EventKind::Refused { code, reason });
        // The client may have disconnected already.
        let _sent = stream
            .write(&packets::err(&error, has_sql_state))
            .and_then(|()| stream.flush())
            .and_then(|()| stream.get_mut().tcp().linger());
        Err(Refused::Told)
    }
}

/// The stream that carries packets, and the TCP stream below it.
trait Transport: Read + Write {
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

fn error_in_place_of_greeting(faults: &Faults) -> Option<ServerError> {
    match faults.refuse? {
        Refusal::TooManyConnections => Some(ServerError::too_many_connections()),
        Refusal::HostBlocked => {
            let message = "Host '127.0.0.1' is blocked because of many connection errors; unblock \
                           with 'mysqladmin flush-hosts'";
            Some(ServerError::new(1129, "HY000", message))
        }
        Refusal::AccessDenied | Refusal::AccountLocked => None,
    }
}

fn verdict(
    shared: &Shared,
    peer: Peer,
    user: &str,
    token: &[u8],
    faults: &Faults,
) -> Result<(), (ServerError, String)> {
    let denied = || ServerError::access_denied(user, peer.address.ip());
    judge(shared, peer, user, token).map_err(|verdict| match verdict {
        Verdict::Refused(reason) => (denied(), reason),
        // The token was not verified, and may be valid.
        Verdict::NotJudged(fault) => (ServerError::too_many_connections(), fault.to_string()),
    })?;
    if !shared.within_rate(token) {
        let reason = "the token is valid, but there were too many new connections within a second";
        return Err((denied(), reason.to_owned()));
    }
    let reason = "the token is valid; the configured fault refuses it".to_owned();
    match faults.refuse {
        Some(Refusal::AccountLocked) => {
            let client = peer.address.ip();
            let message = format!("Access denied for user '{user}'@'{client}'. Account is locked.");
            Err((ServerError::new(3118, "HY000", message), reason))
        }
        Some(_) => Err((denied(), reason)),
        None => Ok(()),
    }
}

/// The server's challenge: 20 random 7-bit characters without NUL.
fn scramble() -> Result<[u8; 20], Refused> {
    let mut scramble = [0; 20];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut scramble)
        .map_err(|_| Refused::BrokenOff("cannot generate random numbers".to_owned()))?;
    Ok(scramble.map(|byte| (byte & 0x7F).max(1)))
}

fn start_tls(stream: FaultyStream, config: Arc<ServerConfig>) -> Result<TlsStream, Refused> {
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
