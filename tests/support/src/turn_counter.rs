//! Counts round trips from outside: a TCP proxy in front of a server that counts how often the client sends after the
//! server has sent.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::acceptor::Acceptor;

/// A proxy at 127.0.0.1 for one connection at a time. Dropping it closes it and its connections.
#[derive(Debug)]
pub struct TurnCounter {
    acceptor: Acceptor,
    turns: Arc<Mutex<Turns>>,
}

#[derive(Debug, Default)]
struct Turns {
    /// How often the client has sent first, or after the server.
    number: usize,
    client_spoke_last: bool,
}

impl TurnCounter {
    /// Starts a proxy in front of the server at `target`.
    #[must_use]
    pub fn start(target: SocketAddr) -> Self {
        let turns = Arc::<Mutex<Turns>>::default();
        let shared = Arc::clone(&turns);
        let acceptor = Acceptor::start(move |client| serve(client, target, &shared));
        Self { acceptor, turns }
    }

    /// The address that it listens at.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.acceptor.address()
    }

    /// The client's turns so far, on all connections. Everything that a client sends without waiting for the server is
    /// one turn.
    #[must_use]
    pub fn turns(&self) -> usize {
        self.turns.lock().unwrap().number
    }
}

impl Turns {
    fn client(&mut self) {
        if !self.client_spoke_last {
            self.number = self.number.saturating_add(1);
        }
        self.client_spoke_last = true;
    }
}

fn serve(client: Arc<TcpStream>, target: SocketAddr, turns: &Arc<Mutex<Turns>>) {
    let Ok(server) = TcpStream::connect(target) else {
        return;
    };
    let server = Arc::new(server);
    let _closed_already = client.set_nodelay(true).and(server.set_nodelay(true));
    turns.lock().unwrap().client_spoke_last = false;
    let (from, to) = (Arc::clone(&client), Arc::clone(&server));
    let counted = Arc::clone(turns);
    thread::spawn(move || pass(&from, &to, || counted.lock().unwrap().client()));
    pass(&server, &client, || {
        turns.lock().unwrap().client_spoke_last = false;
    });
}

/// Forwards until one of the two sides ends. Each chunk is counted before it is forwarded.
fn pass(mut from: &TcpStream, mut to: &TcpStream, note: impl Fn()) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        note();
        if to
            .write_all(buffer.get(..length).unwrap_or_default())
            .is_err()
        {
            break;
        }
    }
    let _closed = to.shutdown(Shutdown::Write);
}
