//! A client's connection phase, on the client's side of the proxy.
//!
//! The component decides what is written, and decodes what is read. This reads exactly one packet at a time, so that
//! the bytes after an `SSLRequest` are left to TLS.

mod password;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rds_bridge::component::{
    CallError, Engine, Fault, HandshakeResponse, ServerHandshake, ServerHandshakeError, ServerStep,
};
use rds_bridge::error::packet_name;
use rds_bridge::tls::identity_names;
use rds_bridge_wire::{HEADER_LENGTH, Header};
use rustls::ServerConfig;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use crate::database_user::DatabaseUser;
use crate::refusal::Refusal;
use crate::socket::{ClientStream, Socket};
use crate::users::ClientAuthentication;

/// How long a refused client may take to read the reason.
const LINGER: Duration = Duration::from_secs(1);

/// A client that is not logged in.
pub(crate) struct Client {
    /// `None` after a failure of TLS, which leaves no stream.
    stream: Option<ClientStream>,
    handshake: ServerHandshake,
    /// The challenge that the client got last.
    scramble: [u8; 20],
    /// The packets that precede the last one of the connection phase.
    before_last: Vec<u8>,
}

/// Why a client's connection phase ended.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// The client disconnected, or its stream failed.
    #[error("the client disconnected before its login")]
    Io(#[from] io::Error),
    /// TLS with the client failed.
    #[error("TLS with the client failed")]
    Tls(#[source] io::Error),
    /// The client violated the protocol, or was not authenticated. It was told.
    #[error("{0}")]
    Refused(String),
    /// The component failed.
    #[error("the component failed")]
    Fault(#[source] Fault),
}

impl ClientError {
    /// A call of the component failed that does not depend on the client.
    pub(crate) fn of_call(error: CallError<ServerHandshakeError>) -> Self {
        match error {
            CallError::Fault(fault) => Self::Fault(fault),
            CallError::Refused(error) => Self::Refused(of_handshake(&error).message),
        }
    }
}

impl Client {
    pub(crate) fn new(
        stream: ClientStream,
        handshake: ServerHandshake,
        scramble: [u8; 20],
    ) -> Self {
        Self {
            stream: Some(stream),
            handshake,
            scramble,
            before_last: Vec::new(),
        }
    }

    /// The challenge that the client got last. It responds to it if it sends a `COM_CHANGE_USER`.
    pub(crate) fn scramble(&self) -> [u8; 20] {
        self.scramble
    }

    /// Reads the client's login. TLS is accepted with `tls`.
    pub(crate) async fn read_login(
        &mut self,
        tls: Option<&Arc<ServerConfig>>,
    ) -> Result<Box<HandshakeResponse>, ClientError> {
        let mut step = self.receive(&[]).await?;
        loop {
            step = match step {
                ServerStep::Authenticate(response) => return Ok(response),
                ServerStep::StartTls => self.start_tls(tls).await?,
                step => self.advance(step).await?,
            };
        }
    }

    /// Verifies the client's password or certificate, if the proxy requires one. Returns the caller's name.
    pub(crate) async fn authenticate(
        &mut self,
        response: &HandshakeResponse,
        authentication: &ClientAuthentication,
        database_user: DatabaseUser,
        host: &str,
    ) -> Result<String, ClientError> {
        let named = response.user.clone();
        match authentication {
            ClientAuthentication::Trust => self.trust(response).await.map(|()| named),
            ClientAuthentication::Passwords(users) => {
                self.check(response, users, host).await.map(|()| named)
            }
            ClientAuthentication::Certificates(certificates) => {
                let names = self.certificate_names();
                let caller = names
                    .as_ref()
                    .and_then(|names| certificates.caller(names, &response.user, database_user));
                match caller {
                    Some(caller) => self.trust(response).await.map(|()| caller),
                    None => self.deny_certificate(response, names, host).await,
                }
            }
        }
    }

    /// The names of the certificate that the client has sent inside TLS, which has verified it. `None` if it sent none.
    fn certificate_names(&self) -> Option<Vec<String>> {
        let Some(ClientStream::Tls(stream)) = &self.stream else {
            return None;
        };
        let (_, connection) = stream.get_ref();
        connection.peer_certificates()?.first().map(identity_names)
    }

    /// Ends the connection phase with the payload of an `OK_Packet`.
    pub(crate) async fn accept(mut self, ok_packet: &[u8]) -> Result<ClientStream, ClientError> {
        let last = self
            .handshake
            .finish(ok_packet)
            .map_err(ClientError::of_call)?;
        self.before_last.extend_from_slice(&last);
        let bytes = std::mem::take(&mut self.before_last);
        self.write(&bytes).await?;
        self.stream.take().ok_or_else(no_stream)
    }

    /// Ends the connection phase with an error.
    pub(crate) async fn refuse(mut self, refusal: &Refusal) {
        self.send_refusal(refusal).await;
    }

    /// Carries out a step, except for TLS and the authentication.
    async fn advance(&mut self, step: ServerStep) -> Result<ServerStep, ClientError> {
        match step {
            ServerStep::Write(bytes) => {
                self.write(&bytes).await?;
                self.receive(&[]).await
            }
            // The component asks for TLS and for the authentication only when it has read the client's packets.
            _ => {
                let mut header = [0; HEADER_LENGTH];
                self.stream()?.read_exact(&mut header).await?;
                let step = self.receive(&header).await?;
                let length = Header::read(header).length;
                if length == 0 {
                    return Ok(step);
                }
                // The component has checked the length.
                let mut payload = Zeroizing::new(vec![0; length]);
                self.stream()?.read_exact(&mut payload).await?;
                self.receive(&payload).await
            }
        }
    }

    async fn start_tls(
        &mut self,
        tls: Option<&Arc<ServerConfig>>,
    ) -> Result<ServerStep, ClientError> {
        let (Some(config), Some(ClientStream::Plain(socket))) = (tls, self.stream.take()) else {
            return Err(no_stream());
        };
        let accepted = accept_tls(config, socket).await?;
        self.stream = Some(accepted);
        let step = self.handshake.tls_established();
        self.step(step).await
    }

    async fn receive(&mut self, bytes: &[u8]) -> Result<ServerStep, ClientError> {
        let step = self.handshake.receive(bytes);
        self.step(step).await
    }

    /// Returns the next step. If the handshake failed, sends the client an `ERR_Packet` first.
    async fn step(
        &mut self,
        step: Result<ServerStep, CallError<ServerHandshakeError>>,
    ) -> Result<ServerStep, ClientError> {
        match step {
            Ok(step) => Ok(step),
            Err(CallError::Fault(fault)) => Err(ClientError::Fault(fault)),
            Err(CallError::Refused(error)) => {
                let refusal = of_handshake(&error);
                let reason = refusal.message.clone();
                self.send_refusal(&refusal).await;
                Err(ClientError::Refused(reason))
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        let stream = self.stream()?;
        stream.write_all(bytes).await?;
        Ok(stream.flush().await?)
    }

    fn stream(&mut self) -> Result<&mut ClientStream, ClientError> {
        self.stream.as_mut().ok_or_else(no_stream)
    }

    async fn send_refusal(&mut self, refusal: &Refusal) {
        let Ok(packet) = self.handshake.refuse(&refusal.server_error()) else {
            return;
        };
        if let Some(mut stream) = self.stream.take() {
            let _told = timeout(LINGER, tell(&mut stream, &packet)).await;
        }
    }
}

/// Sends an error in place of the server's first packet.
pub(crate) async fn refuse_at_once(engine: &Engine, socket: Socket, refusal: &Refusal) {
    let Ok(packet) = ServerHandshake::refusal(engine, &refusal.server_error()) else {
        return;
    };
    let mut stream = ClientStream::Plain(socket);
    let _told = timeout(LINGER, tell(&mut stream, &packet)).await;
}

/// Sends an error as the reply to a command, as the last packet.
pub(crate) async fn refuse_command(stream: &mut ClientStream, refusal: &Refusal) {
    let _told = timeout(LINGER, tell(stream, &refusal.reply())).await;
}

/// Writes the last packet, and reads until the client closes: closing first, with bytes unread, would discard it.
async fn tell(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), packet: &[u8]) -> io::Result<()> {
    stream.write_all(packet).await?;
    stream.shutdown().await?;
    let mut unread = [0; 1024];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}

async fn accept_tls(
    config: &Arc<ServerConfig>,
    socket: Socket,
) -> Result<ClientStream, ClientError> {
    let accepting = TlsAcceptor::from(Arc::clone(config)).accept(socket);
    match accepting.into_fallible().await {
        Ok(stream) => Ok(ClientStream::Tls(Box::new(stream))),
        Err((error, mut socket)) => {
            // TLS has sent an alert, which says why.
            let _told = timeout(LINGER, tell(&mut socket, &[])).await;
            Err(ClientError::Tls(error))
        }
    }
}

fn no_stream() -> ClientError {
    ClientError::Io(io::ErrorKind::NotConnected.into())
}

/// The error that a client receives after it violated the protocol.
fn of_handshake(error: &ServerHandshakeError) -> Refusal {
    match error {
        ServerHandshakeError::TlsRequired => Refusal::tls_required(),
        ServerHandshakeError::InvalidPacket(invalid) => {
            let (packet, field) = (packet_name(invalid.packet), &invalid.field);
            Refusal::bad_handshake(format!(
                "Bad handshake: the field {field} of {packet} is missing or invalid"
            ))
        }
        ServerHandshakeError::PacketTooLarge(packet) => {
            let (length, limit) = (packet.length, packet.limit);
            Refusal::bad_handshake(format!(
                "Bad handshake: the client sent a packet of {length} bytes, but the limit is {limit}"
            ))
        }
        ServerHandshakeError::MissingCapability(name) => {
            Refusal::bad_handshake(format!("Bad handshake: the client does not support {name}"))
        }
        ServerHandshakeError::TlsNotOffered => Refusal::bad_handshake(
            "Bad handshake: the proxy does not offer TLS: disable TLS in the client",
        ),
        _ => Refusal::bad_handshake("Bad handshake"),
    }
}
