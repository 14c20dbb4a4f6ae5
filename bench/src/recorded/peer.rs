//! Logs everybody in, as RDS does with a token, and answers from the recording.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use rds_bridge_test_support::certificates::{Authority, ServerCertificate};
use rds_bridge_test_support::server_packets::{Then, ok};
use rds_bridge_test_support::tls_peer::{frame, greeting};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};
use tempfile::TempDir;

use super::Recording;
use crate::rows::{COM_QUERY, COM_STMT_EXECUTE, COM_STMT_PREPARE, STATEMENT};
use crate::settings::Settings;

const CLIENT_DEPRECATE_EOF: u32 = 0x0100_0000;
const COM_QUIT: u8 = 0x01;
const COM_STMT_CLOSE: u8 = 0x19;
/// Its header and its 32 bytes.
const SSL_REQUEST_LENGTH: usize = 36;
/// More would only wait in memory: rustls takes no more at once.
const WRITE_LENGTH: usize = 64 << 10;

/// A peer at 127.0.0.1, each connection in a thread of its own until the process ends.
pub struct Peer {
    address: SocketAddr,
    folder: TempDir,
}

impl Peer {
    pub fn start(recording: Recording) -> Self {
        let authority = Authority::new();
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(CA), authority.pem()).expect("written");
        let config = config(&authority);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let recordings = Arc::new([recording.with_eof(), recording]);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.expect("a connection");
                let (config, recordings) = (Arc::clone(&config), Arc::clone(&recordings));
                thread::spawn(move || serve(stream, config, &recordings));
            }
        });
        Self { address, folder }
    }

    /// As those of the server that was recorded, but for where it is and whom to trust.
    pub fn settings(&self, recorded: &Settings) -> Settings {
        Settings {
            address: self.address,
            ca_file: self.ca_file(),
            ..recorded.clone()
        }
    }

    fn ca_file(&self) -> PathBuf {
        self.folder.path().join(CA)
    }
}

const CA: &str = "ca.pem";

fn config(authority: &Authority) -> Arc<ServerConfig> {
    let issued = authority.issue(&ServerCertificate::Good);
    let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes());
    let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.expect("PEM")], key.expect("PEM"));
    Arc::new(config.expect("a certificate with its key"))
}

/// The first of the recordings is with the `EOF_Packet`, the second without.
fn serve(
    mut tcp: TcpStream,
    config: Arc<ServerConfig>,
    recordings: &[Recording; 2],
) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    tcp.write_all(&frame(0, &greeting()))?;
    let mut request = [0; SSL_REQUEST_LENGTH];
    tcp.read_exact(&mut request)?;
    let [_, _, _, _, a, b, c, d, ..] = request;
    let deprecate_eof = u32::from_le_bytes([a, b, c, d]) & CLIENT_DEPRECATE_EOF != 0;
    let recording = &recordings[usize::from(deprecate_eof)];
    let mut connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut tls = Stream::new(&mut connection, &mut tcp);
    let (response, _) = read(&mut tls)?;
    tls.write_all(&frame(response + 1, b"\xFEmysql_clear_password\0"))?;
    let (token, _) = read(&mut tls)?;
    tls.write_all(&frame(token + 1, &ok(Then::Nothing)))?;
    tls.flush()?;
    loop {
        let (_, payload) = read(&mut tls)?;
        let Some((command, rest)) = payload.split_first() else {
            return Ok(());
        };
        let is_asked = rest == STATEMENT.as_bytes();
        let nothing_much = frame(1, &ok(Then::Nothing));
        let answer: &[u8] = match *command {
            COM_QUIT => return Ok(()),
            COM_STMT_CLOSE => continue,
            COM_QUERY if is_asked => &recording.text,
            COM_STMT_PREPARE if is_asked => &recording.prepared,
            COM_STMT_EXECUTE => &recording.binary,
            _ => &nothing_much,
        };
        for piece in answer.chunks(WRITE_LENGTH) {
            tls.write_all(piece)?;
        }
        tls.flush()?;
    }
}

/// A packet's number and payload.
fn read(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut header = [0; 4];
    stream.read_exact(&mut header)?;
    let [a, b, c, sequence_id] = header;
    let mut payload = vec![0; u32::from_le_bytes([a, b, c, 0]) as usize];
    stream.read_exact(&mut payload)?;
    Ok((sequence_id, payload))
}
