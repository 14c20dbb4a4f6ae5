//! A client in its connection phase: the component decides the bytes, and this reads and writes them.

use std::io::{self, Read, Write};
use std::thread::sleep;
use std::time::Duration;

use rds_bridge::component::{
    CallError, ServerError, ServerHandshake, ServerHandshakeError, ServerStep,
};
use rds_bridge_wire::{HEADER_LENGTH, Header};
use zeroize::Zeroizing;

/// How many bytes of a payload are read at once. The component checks the announced length, and receives the payload
/// in pieces.
const PIECE_LENGTH: usize = 16 << 10;

/// The longest message that the component sends, in bytes.
const MESSAGE_LIMIT: usize = 32 << 10;

/// A client that is not logged in.
pub(super) struct Client<S> {
    pub(super) stream: S,
    handshake: ServerHandshake,
    /// The header of the last packet, or the first bytes of another protocol.
    header: [u8; HEADER_LENGTH],
    /// How long to wait before each packet that is sent.
    delay: Duration,
}

/// Why there is no next step.
pub(super) enum Failed {
    /// The client disconnected, or was silent for too long.
    Io(io::Error),
    /// The client violated the protocol, or the component failed.
    Call(CallError<ServerHandshakeError>),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<CallError<ServerHandshakeError>> for Failed {
    fn from(error: CallError<ServerHandshakeError>) -> Self {
        Self::Call(error)
    }
}

impl<S: Read + Write> Client<S> {
    pub(super) fn new(stream: S, handshake: ServerHandshake, delay: Duration) -> Self {
        Self {
            stream,
            handshake,
            header: [0; HEADER_LENGTH],
            delay,
        }
    }

    pub(super) fn handshake(&mut self) -> &mut ServerHandshake {
        &mut self.handshake
    }

    /// Begins with another handshake, before the first step.
    pub(super) fn restart(&mut self, handshake: ServerHandshake) {
        self.handshake = handshake;
    }

    /// Sends an error, the last packet. A message that contains a long name of the client is cut.
    pub(super) fn refuse(&mut self, mut error: ServerError) -> Result<(), Failed> {
        let end = error.message.floor_char_boundary(MESSAGE_LIMIT);
        error.message.truncate(end);
        let last = self.handshake.refuse(&error)?;
        Ok(self.send(&last)?)
    }

    /// The header of the last packet that was read.
    pub(super) fn header(&self) -> [u8; HEADER_LENGTH] {
        self.header
    }

    /// Carries out steps up to one that the caller must decide: TLS, or the authentication.
    pub(super) fn next_step(&mut self) -> Result<ServerStep, Failed> {
        let step = self.handshake.receive(&[])?;
        self.carry_out(step)
    }

    /// Continues inside TLS, which `upgrade` establishes: call [`Self::tls_established`].
    pub(super) fn upgrade<T: Read + Write, E>(
        self,
        upgrade: impl FnOnce(S) -> Result<T, E>,
    ) -> Result<Client<T>, E> {
        sleep(self.delay);
        Ok(Client {
            stream: upgrade(self.stream)?,
            handshake: self.handshake,
            header: self.header,
            delay: self.delay,
        })
    }

    /// Reports that TLS is established, and continues as [`Self::next_step`].
    pub(super) fn tls_established(&mut self) -> Result<ServerStep, Failed> {
        let step = self.handshake.tls_established()?;
        self.carry_out(step)
    }

    fn carry_out(&mut self, mut step: ServerStep) -> Result<ServerStep, Failed> {
        loop {
            step = match step {
                ServerStep::Read => self.read()?,
                ServerStep::Write(bytes) => {
                    self.send(&bytes)?;
                    self.handshake.receive(&[])?
                }
                ServerStep::StartTls
                | ServerStep::Authenticate(_)
                | ServerStep::PluginResponse(_) => return Ok(step),
            };
        }
    }

    /// Sends packets of the component.
    pub(super) fn send(&mut self, packets: &[u8]) -> io::Result<()> {
        sleep(self.delay);
        self.stream.write_all(packets)?;
        self.stream.flush()
    }

    /// Reads one packet, and no byte after it: after an `SSLRequest`, those bytes belong to TLS.
    fn read(&mut self) -> Result<ServerStep, Failed> {
        self.stream.read_exact(&mut self.header)?;
        let mut step = self.handshake.receive(&self.header)?;
        let mut left = Header::read(self.header).length;
        let mut piece = Zeroizing::new([0; PIECE_LENGTH]);
        while left > 0 {
            let length = left.min(PIECE_LENGTH);
            let bytes = piece.get_mut(..length).unwrap_or_default();
            self.stream.read_exact(bytes)?;
            step = self.handshake.receive(bytes)?;
            left = left.saturating_sub(length);
        }
        Ok(step)
    }
}
