//! A client that can send any bytes at any stage.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use rds_bridge_test_support::tls_peer::frame;
pub(crate) use rds_bridge_test_support::tls_peer::read as hear;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::helpers::emulator::server::{Environment, token};

/// `CLIENT_PROTOCOL_41`, `CLIENT_SECURE_CONNECTION`, `CLIENT_PLUGIN_AUTH` and `CLIENT_DEPRECATE_EOF`.
const CAPABILITIES: u32 = 0x0108_8200;
pub(crate) const CLIENT_SSL: u32 = 0x0800;

pub(crate) type Tls = StreamOwned<ClientConnection, TcpStream>;

/// Connects and reads the greeting.
pub(crate) fn greeted(environment: &Environment) -> TcpStream {
    let port: u16 = environment["DB_PORT"].parse().unwrap();
    let mut tcp = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (number, greeting) = hear(&mut tcp).unwrap();
    assert_eq!((number, greeting[0]), (0, 10));
    tcp
}

/// Connects and completes the TLS handshake.
pub(crate) fn in_tls(environment: &Environment) -> Tls {
    let mut tcp = greeted(environment);
    let request = response(CLIENT_SSL, "", &[], "");
    tcp.write_all(&frame(1, &request[..32])).unwrap();
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_file(&environment["DB_CA_FILE"]).unwrap();
    roots.add(ca).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    connection.complete_io(&mut tcp).unwrap();
    StreamOwned::new(connection, tcp)
}

/// Connects and logs in.
pub(crate) fn logged_in(environment: &Environment) -> Tls {
    let mut tls = in_tls(environment);
    let token = token(environment, 0);
    let response = response(
        CLIENT_SSL,
        &environment["DB_USER"],
        &[],
        "mysql_native_password",
    );
    tls.write_all(&frame(2, &response)).unwrap();
    assert_eq!(
        hear(&mut tls).unwrap(),
        (3, b"\xFEmysql_clear_password\0".to_vec())
    );
    tls.write_all(&frame(4, &[token.as_bytes(), &[0]].concat()))
        .unwrap();
    let (number, ok) = hear(&mut tls).unwrap();
    assert_eq!((number, ok[0]), (5, 0));
    tls
}

/// A `HandshakeResponse41`. Its first 32 bytes are an `SSLRequest`.
pub(crate) fn response(more: u32, user: &str, auth_response: &[u8], plugin: &str) -> Vec<u8> {
    let mut payload = (CAPABILITIES | more).to_le_bytes().to_vec();
    payload.extend((1_u32 << 24).to_le_bytes());
    payload.push(255);
    payload.extend([0; 23]);
    payload.extend(user.as_bytes());
    payload.extend([0, u8::try_from(auth_response.len()).unwrap()]);
    payload.extend(auth_response);
    payload.extend(plugin.as_bytes());
    payload.push(0);
    payload
}

/// Sends a command and returns the payload of the reply.
pub(crate) fn ask(stream: &mut Tls, command: &[u8]) -> Vec<u8> {
    stream.write_all(&frame(0, command)).unwrap();
    let (number, reply) = hear(stream).unwrap();
    assert_eq!(number, 1);
    reply
}

/// Asserts that the session still works, with `COM_PING`.
pub(crate) fn assert_is_served(stream: &mut Tls) {
    assert_eq!(ask(stream, b"\x0E")[0], 0);
}

/// The error code of an `ERR_Packet`.
#[track_caller]
pub(crate) fn code(payload: &[u8]) -> u16 {
    assert_eq!(payload[0], 0xFF, "{payload:?}");
    u16::from_le_bytes([payload[1], payload[2]])
}

/// Stops sending, and returns what the server still sends.
pub(crate) fn hang_up(mut tcp: TcpStream) -> Vec<u8> {
    // The server may have closed the connection already.
    let _gone = tcp.shutdown(Shutdown::Write);
    let mut heard = Vec::new();
    let _reset = tcp.read_to_end(&mut heard);
    heard
}

/// As [`hang_up`], inside TLS.
pub(crate) fn hang_up_in_tls(mut tls: Tls) -> Vec<u8> {
    tls.conn.send_close_notify();
    let _gone = tls.flush();
    let _gone = tls.sock.shutdown(Shutdown::Write);
    let mut heard = Vec::new();
    let _reset = tls.read_to_end(&mut heard);
    heard
}
