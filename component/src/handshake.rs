//! The client's side of the connection phase, without any I/O.
//!
//! [`ClientHandshake`] processes the peer's bytes and returns the next step. It never reads the clock, and never reads
//! or writes a stream: its caller does.
//!
//! Source: MySQL Source Code Documentation, "Connection Phase".
//!
//! ```text
//!              receive                    tls_established
//! InitialHandshake ──▶ SSLRequest ─ TLS ─▶ HandshakeResponse ──▶ OK_Packet ──▶ ready
//!                                                │    ▲
//!                                                ▼    │ AuthSwitchRequest, AuthMoreData
//!                                          the method's responses
//! ```

mod auth;
mod change_user;
mod config;
mod error;
mod expect_auth_result;
mod expect_initial_handshake;
mod expect_tls;
mod session;

pub use auth::Auth;
pub use config::{Config, ConfigField, InvalidConfig};
pub use error::{Error, Misuse};
pub use session::Session;

use crate::packet::{self, CapabilityFlags, PAYLOAD_LIMIT, Packet, PacketBuffer};
use crate::secret_string::SecretBytes;
use change_user::SendChangeUser;
use expect_auth_result::{ExpectAuthResult, Next};
use expect_initial_handshake::ExpectInitialHandshake;
use expect_tls::ExpectTls;

/// The caller's next step.
#[derive(Clone, Debug)]
#[must_use = "the handshake continues only after the step is done"]
pub enum Step {
    /// Read from the peer, and call [`ClientHandshake::receive`] with the bytes.
    Read,
    /// Write all of these bytes, and call [`ClientHandshake::receive`] with none. They may contain a secret.
    Write(SecretBytes),
    /// Write all of these bytes, establish TLS, verify the server's certificate, and call
    /// [`ClientHandshake::tls_established`].
    StartTls(Vec<u8>),
    /// The connection phase is over: begin the command phase.
    Ready(Session),
}

/// One connection phase, from the server's first byte to the session.
#[derive(Debug)]
pub struct ClientHandshake {
    state: State,
    buffer: PacketBuffer,
    next_sequence_id: u8,
}

/// Each state is named for the one event that may come next, and holds what that event needs.
#[derive(Debug)]
enum State {
    ExpectInitialHandshake(ExpectInitialHandshake),
    ExpectTls(Box<ExpectTls>),
    SendChangeUser(Box<SendChangeUser>),
    ExpectAuthResult(Box<ExpectAuthResult>),
    Ready,
    Failed(Error),
}

impl ClientHandshake {
    /// Begins a handshake. The server speaks first: call [`Self::receive`] with its first bytes, or with none to get
    /// [`Step::Read`].
    ///
    /// # Errors
    ///
    /// [`InvalidConfig::TooLong`], if the character set does not fit the one byte of a handshake.
    pub fn new(config: Config) -> Result<Self, InvalidConfig> {
        let expect = ExpectInitialHandshake::new(config)?;
        Ok(Self::in_state(State::ExpectInitialHandshake(expect)))
    }

    /// Begins a `COM_CHANGE_USER` in a session that this crate or another client has authenticated **inside TLS**. The
    /// client speaks first: call [`Self::receive`] with no bytes to get [`Step::Write`].
    ///
    /// `capabilities` and `mariadb_capabilities` are those of the session, with `CLIENT_SSL`. Of the config, its
    /// capabilities and its maximum packet size have no effect.
    ///
    /// Source: MySQL Source Code Documentation, "`COM_CHANGE_USER`".
    ///
    /// # Errors
    ///
    /// [`Error::InvalidConfig`] for an invalid secret, or [`Error::MissingCapability`], also for a session without TLS.
    pub fn change_user(
        config: Config,
        capabilities: CapabilityFlags,
        mariadb_capabilities: u32,
        auth: Auth,
    ) -> Result<Self, Error> {
        let send = SendChangeUser::new(config, capabilities, mariadb_capabilities, auth)?;
        Ok(Self::in_state(State::SendChangeUser(Box::new(send))))
    }

    fn in_state(state: State) -> Self {
        Self {
            state,
            buffer: PacketBuffer::default(),
            next_sequence_id: 0,
        }
    }

    /// Processes bytes from the peer and returns the next step. Chunk boundaries do not matter: one byte at a time
    /// results in the same steps as all bytes at once. With no bytes, it returns the next step for the bytes so far.
    ///
    /// Do not call it between [`Step::StartTls`] and [`Self::tls_established`].
    ///
    /// # Errors
    ///
    /// [`Error`]. After an error, every call returns that error.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Step, Error> {
        let state = std::mem::replace(&mut self.state, State::Ready);
        let next = self.advance(state, bytes);
        self.settle(next)
    }

    /// Reports that TLS is established and that the server's certificate is verified for the intended name. The
    /// handshake receives its secret only here, so it cannot send one before TLS.
    ///
    /// # Errors
    ///
    /// [`Error`]: `auth` is invalid, or the last step was not [`Step::StartTls`]. After an error, every call returns
    /// that error.
    pub fn tls_established(&mut self, auth: Auth) -> Result<Step, Error> {
        let next = match std::mem::replace(&mut self.state, State::Ready) {
            State::ExpectTls(expect) => self.authenticate(*expect, auth),
            State::Failed(error) => Err(error),
            State::Ready => Err(Error::Misuse(Misuse::AlreadyReady)),
            State::ExpectInitialHandshake(_)
            | State::SendChangeUser(_)
            | State::ExpectAuthResult(_) => Err(Error::Misuse(Misuse::TlsNotAskedFor)),
        };
        self.settle(next)
    }

    fn authenticate(&mut self, expect: ExpectTls, auth: Auth) -> Result<(State, Step), Error> {
        auth.check().map_err(Error::InvalidConfig)?;
        let (expect, response) = expect.tls_established(auth);
        let step = Step::Write(SecretBytes::new(self.frame(response.expose())));
        Ok((State::ExpectAuthResult(Box::new(expect)), step))
    }

    fn settle(&mut self, next: Result<(State, Step), Error>) -> Result<Step, Error> {
        match next {
            Ok((state, step)) => {
                self.state = state;
                Ok(step)
            }
            Err(error) => {
                self.state = State::Failed(error.clone());
                self.buffer = PacketBuffer::default();
                Err(error)
            }
        }
    }

    fn advance(&mut self, state: State, bytes: &[u8]) -> Result<(State, Step), Error> {
        match state {
            State::ExpectInitialHandshake(expect) => {
                self.buffer.extend(bytes);
                let Some(packet) = self.next_packet()? else {
                    return Ok((State::ExpectInitialHandshake(expect), Step::Read));
                };
                let (expect, ssl_request) = expect.receive(&packet.payload)?;
                // Bytes left in the buffer came in plaintext, and must not be processed as if they came inside TLS.
                if !self.buffer.is_empty() {
                    return Err(Error::BytesBeforeTls);
                }
                let step = Step::StartTls(self.frame(&ssl_request));
                Ok((State::ExpectTls(Box::new(expect)), step))
            }
            State::ExpectTls(_) if bytes.is_empty() => {
                Err(Error::Misuse(Misuse::TlsNotEstablished))
            }
            State::ExpectTls(_) => Err(Error::BytesBeforeTls),
            State::SendChangeUser(send) if bytes.is_empty() => {
                let (expect, command) = send.send();
                let step = Step::Write(SecretBytes::new(self.frame(&command)));
                Ok((State::ExpectAuthResult(Box::new(expect)), step))
            }
            State::SendChangeUser(_) => Err(Error::BytesAfterReady),
            State::ExpectAuthResult(mut expect) => {
                self.buffer.extend(bytes);
                while let Some(packet) = self.next_packet()? {
                    match expect.receive(&packet.payload)? {
                        Next::Wait(next) => expect = Box::new(next),
                        Next::Answer(next, answer) => {
                            let packet = SecretBytes::new(self.frame(answer.expose()));
                            let state = State::ExpectAuthResult(Box::new(next));
                            return Ok((state, Step::Write(packet)));
                        }
                        Next::Ready(_) if !self.buffer.is_empty() => {
                            return Err(Error::BytesAfterReady);
                        }
                        Next::Ready(session) => return Ok((State::Ready, Step::Ready(session))),
                    }
                }
                Ok((State::ExpectAuthResult(expect), Step::Read))
            }
            State::Ready if bytes.is_empty() => Err(Error::Misuse(Misuse::AlreadyReady)),
            State::Ready => Err(Error::BytesAfterReady),
            State::Failed(error) => Err(error),
        }
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, Error> {
        let Some(packet) = self.buffer.next_packet(PAYLOAD_LIMIT)? else {
            return Ok(None);
        };
        let expected = self.next_sequence_id;
        let received = packet.sequence_id;
        // A server that times a client out sends its ERR_Packet with a wrong sequence id. Report the server's error.
        let is_error = packet.payload.first() == Some(&packet::ERR_HEADER);
        if received != expected && !is_error {
            return Err(Error::SequenceIdMismatch { expected, received });
        }
        self.next_sequence_id = received.wrapping_add(1);
        Ok(Some(packet))
    }

    fn frame(&mut self, payload: &[u8]) -> Vec<u8> {
        let packet = packet::frame(self.next_sequence_id, payload);
        self.next_sequence_id = self.next_sequence_id.wrapping_add(1);
        packet
    }
}
