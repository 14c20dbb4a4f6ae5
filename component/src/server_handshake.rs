//! The server's side of the connection phase, without any I/O.
//!
//! [`ServerHandshake`] processes the client's bytes and returns the next step. Its caller reads and writes the stream,
//! and decides whether the client is authenticated: this module has the methods that take a hash of the password.
//!
//! Source: MySQL Source Code Documentation, "Connection Phase".
//!
//! ```text
//!              receive         tls_established
//! InitialHandshake ──▶ SSLRequest ─ TLS ─▶ HandshakeResponse ──▶ authenticate ──▶ finish: OK_Packet or ERR_Packet
//!                 └────────────────────────────▲                     │    ▲
//!                        without TLS                                 ▼    │ the client's answers
//!                                                      AuthSwitchRequest, AuthMoreData
//! ```

mod authentication;
mod config;
mod error;
mod expect_response;
mod handshake_response;
mod send_initial_handshake;
mod server_error;
mod stored_hash;
mod transitions;

pub use config::{ConfigField, Identity, InvalidConfig, TlsPolicy};
pub use error::{Error, Misuse};
pub use handshake_response::HandshakeResponse;

use crate::packet::{
    CapabilityFlags, ChangeUser, ERR_HEADER, OK_HEADER, PacketBuffer, PacketTooLarge, ServerError,
};
use crate::secret_string::SecretBytes;
use authentication::Authentication;
use config::check_length;
use expect_response::{ExpectResponse, PROTOCOL_41};
use send_initial_handshake::SendInitialHandshake;
use server_error::error_payload;

/// The longest `HandshakeResponse41` inside TLS, and the longest `COM_CHANGE_USER`, in bytes: the connection attributes
/// alone may have 65,535. Before TLS the limit is [`PAYLOAD_LIMIT`](crate::packet::PAYLOAD_LIMIT).
const RESPONSE_LIMIT: usize = 131_072;

/// The caller's next step.
#[derive(Clone, Debug)]
#[must_use = "the handshake continues only after the step is done"]
pub enum Step {
    /// Read from the client, and call [`ServerHandshake::receive`] with the bytes. Before TLS, do not read beyond the
    /// packet that its header announces: after an `SSLRequest`, the client begins TLS without waiting.
    Read,
    /// Write all of these bytes, and call [`ServerHandshake::receive`] with none.
    Write(Vec<u8>),
    /// Accept TLS as the server, call [`ServerHandshake::tls_established`], and then [`ServerHandshake::receive`].
    StartTls,
    /// The client sent its response. Authenticate it: call [`ServerHandshake::switch_plugin`],
    /// [`ServerHandshake::more_data`] or [`ServerHandshake::finish`].
    Authenticate(Box<HandshakeResponse>),
    /// The client answered [`ServerHandshake::switch_plugin`] or [`ServerHandshake::more_data`]. Continue as after
    /// [`Self::Authenticate`].
    PluginResponse(SecretBytes),
}

/// One connection phase, from the server's first byte to its last packet.
#[derive(Debug)]
pub struct ServerHandshake {
    state: State,
    buffer: PacketBuffer,
    next_sequence_id: u8,
}

/// Each state is named for the one event that may come next, and holds what that event needs.
#[derive(Debug)]
enum State {
    SendInitialHandshake(Box<SendInitialHandshake>),
    ExpectFirstPacket(Box<ExpectResponse>),
    ExpectTls(Box<ExpectResponse>),
    ExpectHandshakeResponse(Box<ExpectResponse>),
    /// A `COM_CHANGE_USER` contains the response.
    ReportResponse(Box<(Authentication, HandshakeResponse)>),
    ExpectDecision(Box<Authentication>),
    /// After an `AuthSwitchRequest`, which a client must answer.
    ExpectAnswer(Box<Authentication>),
    /// After an `AuthMoreData`, which a client answers or not: its content decides.
    ExpectAnswerOrDecision(Box<Authentication>),
    Finished,
    Failed(Error),
}

impl ServerHandshake {
    /// Begins the handshake of a server that describes itself. The server speaks first: call [`Self::receive`] with no
    /// bytes to get [`Step::Write`].
    ///
    /// `scramble` has 20 bytes, none of them 0, from a secure random source: a new one for each connection.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidConfig`].
    pub fn start(identity: Identity, scramble: &[u8], tls: TlsPolicy) -> Result<Self, Error> {
        let scramble = config::scramble(scramble)?;
        let send = SendInitialHandshake::new(identity, scramble, tls)?;
        Ok(Self::in_state(
            State::SendInitialHandshake(Box::new(send)),
            0,
        ))
    }

    /// Begins the handshake of a server that presents itself as another one, from that one's first packet: header and
    /// payload. Version, connection id, collation, status and MariaDB's extended capabilities are the same, and the
    /// capabilities except for `withheld_capabilities`, those that this crate does not support, and those of the
    /// connection phase, which ends here.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidConfig`] for the scramble, or [`Error::InvalidPacket`] for the packet.
    pub fn start_as(
        initial_handshake: &[u8],
        withheld_capabilities: CapabilityFlags,
        scramble: &[u8],
        tls: TlsPolicy,
    ) -> Result<Self, Error> {
        let scramble = config::scramble(scramble)?;
        let send =
            SendInitialHandshake::new_as(initial_handshake, withheld_capabilities, scramble, tls)?;
        Ok(Self::in_state(
            State::SendInitialHandshake(Box::new(send)),
            0,
        ))
    }

    /// Begins the authentication that a client requests with a `COM_CHANGE_USER`: call [`Self::receive`] with no bytes
    /// to get [`Step::Authenticate`].
    ///
    /// `command` is the payload. The capabilities are those in force in the session. `scramble` is the one that the
    /// client got last, in the session's handshake.
    ///
    /// Source: MySQL Source Code Documentation, "`COM_CHANGE_USER`".
    ///
    /// # Errors
    ///
    /// [`Error::InvalidConfig`] for the scramble; [`Error::PacketTooLarge`] or [`Error::InvalidPacket`] for the command.
    pub fn change_user(
        command: &[u8],
        capabilities: CapabilityFlags,
        mariadb_capabilities: u32,
        scramble: &[u8],
        is_tls: bool,
    ) -> Result<Self, Error> {
        let scramble = config::scramble(scramble)?;
        let (length, limit) = (command.len(), RESPONSE_LIMIT);
        if length > limit {
            return Err(PacketTooLarge { length, limit }.into());
        }
        let response = ChangeUser::read(command, capabilities, mariadb_capabilities)?;
        let response = HandshakeResponse::new(response, capabilities, mariadb_capabilities, is_tls);
        let authentication = Authentication::new(&response, scramble);
        let state = State::ReportResponse(Box::new((authentication, response)));
        Ok(Self::in_state(state, 1))
    }

    fn in_state(state: State, next_sequence_id: u8) -> Self {
        Self {
            state,
            buffer: PacketBuffer::default(),
            next_sequence_id,
        }
    }

    /// Processes bytes from the client and returns the next step. Chunk boundaries do not matter: one byte at a time
    /// results in the same steps as all bytes at once. With no bytes, it returns the next step for the bytes so far.
    ///
    /// Do not call it between [`Step::StartTls`] and [`Self::tls_established`].
    ///
    /// # Errors
    ///
    /// [`Error`]. After an error, every call but [`Self::finish`] and [`Self::refuse`] returns that error.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Step, Error> {
        let state = std::mem::replace(&mut self.state, State::Finished);
        let next = self.advance(state, bytes);
        self.settle(next)
    }

    /// Reports that TLS is established with the client. Then call [`Self::receive`].
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`], if the last step was not [`Step::StartTls`]; or the earlier error.
    pub fn tls_established(&mut self) -> Result<(), Error> {
        let error = match std::mem::replace(&mut self.state, State::Finished) {
            State::ExpectTls(expect) => {
                self.state = State::ExpectHandshakeResponse(expect);
                return Ok(());
            }
            State::Failed(error) => error,
            State::Finished => Error::Misuse(Misuse::AlreadyFinished),
            _ => Error::Misuse(Misuse::TlsNotAskedFor),
        };
        Err(self.fail(error))
    }

    /// Returns an `AuthSwitchRequest` to write, which requests a response of another authentication method. Then call
    /// [`Self::receive`].
    ///
    /// For `caching_sha2_password` and `mysql_native_password`, `data` is a new scramble of 20 bytes, none of them 0,
    /// which the packet terminates by a NUL. For every other method, it is sent unchanged. Request
    /// `mysql_clear_password` only inside TLS or on a Unix socket: some clients send the password in plaintext.
    ///
    /// # Errors
    ///
    /// [`Error::MissingCapability`], if the client does not know authentication plugins; [`Error::InvalidConfig`];
    /// [`Error::Misuse`]; or the earlier error.
    pub fn switch_plugin(&mut self, plugin: &str, data: &[u8]) -> Result<Vec<u8>, Error> {
        self.decide(|authentication| {
            let payload = authentication.switch_plugin(plugin, data)?;
            Ok((payload, State::ExpectAnswer))
        })
    }

    /// Returns an `AuthMoreData` to write. After `[3]` (`fast_auth_success` of `caching_sha2_password`), the client
    /// waits for [`Self::finish`]. After `[4]` (`perform_full_authentication`), it sends the password inside TLS: call
    /// [`Self::receive`].
    ///
    /// # Errors
    ///
    /// As [`Self::switch_plugin`].
    pub fn more_data(&mut self, data: &[u8]) -> Result<Vec<u8>, Error> {
        self.decide(|authentication| {
            let payload = authentication.more_data(data)?;
            Ok((payload, State::ExpectAnswerOrDecision))
        })
    }

    /// Returns the last packet to write, with this payload of an `OK_Packet` or an `ERR_Packet`. An error may be sent at
    /// any time, also after this handshake has failed. Every later call is a [`Misuse`].
    ///
    /// # Errors
    ///
    /// [`Error::InvalidConfig`], if the payload is not one of the two; [`Error::Misuse`], if it is an `OK_Packet` and
    /// the client has not sent a response, or must still answer; [`Error::BytesOutOfTurn`], if the client has begun the
    /// command phase before it got an `OK_Packet`; or the earlier error.
    pub fn finish(&mut self, payload: &[u8]) -> Result<Vec<u8>, Error> {
        if matches!(self.state, State::Finished) {
            return Err(Error::Misuse(Misuse::AlreadyFinished));
        }
        let checked = check_length(ConfigField::Payload, payload).map_err(Error::from);
        let allowed = checked.and_then(|()| match payload.first() {
            Some(&ERR_HEADER) => Ok(()),
            Some(&OK_HEADER) => self.check_acceptance(),
            Some(_) => Err(InvalidConfig::Invalid(ConfigField::Payload).into()),
            None => Err(InvalidConfig::Empty(ConfigField::Payload).into()),
        });
        if let Err(error) = allowed {
            return Err(self.fail(error));
        }
        self.state = State::Finished;
        self.buffer = PacketBuffer::default();
        Ok(self.frame(payload))
    }

    /// As [`Self::finish`], with an `ERR_Packet` that this function encodes. The SQLSTATE is omitted where the protocol
    /// has none: for clients without `CLIENT_PROTOCOL_41`, and in place of the server's first packet (such as 1040, too
    /// many connections).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidConfig`]; or [`Error::Misuse`] after the last packet.
    pub fn refuse(&mut self, error: &ServerError) -> Result<Vec<u8>, Error> {
        if matches!(self.state, State::Finished) {
            return Err(Error::Misuse(Misuse::AlreadyFinished));
        }
        let is_in_place_of_the_first_packet = self.next_sequence_id == 0;
        let is_for_an_old_client = matches!(
            self.state,
            State::Failed(Error::MissingCapability(PROTOCOL_41))
        );
        let has_sql_state = !is_in_place_of_the_first_packet && !is_for_an_old_client;
        match error_payload(error, has_sql_state) {
            Ok(payload) => self.finish(&payload),
            Err(invalid) => Err(self.fail(invalid.into())),
        }
    }

    /// Whether the client's last response proves that it knows the password whose `SHA256(SHA256(password))` is
    /// `stored`, by `caching_sha2_password` and the last scramble. The time does not depend on the values. An empty
    /// response proves nothing.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidConfig`], if `stored` has not 32 bytes; [`Error::Misuse`] without a response; or the earlier
    /// error.
    pub fn verify_caching_sha2(&mut self, stored: &[u8]) -> Result<bool, Error> {
        self.verify(|authentication| authentication.verify_caching_sha2(stored))
    }

    /// As [`Self::verify_caching_sha2`], by `mysql_native_password`: `stored` is `SHA1(SHA1(password))`, 20 bytes.
    ///
    /// # Errors
    ///
    /// As [`Self::verify_caching_sha2`].
    pub fn verify_native_password(&mut self, stored: &[u8]) -> Result<bool, Error> {
        self.verify(|authentication| authentication.verify_native_password(stored))
    }
}

#[cfg(test)]
mod tests;
