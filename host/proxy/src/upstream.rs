//! The server's side of a session: the commands that the proxy sends itself.

use std::io;
use std::time::Duration;

use rds_bridge::component::ServerError;
use rds_bridge::stages::{RawConnection, RequestedSession, WriterWatch};
use rds_bridge::tls::TlsStream;
use rds_bridge::{Error, ErrorKind, Stage};
use rds_bridge_wire::command::COM_QUERY;
use rds_bridge_wire::{ErrPacket, HEADER_LENGTH, Header, err_packet, ok_packet, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// `COM_QUIT`, as a packet.
const QUIT: [u8; 5] = [1, 0, 0, 0, 1];
/// Read-only is a guard rail: a client that writes SQL can undo it.
const READ_ONLY: &str = "SET SESSION TRANSACTION READ ONLY";
/// `CLIENT_QUERY_ATTRIBUTES`: the text of a `COM_QUERY` follows its attributes.
const CLIENT_QUERY_ATTRIBUTES: u32 = 1 << 27;
/// How long the database may take to answer a command of the proxy.
const REPLY_TIME: Duration = Duration::from_secs(10);
/// The longest reply to a command of the proxy, in bytes.
const REPLY_LIMIT: usize = 64 << 10;

/// A connection to the database after its login.
pub(crate) struct Upstream {
    raw: RawConnection,
    /// Whether the database has answered what the proxy itself has sent.
    has_answered: bool,
}

impl Upstream {
    pub(crate) fn new(raw: RawConnection) -> Self {
        Self {
            raw,
            has_answered: true,
        }
    }

    /// Checks the server's role, if one is required, and makes the session read-only, if it must be.
    pub(crate) async fn set_up(raw: RawConnection, is_read_only: bool) -> Result<Self, Error> {
        let mut this = Self::new(raw);
        this.raw.check_role().await?;
        if is_read_only {
            this.make_read_only().await?;
        }
        Ok(this)
    }

    pub(crate) fn stream(&mut self) -> &mut TlsStream<TcpStream> {
        self.raw.stream()
    }

    /// The payload of the `OK_Packet` of the last login.
    pub(crate) fn ok_packet(&self) -> &[u8] {
        &self.raw.session().ok_packet
    }

    /// Tells when the server is no longer the writer.
    pub(crate) fn writer_watch(&self) -> WriterWatch {
        self.raw.writer_watch()
    }

    /// The capabilities, and MariaDB's extended ones.
    pub(crate) fn capabilities(&self) -> (u32, u32) {
        let session = self.raw.session();
        (session.capabilities, session.mariadb_capabilities)
    }

    pub(crate) async fn change_user(
        &mut self,
        requested: &RequestedSession,
        is_read_only: bool,
    ) -> Result<(), Error> {
        self.has_answered = false;
        self.raw.change_user(requested).await?;
        self.raw.check_role().await?;
        if is_read_only {
            self.make_read_only().await?;
        }
        self.has_answered = true;
        Ok(())
    }

    /// Sends `COM_RESET_CONNECTION`, and makes the session read-only again. Returns the reply, a packet.
    pub(crate) async fn reset(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        self.has_answered = false;
        let reply = self.round_trip(command).await?;
        self.make_read_only().await?;
        self.has_answered = true;
        Ok(reply)
    }

    /// Ends the connection. An idle one is ended by `COM_QUIT`: the server counts and logs an end without it as an
    /// aborted connection. `is_idle` tells whether the client has its answers.
    pub(crate) async fn close(mut self, is_idle: bool) {
        let quits = is_idle && self.has_answered;
        let stream = self.raw.stream();
        let ending = async {
            if quits {
                stream.write_all(&QUIT).await?;
            }
            stream.shutdown().await
        };
        // The server may have ended it already.
        let _ended = timeout(REPLY_TIME, ending).await;
    }

    async fn make_read_only(&mut self) -> Result<(), Error> {
        let mut command = vec![COM_QUERY];
        if self.raw.session().capabilities & CLIENT_QUERY_ATTRIBUTES != 0 {
            // int<lenenc> parameter_count and int<lenenc> parameter_set_count, which is always 1.
            command.extend([0, 1]);
        }
        command.extend_from_slice(READ_ONLY.as_bytes());
        let reply = self.round_trip(&command).await?;
        let payload = reply.get(HEADER_LENGTH..).unwrap_or_default();
        match payload.first() {
            Some(&ok_packet::HEADER) => Ok(()),
            Some(&err_packet::HEADER) => Err(refused(payload)),
            _ => Err(Error::new(Stage::Session, ErrorKind::Closed)),
        }
    }

    /// Sends a command whose reply is one packet.
    async fn round_trip(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        let exchanging = exchange(self.raw.stream(), command);
        match timeout(REPLY_TIME, exchanging).await {
            Ok(reply) => reply.map_err(|error| Error::new(Stage::Session, ErrorKind::Io(error))),
            Err(_) => Err(Error::new(Stage::Session, ErrorKind::Timeout(REPLY_TIME))),
        }
    }
}

async fn exchange(stream: &mut TlsStream<TcpStream>, command: &[u8]) -> io::Result<Vec<u8>> {
    let header = Header {
        length: command.len(),
        sequence_id: 0,
    };
    stream.write_all(&header.write()).await?;
    stream.write_all(command).await?;
    stream.flush().await?;
    let mut reply = vec![0; HEADER_LENGTH];
    stream.read_exact(&mut reply).await?;
    let length = Header::first(&reply).map_or(0, |header| header.length);
    if length > REPLY_LIMIT {
        return Err(io::ErrorKind::InvalidData.into());
    }
    reply.resize(HEADER_LENGTH.saturating_add(length), 0);
    let payload = reply.get_mut(HEADER_LENGTH..).unwrap_or_default();
    stream.read_exact(payload).await?;
    Ok(reply)
}

fn refused(payload: &[u8]) -> Error {
    let kind = match ErrPacket::read("ERR_Packet", payload) {
        Ok(error) => ErrorKind::Server(ServerError {
            code: error.error_code,
            sql_state: error.sql_state.map(text),
            message: text(error.error_message),
        }),
        Err(_) => ErrorKind::Closed,
    };
    Error::new(Stage::Session, kind)
}
