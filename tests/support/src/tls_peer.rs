//! A hostile server inside TLS: it logs a client in as MySQL 8 with IAM does, accepts any token, and then sends what a
//! script contains.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use crate::acceptor::Acceptor;
use crate::certificates::{Authority, ServerCertificate};
use crate::server_packets::{Then, VAR_STRING, column, end_of_rows, error, ok, text_row};

/// A packet of this length is followed by another that continues the same payload.
const PACKET_LIMIT: usize = 0xFF_FFFF;
/// The length of an `SslRequest`: 4 bytes of header and 32 of payload.
const SSL_REQUEST_LENGTH: usize = 36;
/// A version that identifies the server as MySQL.
pub const MYSQL: &str = "8.0.39";
const MARIA_DB: &str = "5.5.5-10.11.6-MariaDB-log";
/// How long the peer waits for further commands of the same flight.
const WITH_IT: Duration = Duration::from_millis(200);
const COM_STMT_CLOSE: u8 = 0x19;
/// The beginnings of the commands that set a session up.
const SETTINGS: [&[u8]; 2] = [
    b"\x03SET NAMES utf8mb4",
    b"\x03SET SESSION TRANSACTION READ ONLY",
];
const IDENTITY: &[u8] = b"\x03SELECT CONNECTION_ID(), ";
/// The connection id, which is also in the greeting.
const CONNECTION_ID: &str = "7";

/// What the peer sends as a part of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// A payload, in as many packets as it needs. The sequence ids continue from the packet that it answers.
    Payload(Vec<u8>),
    /// Raw bytes, headers included.
    Bytes(Vec<u8>),
    /// Repeats a short payload until the client disconnects.
    Forever(Vec<u8>),
    /// Closes the connection.
    HangUp,
}

/// An answer that consists of these payloads.
#[must_use]
pub fn say(payloads: impl IntoIterator<Item = Vec<u8>>) -> Vec<Say> {
    payloads.into_iter().map(Say::Payload).collect()
}

/// How the peer treats the connection phase and the session's set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Login {
    Accepts,
    /// Refuses the commands that set the session up.
    RefusesSetUp,
    /// Completes the TLS handshake and then sends nothing.
    Silent,
}

/// A peer at 127.0.0.1, with a certificate for [`crate::expectation::ENDPOINT`]. Dropping it closes all connections.
#[derive(Debug)]
pub struct TlsPeer {
    acceptor: Acceptor,
    asked: Arc<Mutex<Vec<Vec<u8>>>>,
    folder: TempDir,
}

impl TlsPeer {
    /// Starts a peer that answers each command after the login with the next entry of the script, and disconnects when
    /// no entry is left. The commands that set the session up and those that close a prepared statement use no entry:
    /// the peer handles them itself.
    #[must_use]
    pub fn start(script: Vec<Vec<Say>>) -> Self {
        Self::with_login(script, Login::Accepts, MYSQL)
    }

    /// As [`Self::start`], with the greeting of a MariaDB server.
    #[must_use]
    pub fn as_maria_db(script: Vec<Vec<Say>>) -> Self {
        Self::with_login(script, Login::Accepts, MARIA_DB)
    }

    /// As [`Self::as_maria_db`], but refuses the commands that set the session up. It records the first other command
    /// that the client sent with them, and disconnects.
    #[must_use]
    pub fn as_maria_db_that_refuses_set_up() -> Self {
        Self::with_login(Vec::new(), Login::RefusesSetUp, MARIA_DB)
    }

    /// Starts a peer that sends nothing after the TLS handshake.
    #[must_use]
    pub fn silent_in_tls() -> Self {
        Self::with_login(Vec::new(), Login::Silent, MYSQL)
    }

    fn with_login(script: Vec<Vec<Say>>, login: Login, version: &'static str) -> Self {
        let authority = Authority::new();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(CA), authority.pem()).unwrap();
        let config = server_config(&authority);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let acceptor = Acceptor::start(move |stream| {
            // The client may disconnect before the script's end.
            let _gave_up = serve(&stream, &config, &script, (login, version), &heard);
            let _closed = stream.shutdown(Shutdown::Both);
        });
        Self {
            acceptor,
            asked,
            folder,
        }
    }

    /// The address that it listens at.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.acceptor.address()
    }

    /// The file with the certificate (PEM) of the authority that a client has to trust.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join(CA)
    }

    /// The commands that used an entry of the script, on all connections.
    #[must_use]
    pub fn asked(&self) -> Vec<Vec<u8>> {
        self.asked.lock().unwrap().clone()
    }
}

const CA: &str = "ca.pem";

/// The TLS configuration of a server with a certificate of this authority for [`crate::expectation::ENDPOINT`].
#[must_use]
pub fn server_config(authority: &Authority) -> Arc<ServerConfig> {
    let issued = authority.issue(&ServerCertificate::Good);
    // The chain also contains the authority's certificate, as RDS sends the certificates between a server and its root.
    let chain = [issued.certificate, authority.pem()]
        .map(|pem| CertificateDer::from_pem_slice(pem.as_bytes()).unwrap());
    let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.to_vec(), key)
        .unwrap();
    Arc::new(config)
}

fn serve(
    tcp: &TcpStream,
    config: &Arc<ServerConfig>,
    script: &[Vec<Say>],
    (login, version): (Login, &str),
    asked: &Mutex<Vec<Vec<u8>>>,
) -> io::Result<()> {
    let (mut tls, _) = start_tls(tcp, config, version)?;
    let (response, _) = read(&mut tls)?;
    if login == Login::Silent {
        // Waits until the client disconnects.
        return read(&mut tls).map(drop);
    }
    take_token(&mut tls, response)?;

    let mut script = script.iter();
    loop {
        let (sequence_id, payload) = read(&mut tls)?;
        let next = sequence_id.wrapping_add(1);
        if is_setting(&payload) && login == Login::RefusesSetUp {
            return refuse_set_up(&mut tls, next, asked);
        } else if is_setting(&payload) {
            tls.write_all(&frame(next, &ok(Then::Nothing)))?;
        } else if payload.starts_with(IDENTITY) {
            for (number, payload) in (0..).zip(identity()) {
                tls.write_all(&frame(next.wrapping_add(number), &payload))?;
            }
        } else if payload.first() != Some(&COM_STMT_CLOSE) {
            asked.lock().unwrap().push(payload);
            let Some(lines) = script.next() else {
                return Ok(());
            };
            if speak(&mut tls, lines, next)? == Speech::HungUp {
                return Ok(());
            }
        }
    }
}

fn is_setting(payload: &[u8]) -> bool {
    SETTINGS.iter().any(|setting| payload.starts_with(setting))
}

/// Refuses the session's set-up, after recording the first other command that the client sent with it.
fn refuse_set_up(
    tls: &mut ServerStream<'_>,
    next: u8,
    asked: &Mutex<Vec<Vec<u8>>>,
) -> io::Result<()> {
    // A client that waits for the answer first sends nothing more, and the read times out.
    tls.sock.set_read_timeout(Some(WITH_IT))?;
    while let Ok((_, payload)) = read(tls) {
        if !is_setting(&payload) && !payload.starts_with(IDENTITY) {
            asked.lock().unwrap().push(payload);
            break;
        }
    }
    let refusal = error(1227, "42000", "Access denied; you need a privilege");
    tls.write_all(&frame(next, &refusal))
}

/// Whether the connection stays open after an entry of the script.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speech {
    Ended,
    HungUp,
}

/// Sends one entry of the script, in packets numbered from `next` on.
fn speak(tls: &mut ServerStream<'_>, lines: &[Say], mut next: u8) -> io::Result<Speech> {
    for line in lines {
        match line {
            Say::Payload(payload) => {
                let packets = frame(next, payload);
                let number = (payload.len() / PACKET_LIMIT).saturating_add(1);
                next = next.wrapping_add(u8::try_from(number).unwrap());
                tls.write_all(&packets)?;
            }
            Say::Bytes(bytes) => tls.write_all(bytes)?,
            Say::Forever(payload) => loop {
                // A write has a packet for each of the 256 sequence ids, so that every write begins with the same id.
                let numbers = (0..=u8::MAX).map(|number| next.wrapping_add(number));
                let packets: Vec<u8> = numbers.flat_map(|number| frame(number, payload)).collect();
                tls.write_all(&packets)?;
            },
            Say::HangUp => return Ok(Speech::HungUp),
        }
    }
    Ok(Speech::Ended)
}

/// The reply to the query for the session's identity.
fn identity() -> [Vec<u8>; 5] {
    [
        vec![2],
        column("CONNECTION_ID()", VAR_STRING),
        column("server", VAR_STRING),
        text_row(&[CONNECTION_ID, "this one"]),
        end_of_rows(Then::Nothing),
    ]
}

/// The server's side of a TLS stream.
pub type ServerStream<'t> = StreamOwned<ServerConnection, &'t TcpStream>;

/// Sends the greeting and waits for the client's `SslRequest`. Returns the TLS stream, and the client's capabilities.
///
/// # Errors
///
/// The error of the connection.
pub fn start_tls<'t>(
    mut tcp: &'t TcpStream,
    config: &Arc<ServerConfig>,
    version: &str,
) -> io::Result<(ServerStream<'t>, u32)> {
    tcp.set_nodelay(true)?;
    tcp.write_all(&frame(0, &greeting(version)))?;
    let mut request = [0; SSL_REQUEST_LENGTH];
    tcp.read_exact(&mut request)?;
    let [_, _, _, _, a, b, c, d, ..] = request;
    let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let capabilities = u32::from_le_bytes([a, b, c, d]);
    Ok((StreamOwned::new(connection, tcp), capabilities))
}

/// Asks for a token and accepts any. `response` is the sequence id of the client's `HandshakeResponse`.
///
/// # Errors
///
/// The error of the connection.
pub fn take_token(tls: &mut ServerStream<'_>, response: u8) -> io::Result<()> {
    // As Aurora does, the `AuthSwitchRequest` has nothing after the plugin's name.
    let next = response.wrapping_add(1);
    tls.write_all(&frame(next, b"\xFEmysql_clear_password\0"))?;
    let (token, _) = read(tls)?;
    tls.write_all(&frame(token.wrapping_add(1), &ok(Then::Nothing)))
}

/// `Protocol::HandshakeV10` of MySQL 8, without compression, session tracking and multi-factor authentication.
#[must_use]
pub fn greeting(version: &str) -> Vec<u8> {
    // The capabilities of MySQL 8.0 without those three.
    const CAPABILITIES: u32 = 0x013F_FFDF;
    let [low_0, low_1, high_0, high_1] = CAPABILITIES.to_le_bytes();
    let mut payload = b"\x0A".to_vec();
    payload.extend(version.as_bytes());
    payload.extend(b"\0\x07\0\0\0abcdefgh\0");
    payload.extend([low_0, low_1, 0xFF, 2, 0, high_0, high_1, 21]);
    payload.extend([0; 10]);
    payload.extend(b"ijklmnopqrst\0caching_sha2_password\0");
    payload
}

/// Reads a packet. Returns its sequence id and its payload. It does not join packets: no client of a test sends a
/// payload of 16 MiB.
///
/// # Errors
///
/// The error of the stream.
pub fn read(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut header = [0; 4];
    stream.read_exact(&mut header)?;
    let [a, b, c, sequence_id] = header;
    let length = usize::try_from(u32::from_le_bytes([a, b, c, 0])).unwrap();
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload)?;
    Ok((sequence_id, payload))
}

/// A payload as packets, with sequence ids from `sequence_id` on.
#[must_use]
pub fn frame(sequence_id: u8, payload: &[u8]) -> Vec<u8> {
    let mut packets = Vec::new();
    let mut rest = payload;
    let mut sequence_id = sequence_id;
    loop {
        let (packet, after) = rest.split_at(rest.len().min(PACKET_LIMIT));
        let [a, b, c, _] = u32::try_from(packet.len()).unwrap().to_le_bytes();
        packets.extend([a, b, c, sequence_id]);
        packets.extend(packet);
        if packet.len() < PACKET_LIMIT {
            return packets;
        }
        rest = after;
        sequence_id = sequence_id.wrapping_add(1);
    }
}
