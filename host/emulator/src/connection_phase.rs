//! The connection phase, from the initial handshake until the client is accepted or refused.
//!
//! The component writes the packets and decodes those of the client, in an instance for each client. This module
//! decides which clients are accepted, and which error the others receive.

mod auth_switch_tail;
mod client;
mod refusal;
mod refused;
mod tls;

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use mysql_common::constants::{CapabilityFlags, StatusFlags};
use rds_bridge::Error;
use rds_bridge::component::{
    self, CallError, HandshakeResponse, Identity, ServerHandshake, ServerStep, TlsPolicy,
};
use rds_bridge::error::Chain;
use rustls::ServerConfig;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::backend::{BackendStream, Greeted, LoggedIn, Resolved};
use super::event::EventKind;
use super::fault::{Faults, Refusal};
use super::faulty_stream::FaultyStream;
use super::judge::{Verdict, judge};
use super::packets::{self, Done};
use super::peer::Peer;
use super::server_error::ServerError;
use super::{Shared, Store};
use auth_switch_tail::tail;
use client::{Client, Failed};
use refusal::{error_in_place_of_greeting, of_backend, violated, without_tls};
use refused::Refused;
use tls::{Transport, start_tls};

pub(super) use tls::TlsStream;

const CLEAR_PASSWORD: &str = "mysql_clear_password";
const TOO_FAST: &str = "the token is valid, but there were more new connections in a second than \
                        the emulator is set to allow";
/// The id of `utf8mb4_0900_ai_ci`, MySQL 8's default collation. The field has one byte.
const CHARACTER_SET: u8 = 255;
/// What the command phase supports. The component adds the capabilities of the connection phase.
const CAPABILITIES: CapabilityFlags = CapabilityFlags::CLIENT_LONG_PASSWORD
    .union(CapabilityFlags::CLIENT_FOUND_ROWS)
    .union(CapabilityFlags::CLIENT_LONG_FLAG)
    .union(CapabilityFlags::CLIENT_TRANSACTIONS)
    .union(CapabilityFlags::CLIENT_MULTI_STATEMENTS)
    .union(CapabilityFlags::CLIENT_MULTI_RESULTS)
    .union(CapabilityFlags::CLIENT_PS_MULTI_RESULTS)
    .union(CapabilityFlags::CLIENT_DEPRECATE_EOF);

/// An authenticated client: its connection, capabilities and user name.
pub(super) struct Login {
    pub(super) stream: TlsStream,
    /// How long to wait before each reply.
    pub(super) delay: Duration,
    pub(super) capabilities: CapabilityFlags,
    pub(super) user: String,
    /// The session at the backend, if there is one.
    pub(super) backend: Option<BackendStream>,
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
        faults: shared.faults(),
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
    faults: Faults,
}

impl<'a> Attempt<'a> {
    fn connect(&mut self, tls: Arc<ServerConfig>, tcp: TcpStream) -> Result<Login, Refused> {
        let scramble = component::scramble()?;
        let handshake = self.handshake(&scramble)?;
        let stream = FaultyStream::new(tcp, self.faults.cut_after);
        let mut plain = Client::new(stream, handshake, self.faults.delay);
        self.refuse_before_greeting(&mut plain)?;
        let greeted = self.greet(&mut plain, &scramble)?;
        self.expect_ssl_request(&mut plain)?;

        let mut client = plain.upgrade(|stream| start_tls(stream, tls))?;
        let established = client.tls_established();
        let ServerStep::Authenticate(response) = self.decided(&mut client, established)? else {
            return Err(out_of_turn());
        };
        self.user = Some(response.user.clone());
        self.check_response(&mut client, &response)?;
        let token = self.token(&mut client, &response, &scramble)?;
        if let Err((error, reason)) = self.verdict(&response.user, &token) {
            return self.refuse(&mut client, error, reason);
        }
        match greeted {
            None => self.accept(client, &response, token.len()),
            Some((backend, greeted)) => {
                let logged_in = backend.log_in(greeted, &self.shared.engine, &response);
                self.accept_at_backend(client, &response, token.len(), logged_in)
            }
        }
    }

    /// Connects to the backend, if there is one, whose first packet the client then gets.
    fn greet(
        &self,
        plain: &mut Client<FaultyStream>,
        scramble: &[u8; 20],
    ) -> Result<Option<(&'a Resolved, Greeted)>, Refused> {
        let Store::Backend(backend) = &self.shared.store else {
            return Ok(None);
        };
        let greeted = match backend.greet() {
            Ok(greeted) => greeted,
            Err(error) => return self.refuse(plain, of_backend(&error), Chain(&error).to_string()),
        };
        let (engine, packet) = (&self.shared.engine, greeted.first_packet());
        match ServerHandshake::start_as(engine, packet, 0, scramble, self.tls_policy()) {
            Ok(handshake) => plain.restart(handshake),
            Err(error) => {
                let reason = format!("the backend's first packet is not a MySQL greeting: {error}");
                return self.refuse(plain, ServerError::new(1105, "HY000", &reason), reason);
            }
        }
        Ok(Some((backend, greeted)))
    }

    fn handshake(&self, scramble: &[u8; 20]) -> Result<ServerHandshake, Refused> {
        let identity = Identity {
            server_version: &self.shared.version,
            connection_id: self.peer.connection_id,
            capabilities: CAPABILITIES.bits(),
            mariadb_capabilities: 0,
            character_set: CHARACTER_SET,
            status_flags: StatusFlags::SERVER_STATUS_AUTOCOMMIT.bits(),
        };
        let (engine, policy) = (&self.shared.engine, self.tls_policy());
        Ok(ServerHandshake::start(engine, identity, scramble, policy)?)
    }

    /// TLS is required. It is only offered to the client, so that the component reports who has tried without.
    fn tls_policy(&self) -> TlsPolicy {
        if self.faults.no_tls {
            TlsPolicy::None
        } else {
            TlsPolicy::Offered
        }
    }

    /// A server that cannot accept a connection sends an error in place of the initial handshake.
    fn refuse_before_greeting(&self, plain: &mut Client<FaultyStream>) -> Result<(), Refused> {
        if let Some(error) = error_in_place_of_greeting(&self.faults) {
            return self.refuse(plain, error, "the emulator is set to refuse it");
        }
        if self.shared.connections.are_too_many() {
            let error = ServerError::too_many_connections();
            return self.refuse(plain, error, "too many connections");
        }
        Ok(())
    }

    fn expect_ssl_request(&mut self, plain: &mut Client<FaultyStream>) -> Result<(), Refused> {
        let next = match plain.next_step() {
            Err(Failed::Io(error))
                if self.faults.no_tls && error.kind() == io::ErrorKind::UnexpectedEof =>
            {
                let reason = "the client disconnected because the emulator is set not to offer TLS";
                return Err(Refused::BrokenOff(reason.to_owned()));
            }
            next => next,
        };
        match self.decided(plain, next)? {
            ServerStep::StartTls => Ok(()),
            ServerStep::Authenticate(response) => {
                self.user = Some(response.user);
                let error = ServerError::secure_transport_required();
                self.refuse(plain, error, without_tls(&self.faults))
            }
            _ => Err(out_of_turn()),
        }
    }

    /// Refuses a client that asks for another database, or that does not support authentication plugins.
    fn check_response(
        &self,
        client: &mut Client<TlsStream>,
        response: &HandshakeResponse,
    ) -> Result<(), Refused> {
        if let Some(wrong) = &response.database
            && let Store::Sqlite(database) = &self.shared.store
            && let name = database.name()
            && wrong != name
        {
            let reason = format!("unknown database {wrong:?}: the only one is {name:?}");
            let error = ServerError::unknown_database(wrong);
            return self.refuse(client, error, reason);
        }
        if !capabilities(response).contains(CapabilityFlags::CLIENT_PLUGIN_AUTH) {
            let reason = "the client does not support authentication plugins";
            let error = ServerError::auth_plugin_not_supported();
            return self.refuse(client, error, reason);
        }
        Ok(())
    }

    fn accept(
        &self,
        client: Client<TlsStream>,
        response: &HandshakeResponse,
        token_bytes: usize,
    ) -> Result<Login, Refused> {
        self.note(EventKind::Accepted { token_bytes });
        let done = Done {
            status: StatusFlags::SERVER_STATUS_AUTOCOMMIT,
            ..Done::default()
        };
        self.finish(client, response, &packets::ok(done), None)
    }

    /// As [`Self::accept`], with the backend's answer.
    fn accept_at_backend(
        &self,
        mut client: Client<TlsStream>,
        response: &HandshakeResponse,
        token_bytes: usize,
        logged_in: Result<LoggedIn, Error>,
    ) -> Result<Login, Refused> {
        match logged_in {
            Ok(LoggedIn { stream, ok_packet }) => {
                self.note(EventKind::Accepted { token_bytes });
                self.finish(client, response, &ok_packet, Some(stream))
            }
            Err(error) => {
                let reason = format!(
                    "the token is valid, but the login to the backend failed: {}",
                    Chain(&error)
                );
                self.refuse(&mut client, of_backend(&error), reason)
            }
        }
    }

    fn finish(
        &self,
        mut client: Client<TlsStream>,
        response: &HandshakeResponse,
        ok_packet: &[u8],
        backend: Option<BackendStream>,
    ) -> Result<Login, Refused> {
        let last = client.handshake().finish(ok_packet)?;
        client.send(&last)?;
        Ok(Login {
            stream: client.stream,
            delay: self.faults.delay,
            capabilities: capabilities(response),
            user: response.user.clone(),
            backend,
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
        client: &mut Client<TlsStream>,
        response: &HandshakeResponse,
        scramble: &[u8; 20],
    ) -> Result<Zeroizing<Vec<u8>>, Refused> {
        let sent = response.auth_response.expose_secret();
        if response.auth_plugin.as_deref() == Some(CLEAR_PASSWORD) && !sent.is_empty() {
            return Ok(without_nul(sent));
        }
        let tail = tail(self.faults.auth_switch_tail, scramble);
        let request = client.handshake().switch_plugin(CLEAR_PASSWORD, &tail)?;
        client.send(&request)?;
        let answer = match client.next_step() {
            Err(Failed::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                let reason = "the client disconnected when asked for mysql_clear_password: enable \
                              its cleartext plugin";
                return Err(Refused::BrokenOff(reason.to_owned()));
            }
            answer => self.decided(client, answer)?,
        };
        match answer {
            ServerStep::PluginResponse(answer) => Ok(without_nul(answer.expose_secret())),
            _ => Err(out_of_turn()),
        }
    }

    fn verdict(&self, user: &str, token: &[u8]) -> Result<(), (ServerError, String)> {
        let address = self.peer.address.ip();
        let denied = || ServerError::access_denied(user, address);
        judge(self.shared, self.peer, user, token).map_err(|verdict| match verdict {
            Verdict::Refused(reason) => (denied(), reason),
            // The token was not verified, and may be valid.
            Verdict::NotJudged(fault) => (ServerError::too_many_connections(), fault.to_string()),
        })?;
        if !self.shared.within_rate(token) {
            return Err((denied(), TOO_FAST.to_owned()));
        }
        let reason = "the token is valid, but the emulator is set to refuse it".to_owned();
        match self.faults.refuse {
            Some(Refusal::AccountLocked) => {
                let message =
                    format!("Access denied for user '{user}'@'{address}'. Account is locked.");
                Err((ServerError::new(3118, "HY000", message), reason))
            }
            Some(_) => Err((denied(), reason)),
            None => Ok(()),
        }
    }

    /// Returns the step. If the client violated the protocol, tells it so.
    fn decided<S: Transport>(
        &self,
        client: &mut Client<S>,
        step: Result<ServerStep, Failed>,
    ) -> Result<ServerStep, Refused> {
        match step {
            Ok(step) => Ok(step),
            Err(Failed::Call(CallError::Refused(violation))) => {
                let (error, reason) = violated(&violation, client.header(), &self.faults);
                self.refuse(client, error, reason)
            }
            Err(failed) => Err(failed.into()),
        }
    }

    /// Records the refusal with its true reason, and sends the client the error.
    fn refuse<S: Transport, T>(
        &self,
        client: &mut Client<S>,
        error: impl Into<component::ServerError>,
        reason: impl Into<String>,
    ) -> Result<T, Refused> {
        let (error, reason) = (error.into(), reason.into());
        let code = error.code;
        self.note(EventKind::Refused { code, reason });
        // The client may have disconnected already.
        if client.refuse(error).is_ok() {
            let _closed = client.stream.tcp().linger();
        }
        Err(Refused::Told)
    }
}

/// The capabilities in force.
fn capabilities(response: &HandshakeResponse) -> CapabilityFlags {
    CapabilityFlags::from_bits_truncate(response.capabilities)
}

/// The component has asked for something that its contract does not provide for.
fn out_of_turn() -> Refused {
    Refused::BrokenOff("the component returned an unexpected step".to_owned())
}

/// A text that may end with a NUL.
fn without_nul(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(bytes.strip_suffix(b"\0").unwrap_or(bytes).to_vec())
}
