//! The login at the backend, with the capabilities that the client has as well.

use std::io::{Read, Write};
use std::net::TcpStream;

use rds_bridge::component::{
    Auth, CallError, ClientHandshake, Config, ConnectionAttribute, Engine, HandshakeError,
    HandshakeResponse, Session, Step,
};
use rds_bridge::{Error, ErrorKind, Stage};
use rustls::{ClientConnection, StreamOwned};
use secrecy::ExposeSecret;

use super::tls::dangerous_loopback_connection;
use super::{DEFAULT_COLLATION, Greeted, Resolved, of_io, plain};

/// How many bytes are read at once.
const PIECE_LENGTH: usize = 16 << 10;

type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// The connection after its login.
pub(crate) struct BackendStream {
    pub(crate) tcp: TcpStream,
    /// `None` if the backend offers no TLS.
    pub(crate) tls: Option<ClientConnection>,
}

/// A session at the backend.
pub(crate) struct LoggedIn {
    pub(crate) stream: BackendStream,
    /// The payload of the `OK_Packet` of the login.
    pub(crate) ok_packet: Vec<u8>,
}

impl Resolved {
    /// Logs in, with the database and the settings that the client has sent.
    pub(crate) fn log_in(
        &self,
        greeted: Greeted,
        engine: &Engine,
        client: &HandshakeResponse,
    ) -> Result<LoggedIn, Error> {
        let attributes: Vec<_> = client
            .connection_attributes
            .iter()
            .map(|(name, value)| ConnectionAttribute { name, value })
            .collect();
        let config = Config {
            database: client.database.as_deref(),
            connection_attributes: &attributes,
            character_set: match client.character_set {
                0 => DEFAULT_COLLATION,
                collation => collation,
            },
            capabilities: Some(client.capabilities),
            mariadb_capabilities: client.mariadb_capabilities,
            max_packet_size: Some(client.max_packet_size).filter(|size| *size > 0),
            ..Config::new(&self.backend.user)
        };
        let Greeted {
            mut tcp,
            first_packet,
        } = greeted;
        let before_tls = |error| of_call(Stage::Tls, error);
        let mut handshake = ClientHandshake::start(engine, &config).map_err(before_tls)?;
        let request = match handshake.receive(&first_packet) {
            Ok(Step::StartTls(request)) => request,
            Err(CallError::Refused(HandshakeError::TlsNotOffered)) => {
                let login = (&*self.backend.user, &self.backend.password);
                let ok_packet = plain::log_in(&mut tcp, &first_packet, login, client)?;
                let stream = BackendStream { tcp, tls: None };
                return Ok(LoggedIn { stream, ok_packet });
            }
            Ok(_) => return Err(Error::new(Stage::Tls, ErrorKind::Closed)),
            Err(error) => return Err(before_tls(error)),
        };
        let written = tcp.write_all(&request);
        written.map_err(|error| of_io(Stage::Tls, error))?;
        let mut stream = start_tls(tcp)?;
        let auth = Auth::Password(self.backend.password.clone());
        let step = handshake.tls_established(auth);
        let session = inside_tls(&mut stream, &mut handshake, step)?;
        let (tls, tcp) = stream.into_parts();
        Ok(LoggedIn {
            stream: BackendStream {
                tcp,
                tls: Some(tls),
            },
            ok_packet: session.ok_packet,
        })
    }
}

fn start_tls(tcp: TcpStream) -> Result<TlsStream, Error> {
    let failed = |error| Error::new(Stage::Tls, ErrorKind::Tls(error));
    let connection = dangerous_loopback_connection().map_err(failed)?;
    let mut stream = StreamOwned::new(connection, tcp);
    while stream.conn.is_handshaking() {
        let completed = stream.conn.complete_io(&mut stream.sock);
        completed.map_err(|error| {
            let tls = error.get_ref().and_then(|it| it.downcast_ref());
            match tls {
                Some(tls) => failed(rustls::Error::clone(tls)),
                None => of_io(Stage::Tls, error),
            }
        })?;
    }
    Ok(stream)
}

/// Carries out the steps up to the end of the connection phase.
fn inside_tls(
    stream: &mut TlsStream,
    handshake: &mut ClientHandshake,
    first: Result<Step, CallError<HandshakeError>>,
) -> Result<Session, Error> {
    let io = |error| of_io(Stage::Login, error);
    let mut step = first;
    loop {
        step = match step.map_err(|error| of_call(Stage::Login, error))? {
            Step::Ready(session) => return Ok(session),
            Step::Write(bytes) => {
                let written = stream.write_all(bytes.expose_secret());
                written.and_then(|()| stream.flush()).map_err(io)?;
                handshake.receive(&[])
            }
            Step::Read => {
                let mut piece = [0; PIECE_LENGTH];
                let length = stream.read(&mut piece).map_err(io)?;
                if length == 0 {
                    return Err(Error::new(Stage::Login, ErrorKind::Closed));
                }
                handshake.receive(piece.get(..length).unwrap_or_default())
            }
            // The component asks for TLS once.
            Step::StartTls(_) => return Err(Error::new(Stage::Login, ErrorKind::Closed)),
        };
    }
}

fn of_call(stage: Stage, error: CallError<HandshakeError>) -> Error {
    let kind = match error {
        CallError::Refused(HandshakeError::ServerRefused(error)) => ErrorKind::Server(error),
        CallError::Refused(HandshakeError::ServerRefusedBeforeTls(error)) => {
            ErrorKind::ServerBeforeTls(error)
        }
        CallError::Refused(error) => ErrorKind::Handshake(error),
        CallError::Fault(fault) => ErrorKind::Fault(fault),
    };
    Error::new(stage, kind)
}
