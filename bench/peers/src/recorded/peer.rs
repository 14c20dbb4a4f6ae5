//! Accepts every login, as RDS does with a valid token, and answers from the recording.

use std::io::{self, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use rds_bridge_test_support::acceptor::Acceptor;
use rds_bridge_test_support::certificates::Authority;
use rds_bridge_test_support::server_packets::{Then, ok};
use rds_bridge_test_support::tls_peer::{MYSQL, frame, read, server_config, start_tls, take_token};
use rustls::ServerConfig;
use tempfile::TempDir;

use super::Recording;
use crate::contenders::bare::reader::{COM_QUERY, COM_STMT_EXECUTE, COM_STMT_PREPARE};
use crate::settings::Settings;

const CLIENT_DEPRECATE_EOF: u32 = 0x0100_0000;
const COM_QUIT: u8 = 0x01;
const COM_STMT_CLOSE: u8 = 0x19;
/// A larger write would only wait in memory, because rustls limits its buffer.
const WRITE_LENGTH: usize = 64 << 10;

/// A peer at 127.0.0.1. Dropping it closes all connections.
pub struct Peer {
    acceptor: Acceptor,
    folder: TempDir,
}

impl Peer {
    pub fn start(recording: Recording) -> Self {
        let authority = Authority::new();
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(CA), authority.pem()).expect("written");
        let config = server_config(&authority);
        let recording = Arc::new(recording);
        let acceptor = Acceptor::start(move |stream| {
            // The client may disconnect at any time.
            let _gone = serve(&stream, &config, &recording);
        });
        Self { acceptor, folder }
    }

    /// The settings of the recorded server, with this peer's address and authority.
    pub fn settings(&self, recorded: &Settings) -> Settings {
        Settings {
            address: self.acceptor.address(),
            ca_file: self.ca_file(),
            ..recorded.clone()
        }
    }

    fn ca_file(&self) -> PathBuf {
        self.folder.path().join(CA)
    }
}

const CA: &str = "ca.pem";

fn serve(tcp: &TcpStream, config: &Arc<ServerConfig>, recording: &Recording) -> io::Result<()> {
    let (mut tls, capabilities) = start_tls(tcp, config, MYSQL)?;
    let (response, _) = read(&mut tls)?;
    take_token(&mut tls, response)?;
    let deprecate_eof = capabilities & CLIENT_DEPRECATE_EOF != 0;
    let answers = recording.answers(deprecate_eof);
    let statement = recording.shape.statement().as_bytes();
    let nothing_much = frame(1, &ok(Then::Nothing));
    loop {
        tls.flush()?;
        let (_, payload) = read(&mut tls)?;
        let Some((command, rest)) = payload.split_first() else {
            return Ok(());
        };
        let is_asked = rest == statement;
        let answer: &[u8] = match *command {
            COM_QUIT => return Ok(()),
            COM_STMT_CLOSE => continue,
            COM_QUERY if is_asked => &answers.text,
            COM_STMT_PREPARE if is_asked => &answers.prepared,
            COM_STMT_EXECUTE => &answers.binary,
            _ => &nothing_much,
        };
        for piece in answer.chunks(WRITE_LENGTH) {
            tls.write_all(piece)?;
        }
    }
}
