//! A peer that logs a client in as MySQL 8 with IAM does, takes any token, and then says what a script
//! says: a hostile server, inside TLS.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::ops::ControlFlow;
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

/// A packet of this length is followed by another that goes on with the same payload.
const PACKET_LIMIT: usize = 0xFF_FFFF;
/// Its header and its 32 bytes.
const SSL_REQUEST_LENGTH: usize = 36;
/// The version of a MySQL.
pub const MYSQL: &str = "8.0.39";
const MARIA_DB: &str = "5.5.5-10.11.6-MariaDB-log";
/// What is sent in one flight comes within this.
const WITH_IT: Duration = Duration::from_millis(200);
const COM_STMT_CLOSE: u8 = 0x19;
/// What prepares a session, by how it begins.
const SETTINGS: [&[u8]; 2] = [
    b"\x03SET NAMES utf8mb4",
    b"\x03SET SESSION TRANSACTION READ ONLY",
];
const IDENTITY: &[u8] = b"\x03SELECT CONNECTION_ID(), ";
/// In the greeting, too.
const CONNECTION_ID: &str = "7";

/// What it says when it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// A payload, in as many packets as it takes, numbered on from the packet that asked.
    Payload(Vec<u8>),
    /// Bytes as they are, headers and all.
    Bytes(Vec<u8>),
    /// A short payload again and again, until the other side goes.
    Forever(Vec<u8>),
    /// Ends the connection.
    HangUp,
}

/// Payloads, one after the other.
#[must_use]
pub fn say(payloads: impl IntoIterator<Item = Vec<u8>>) -> Vec<Say> {
    payloads.into_iter().map(Say::Payload).collect()
}

/// How far the connection phase goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Login {
    Accepts,
    /// It does not let the session be prepared.
    RefusesSetUp,
    /// TLS is established, and nothing is ever said in it.
    Silent,
}

/// A peer at 127.0.0.1, with a certificate for [`crate::expectation::ENDPOINT`]. Dropped, it closes all
/// connections.
#[derive(Debug)]
pub struct TlsPeer {
    acceptor: Acceptor,
    asked: Arc<Mutex<Vec<Vec<u8>>>>,
    folder: TempDir,
}

impl TlsPeer {
    /// Starts a peer that answers each packet after the login with the script's next entry, and hangs up
    /// when there is none left. What prepares the session, and what closes a prepared statement, is dealt with and
    /// does not count.
    #[must_use]
    pub fn start(script: Vec<Vec<Say>>) -> Self {
        Self::with_login(script, Login::Accepts, MYSQL)
    }

    /// As [`Self::start`], and greets as MariaDB.
    #[must_use]
    pub fn as_maria_db(script: Vec<Vec<Say>>) -> Self {
        Self::with_login(script, Login::Accepts, MARIA_DB)
    }

    /// As [`Self::as_maria_db`], and refuses what prepares the session, notes what comes with it, and hangs up.
    #[must_use]
    pub fn as_maria_db_that_refuses_set_up() -> Self {
        Self::with_login(Vec::new(), Login::RefusesSetUp, MARIA_DB)
    }

    /// Starts a peer that says nothing once TLS stands.
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
            // That the other side gives up before the script's end is no business of ours.
            let _gave_up = serve(&stream, &config, &script, (login, version), &heard);
            let _closed = stream.shutdown(Shutdown::Both);
        });
        Self {
            acceptor,
            asked,
            folder,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.acceptor.address()
    }

    /// The certificate of the authority that a client is to trust, as PEM.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join(CA)
    }

    /// The payloads that have counted, on all connections: what the script answered.
    #[must_use]
    pub fn asked(&self) -> Vec<Vec<u8>> {
        self.asked.lock().unwrap().clone()
    }
}

const CA: &str = "ca.pem";

/// The side of a server that shows a certificate of this authority for [`crate::expectation::ENDPOINT`].
#[must_use]
pub fn server_config(authority: &Authority) -> Arc<ServerConfig> {
    let issued = authority.issue(&ServerCertificate::Good);
    // The authority's own too, as RDS sends what is between a server and its root.
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
        // Until the other side goes.
        return read(&mut tls).map(drop);
    }
    take_token(&mut tls, response)?;

    let mut script = script.iter();
    loop {
        let (sequence_id, payload) = read(&mut tls)?;
        let mut next = sequence_id.wrapping_add(1);
        let is_setting = SETTINGS.iter().any(|setting| payload.starts_with(setting));
        if is_setting && login == Login::RefusesSetUp {
            return refuse_set_up(tcp, &mut tls, next, asked);
        }
        if is_setting {
            tls.write_all(&frame(next, &ok(Then::Nothing)))?;
            continue;
        }
        if payload.starts_with(IDENTITY) {
            for payload in identity() {
                tls.write_all(&frame(next, &payload))?;
                next = next.wrapping_add(1);
            }
            continue;
        }
        if payload.first() == Some(&COM_STMT_CLOSE) {
            continue;
        }
        asked.lock().unwrap().push(payload);
        let Some(lines) = script.next() else {
            return Ok(());
        };
        if answer(&mut tls, lines, next)?.is_break() {
            return Ok(());
        }
    }
}

/// Refuses the settings of a session, after what may have been sent with them.
fn refuse_set_up(
    tcp: &TcpStream,
    tls: &mut (impl Read + Write),
    sequence_id: u8,
    asked: &Mutex<Vec<Vec<u8>>>,
) -> io::Result<()> {
    // Who waits for the answer has sent nothing with it.
    tcp.set_read_timeout(Some(WITH_IT))?;
    while let Ok((_, payload)) = read(tls) {
        if !is_set_up(&payload) {
            asked.lock().unwrap().push(payload);
            break;
        }
    }
    let refusal = error(1227, "42000", "Access denied; you need a privilege");
    tls.write_all(&frame(sequence_id, &refusal))
}

/// Says an entry of the script, whose first packet has this number. It breaks where the script hangs up.
fn answer(tls: &mut impl Write, lines: &[Say], mut next: u8) -> io::Result<ControlFlow<()>> {
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
                // As many as there are numbers, so that each write begins with the same.
                let numbers = (0..=u8::MAX).map(|number| next.wrapping_add(number));
                let packets: Vec<u8> = numbers.flat_map(|number| frame(number, payload)).collect();
                tls.write_all(&packets)?;
            },
            Say::HangUp => return Ok(ControlFlow::Break(())),
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn is_set_up(payload: &[u8]) -> bool {
    let begins = |with: &[u8]| payload.starts_with(with);
    begins(IDENTITY) || SETTINGS.into_iter().any(begins)
}

/// The reply to the question which session it is.
fn identity() -> [Vec<u8>; 5] {
    [
        vec![2],
        column("CONNECTION_ID()", VAR_STRING),
        column("server", VAR_STRING),
        text_row(&[CONNECTION_ID, "this one"]),
        end_of_rows(Then::Nothing),
    ]
}

/// The server's side of TLS, in a connection.
pub type ServerStream<'t> = StreamOwned<ServerConnection, &'t TcpStream>;

/// Greets, waits until the client asks for TLS, and gives it with the client's capabilities.
///
/// # Errors
///
/// What the connection says.
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

/// Asks for a token and takes any, behind the client's response of that number.
///
/// # Errors
///
/// What the connection says.
pub fn take_token(tls: &mut ServerStream<'_>, response: u8) -> io::Result<()> {
    // As Aurora does: nothing behind the name.
    let next = response.wrapping_add(1);
    tls.write_all(&frame(next, b"\xFEmysql_clear_password\0"))?;
    let (token, _) = read(tls)?;
    tls.write_all(&frame(token.wrapping_add(1), &ok(Then::Nothing)))
}

/// `Protocol::HandshakeV10`, with all that MySQL 8 has but compression, session tracking and multi-factor
/// authentication.
#[must_use]
pub fn greeting(version: &str) -> Vec<u8> {
    // All that 8.0 has but compression, session tracking and multi-factor authentication.
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

/// A packet's number and payload. No client of a test sends one of 16 MiB.
///
/// # Errors
///
/// What the stream says.
pub fn read(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut header = [0; 4];
    stream.read_exact(&mut header)?;
    let [a, b, c, sequence_id] = header;
    let length = usize::try_from(u32::from_le_bytes([a, b, c, 0])).unwrap();
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload)?;
    Ok((sequence_id, payload))
}

/// The packets of a payload, numbered from `sequence_id` on.
#[must_use]
pub fn frame(sequence_id: u8, payload: &[u8]) -> Vec<u8> {
    let mut packets = Vec::new();
    let mut rest = payload;
    let mut sequence_id = sequence_id;
    loop {
        let (packet, behind) = rest.split_at(rest.len().min(PACKET_LIMIT));
        let [a, b, c, _] = u32::try_from(packet.len()).unwrap().to_le_bytes();
        packets.extend([a, b, c, sequence_id]);
        packets.extend(packet);
        if packet.len() < PACKET_LIMIT {
            return packets;
        }
        rest = behind;
        sequence_id = sequence_id.wrapping_add(1);
    }
}
