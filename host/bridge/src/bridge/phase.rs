//! The connection phase on a socket: does what the component's steps ask for.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use secrecy::ExposeSecret;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::component::{CallError, ClientHandshake, HandshakeError, Session, Step};
use crate::error::{Error, ErrorKind, Stage};
use crate::tls::{TlsStream, with_refused};
use rds_bridge_wire::{HEADER_LENGTH, Header};

/// Longer than every packet of the connection phase except the one with the token.
const READ_LENGTH: usize = 4 << 10;

/// The component reads no longer payload in the connection phase.
const PAYLOAD_LIMIT: usize = 64 << 10;

/// Reads the server's first packet, header and payload. Returns early if its header cannot be one of the connection
/// phase: the component then says why.
pub(super) async fn read_first_packet(tcp: &mut TcpStream) -> Result<Vec<u8>, Error> {
    let mut received = Vec::with_capacity(READ_LENGTH);
    loop {
        if let Some(Header { length, .. }) = Header::first(&received)
            && (length > PAYLOAD_LIMIT || received.len() >= length.saturating_add(HEADER_LENGTH))
        {
            return Ok(received);
        }
        read(tcp, &mut received, Stage::InitialHandshake).await?;
    }
}

/// Passes the server's first packet to the component, up to the request for TLS, which is still to be written.
pub(super) async fn agree_on_tls(
    handshake: &mut ClientHandshake,
    mut tcp: TcpStream,
    first_packet: &[u8],
) -> Result<(TcpStream, Vec<u8>), Error> {
    let step = handshake.receive(first_packet);
    let mut step = step.map_err(in_stage(Stage::Tls))?;
    loop {
        step = match step {
            Step::StartTls(ssl_request) => return Ok((tcp, ssl_request)),
            step => advance(handshake, &mut tcp, step, Stage::Tls).await?,
        };
    }
}

pub(super) async fn tls(
    config: &Arc<ClientConfig>,
    server_name: ServerName<'static>,
    ssl_request: Vec<u8>,
    tcp: TcpStream,
) -> Result<TlsStream<TcpStream>, Error> {
    let connecting = TlsStream::connect(Arc::clone(config), server_name, ssl_request, tcp);
    let (connected, refused) = with_refused(connecting).await;
    connected.map_err(|error| {
        let tls = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls {
            Some(tls) => Error::new(Stage::Tls, ErrorKind::Tls(tls.clone())).with_refused(refused),
            None => Error::of_io(Stage::Tls, error),
        }
    })
}

pub(super) async fn authenticate(
    handshake: &mut ClientHandshake,
    tls: &mut TlsStream<TcpStream>,
    mut step: Step,
) -> Result<Session, Error> {
    loop {
        step = match step {
            Step::Ready(session) => return Ok(session),
            step => advance(handshake, tls, step, Stage::Login).await?,
        };
    }
}

/// Carries out a step, except for TLS and the end.
async fn advance<S: AsyncRead + AsyncWrite + Unpin>(
    handshake: &mut ClientHandshake,
    stream: &mut S,
    step: Step,
    stage: Stage,
) -> Result<Step, Error> {
    match step {
        Step::Write(bytes) => {
            write(stream, bytes.expose_secret(), stage).await?;
            handshake.receive(&[])
        }
        // The component asks for TLS once and then ends: any other step is answered by what was received.
        Step::Read | Step::StartTls(_) | Step::Ready(_) => {
            // On the heap: an array in the future would be zeroed and moved with it for every read.
            let mut buffer = Vec::with_capacity(READ_LENGTH);
            read(stream, &mut buffer, stage).await?;
            handshake.receive(&buffer)
        }
    }
    .map_err(in_stage(stage))
}

/// Appends the bytes that the peer has sent.
async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
    stage: Stage,
) -> Result<(), Error> {
    let read = stream.read_buf(buffer).await;
    match read.map_err(|error| Error::of_io(stage, error))? {
        0 => Err(Error::new(stage, ErrorKind::Closed)),
        _ => Ok(()),
    }
}

pub(super) fn in_stage(stage: Stage) -> impl Fn(CallError<HandshakeError>) -> Error {
    move |error| Error::of_handshake(stage, error)
}

async fn write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    bytes: &[u8],
    stage: Stage,
) -> Result<(), Error> {
    let io = |error| Error::of_io(stage, error);
    stream.write_all(bytes).await.map_err(io)?;
    stream.flush().await.map_err(io)
}
