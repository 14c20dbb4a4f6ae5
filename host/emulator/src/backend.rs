//! A MySQL or MariaDB of the user's, which executes the statements in place of SQLite.
//!
//! The emulator verifies the client's token, logs in to the backend with a password, and copies packets in both
//! directions. The client is answered from the backend's own first packet, so both connections have the same
//! capabilities and lay out packets in the same way.

mod halves;
mod log_in;
mod plain;
mod splice;
mod tls;

use std::fmt;
use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use rds_bridge::component::ServerError;
use rds_bridge::{Error, ErrorKind, Stage};
use rds_bridge_wire::{ErrPacket, HEADER_LENGTH, Header, err_packet, text};
use secrecy::SecretString;

pub(crate) use halves::split;
pub(crate) use log_in::{BackendStream, LoggedIn};
pub(crate) use splice::splice;

/// How long the backend may take for each step of a login: MySQL's default of `connect_timeout`.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// The longest packet of a login, in bytes. Those of servers have about a hundred.
const PACKET_LIMIT: usize = 64 << 10;
/// `utf8mb4_general_ci`, for a client that names no collation.
const DEFAULT_COLLATION: u16 = 45;

/// A MySQL or MariaDB on this machine that executes the statements of the emulator's clients.
///
/// Each client gets a session of this user at the backend. The session has the privileges that the backend grants this
/// user, whatever the name of the client's user is.
///
/// TLS is used if the backend offers it. Its certificate is not verified, so it must listen on a loopback address.
#[derive(Clone)]
pub struct Backend {
    address: String,
    user: String,
    password: SecretString,
}

impl Backend {
    /// The backend at this address, a host name or IP address and a port, with this user. The user has no password,
    /// unless [`Self::password`] sets it.
    #[must_use]
    pub fn new(address: impl Into<String>, user: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            user: user.into(),
            password: SecretString::default(),
        }
    }

    /// Sets the user's password. It authenticates with `caching_sha2_password`, `mysql_native_password` and, inside TLS
    /// and where the library has it, `client_ed25519`. Without TLS, the password itself is never sent, which
    /// `caching_sha2_password` requests at a user's first login since the backend's start.
    #[must_use]
    pub fn password(mut self, password: impl Into<SecretString>) -> Self {
        self.password = password.into();
        self
    }

    /// Resolves the address. The error says what is wrong with the setting.
    pub(crate) fn resolve(self) -> Result<Resolved, String> {
        let address = &self.address;
        if self.user.is_empty() {
            return Err("the user name is empty".to_owned());
        }
        let resolved = address.to_socket_addrs();
        let addresses: Vec<_> = resolved
            .map_err(|error| {
                if error.kind() == io::ErrorKind::InvalidInput {
                    format!("{address:?} is not HOST:PORT, such as 127.0.0.1:3306")
                } else {
                    format!("cannot resolve {address:?}: {error}")
                }
            })?
            .collect();
        if let Some(public) = addresses.iter().find(|it| !it.ip().is_loopback()) {
            return Err(format!(
                "{public} is not a loopback address, but the emulator does not verify the backend's certificate: \
                 forward a local port to it, for example with `ssh -L`, and give 127.0.0.1 and that port"
            ));
        }
        Ok(Resolved {
            addresses,
            backend: self,
        })
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            address,
            user,
            password: _,
        } = self;
        f.debug_struct("Backend")
            .field("address", address)
            .field("user", user)
            .field("password", &"<redacted>")
            .finish()
    }
}

/// A backend and its addresses.
pub(crate) struct Resolved {
    addresses: Vec<SocketAddr>,
    backend: Backend,
}

/// A connection to the backend after its first packet.
pub(crate) struct Greeted {
    tcp: TcpStream,
    first_packet: Vec<u8>,
}

impl Resolved {
    /// Connects, and reads the first packet.
    pub(crate) fn greet(&self) -> Result<Greeted, Error> {
        let mut tcp = self.connect()?;
        let io = |error| of_io(Stage::Connect, error);
        let limited = tcp
            .set_read_timeout(Some(TIME_LIMIT))
            .and_then(|()| tcp.set_write_timeout(Some(TIME_LIMIT)))
            .and_then(|()| tcp.set_nodelay(true));
        limited.map_err(io)?;
        let first_packet = read_packet(&mut tcp).map_err(io)?;
        let payload = first_packet.get(HEADER_LENGTH..).unwrap_or_default();
        if payload.first() == Some(&err_packet::HEADER)
            && let Ok(error) = ErrPacket::read("ERR_Packet", payload)
        {
            let error = ServerError {
                code: error.error_code,
                sql_state: error.sql_state.map(text),
                message: text(error.error_message),
            };
            return Err(Error::new(Stage::Connect, ErrorKind::Server(error)));
        }
        Ok(Greeted { tcp, first_packet })
    }

    fn connect(&self) -> Result<TcpStream, Error> {
        let mut failures = Vec::new();
        for address in &self.addresses {
            match TcpStream::connect_timeout(address, TIME_LIMIT) {
                Ok(tcp) => return Ok(tcp),
                Err(error) => failures.push((*address, error)),
            }
        }
        Err(Error::new(Stage::Connect, ErrorKind::Connect(failures)))
    }
}

impl Greeted {
    /// The first packet: header and payload.
    pub(crate) fn first_packet(&self) -> &[u8] {
        &self.first_packet
    }
}

/// Reads one packet, and no byte after it.
fn read_packet(tcp: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut header = [0; HEADER_LENGTH];
    tcp.read_exact(&mut header)?;
    let length = Header::read(header).length;
    if length > PACKET_LIMIT {
        let why = format!("the backend sent a packet of {length} bytes: is it a MySQL server?");
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    let mut packet = vec![0; HEADER_LENGTH.saturating_add(length)];
    let (first, payload) = packet.split_at_mut(HEADER_LENGTH);
    first.copy_from_slice(&header);
    tcp.read_exact(payload)?;
    Ok(packet)
}

fn of_io(stage: Stage, error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::UnexpectedEof => ErrorKind::Closed,
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => ErrorKind::Timeout(TIME_LIMIT),
        _ => ErrorKind::Io(error),
    };
    Error::new(stage, kind)
}
