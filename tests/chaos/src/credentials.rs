//! AWS credentials that can be rotated, and the container's endpoint from which programs read them.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rds_bridge_test_support::expectation::Expectation;
use serde_json::json;

/// The endpoint, at 127.0.0.1.
#[derive(Debug)]
pub(crate) struct Credentials {
    address: SocketAddr,
    current: Arc<Mutex<Expectation>>,
    number: u32,
}

impl Credentials {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let current = Arc::new(Mutex::new(numbered(0)));
        let shared = Arc::clone(&current);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let current = shared.lock().unwrap().clone();
                let _disconnected = answer(&stream, &current);
            }
        });
        Self {
            address,
            current,
            number: 0,
        }
    }

    /// The value of `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/credentials", self.address)
    }

    /// The tokens that servers accept: those that the current credentials sign.
    pub(crate) fn expectation(&self) -> Expectation {
        self.current.lock().unwrap().clone()
    }

    /// Replaces the credentials. The endpoint has the new ones from now on.
    pub(crate) fn rotate(&mut self) {
        self.number = self.number.saturating_add(1);
        *self.current.lock().unwrap() = numbered(self.number);
    }
}

fn numbered(number: u32) -> Expectation {
    Expectation {
        access_key_id: format!("ASIA{number:012}"),
        secret_access_key: format!("secret/{number:033}"),
        session_token: Some(format!("session+{number}")),
        ..Expectation::default()
    }
}

fn answer(mut stream: &TcpStream, current: &Expectation) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    while lines.read_line(&mut line)? > 2 {
        line.clear();
    }
    let body = json!({
        "AccessKeyId": current.access_key_id,
        "SecretAccessKey": current.secret_access_key,
        "Token": current.session_token,
        "Expiration": "2099-01-01T00:00:00Z",
    })
    .to_string();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
