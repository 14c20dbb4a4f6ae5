//! The connection phase without TLS, with a proxy on this machine. It authenticates by `caching_sha2_password`, which
//! sends a hash, and never sends a password itself.

use std::io;

use rds_bridge::component::{AuthPlugin, HandshakeError, ServerError, Session};
use rds_bridge::error::{Error, ErrorKind, Stage};
use rds_bridge::mysql::Malformed;
use rds_bridge_wire::{
    ErrPacket, HEADER_LENGTH, Header, InvalidField, OkPacket, Payload, err_packet, ok_packet, text,
};
use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::packets::{self, Greeting, PLUGIN};

/// The longest payload that is read. Those of the connection phase are shorter.
const PAYLOAD_LIMIT: usize = 64 << 10;
const AUTH_MORE_DATA: u8 = 1;
/// `fast_auth_success` and `perform_full_authentication`.
const FAST_AUTH_SUCCESS: [u8; 1] = [3];

/// Who logs in.
pub(super) struct Login<'a> {
    pub(super) user: &'a str,
    pub(super) password: &'a SecretString,
    pub(super) database: Option<&'a str>,
}

/// Decodes the proxy's first packet, or the error that it sent in its place.
pub(super) fn greeting(payload: &[u8]) -> Result<Greeting, Error> {
    if payload.first() == Some(&err_packet::HEADER) {
        return Err(refused(Stage::InitialHandshake, payload));
    }
    Greeting::read(payload).map_err(|invalid| malformed(Stage::InitialHandshake, invalid))
}

/// Reads the payload of the first packet.
pub(super) async fn read_first(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, Error> {
    Ok(read(stream, Stage::InitialHandshake).await?.1)
}

/// Logs in after the greeting. Returns what client and proxy agreed upon.
pub(super) async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    greeting: Greeting,
    login: &Login<'_>,
) -> Result<Session, Error> {
    let capabilities = greeting.agreed(login.database);
    let response = packets::response(login.password, &greeting.scramble);
    let response = packets::handshake_response(capabilities, login.user, &response, login.database);
    write(stream, 1, &response).await?;
    loop {
        let (sequence_id, payload) = read(stream, Stage::Login).await?;
        match payload.first().copied() {
            Some(ok_packet::HEADER) => return session(greeting, capabilities, payload),
            Some(err_packet::HEADER) => return Err(refused(Stage::Login, &payload)),
            // An `OK_Packet` follows.
            Some(AUTH_MORE_DATA) if payload.get(1..) == Some(&FAST_AUTH_SUCCESS) => {}
            Some(ok_packet::EOF_HEADER) => {
                let switch = packets::read_auth_switch(&payload);
                let (plugin, scramble) = switch.map_err(|it| malformed(Stage::Login, it))?;
                let scramble = match scramble {
                    Some(scramble) if plugin == PLUGIN => scramble,
                    _ => return Err(handshake(HandshakeError::UnsupportedAuthPlugin(plugin))),
                };
                let response = packets::response(login.password, &scramble);
                write(stream, sequence_id.wrapping_add(1), &response).await?;
            }
            first => {
                let first = first.unwrap_or_default();
                return Err(handshake(HandshakeError::UnexpectedPacket(first)));
            }
        }
    }
}

fn session(greeting: Greeting, capabilities: u32, payload: Vec<u8>) -> Result<Session, Error> {
    let ok = OkPacket::read("OK_Packet", &payload);
    let ok = ok.map_err(|invalid| malformed(Stage::Login, invalid))?;
    Ok(Session {
        server_version: greeting.server_version,
        connection_id: greeting.connection_id,
        capabilities,
        mariadb_capabilities: 0,
        character_set: 45,
        status_flags: ok.status_flags,
        warnings: ok.warnings,
        auth_plugin: AuthPlugin::CachingSha2Password,
        ok_packet: payload,
    })
}

/// Reads one packet: its number and its payload.
async fn read(stream: &mut (impl AsyncRead + Unpin), stage: Stage) -> Result<(u8, Vec<u8>), Error> {
    let failed = |error| of_io(stage, error);
    let mut header = [0; HEADER_LENGTH];
    stream.read_exact(&mut header).await.map_err(failed)?;
    let Header {
        length,
        sequence_id,
    } = Header::read(header);
    if length > PAYLOAD_LIMIT {
        let invalid = Payload::new("the first packet", &header).invalid("payload_length");
        return Err(malformed(stage, invalid));
    }
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await.map_err(failed)?;
    Ok((sequence_id, payload))
}

async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    sequence_id: u8,
    payload: &[u8],
) -> Result<(), Error> {
    let failed = |error| of_io(Stage::Login, error);
    let length = payload.len();
    let header = Header {
        length,
        sequence_id,
    };
    let packet = [&header.write(), payload].concat();
    stream.write_all(&packet).await.map_err(failed)?;
    stream.flush().await.map_err(failed)
}

fn refused(stage: Stage, payload: &[u8]) -> Error {
    let packet = match ErrPacket::read("ERR_Packet", payload) {
        Ok(packet) => packet,
        Err(invalid) => return malformed(stage, invalid),
    };
    Error::new(
        stage,
        ErrorKind::Server(ServerError {
            code: packet.error_code,
            sql_state: packet.sql_state.map(text),
            message: text(packet.error_message),
        }),
    )
}

fn malformed(stage: Stage, invalid: InvalidField<&'static str>) -> Error {
    Error::new(stage, ErrorKind::Malformed(Malformed::from(invalid)))
}

fn handshake(error: HandshakeError) -> Error {
    Error::new(Stage::Login, ErrorKind::Handshake(error))
}

fn of_io(stage: Stage, error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe => ErrorKind::Closed,
        _ => ErrorKind::Io(error),
    };
    Error::new(stage, kind)
}
