//! A proxy in front of servers. It counts round trips, can alter the greeting, and may forward each connection to
//! another server, as a load balancer does.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use rds_bridge_test_support::acceptor::Acceptor;

pub(crate) struct Relay {
    acceptor: Acceptor,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    round_trips: AtomicUsize,
    sent: AtomicUsize,
}

impl Relay {
    /// Starts a relay that forwards to the servers in turn. With `id`, every greeting has that connection id.
    pub(crate) fn start(servers: &[SocketAddr], id: Option<u32>) -> Self {
        let servers = servers.to_vec();
        let counters = Arc::new(Counters::default());
        let (seen, turn) = (Arc::clone(&counters), Arc::new(AtomicUsize::new(0)));
        let acceptor = Acceptor::start(move |client| {
            let turn = turn.fetch_add(1, Ordering::SeqCst);
            let server = TcpStream::connect(servers[turn % servers.len()]).unwrap();
            // When one side ends, both are closed.
            let _ended = relay(&client, &server, id, &seen);
            let _closed = client.shutdown(Shutdown::Both);
            let _closed = server.shutdown(Shutdown::Both);
        });
        Self { acceptor, counters }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.acceptor.address()
    }

    /// How often the server has answered the client since the last call, over all connections.
    pub(crate) fn round_trips(&self) -> usize {
        self.counters.round_trips.swap(0, Ordering::SeqCst)
    }

    /// How many bytes the client has sent since the last call, over all connections.
    pub(crate) fn sent(&self) -> usize {
        self.counters.sent.swap(0, Ordering::SeqCst)
    }
}

fn relay(
    mut client: &TcpStream,
    mut server: &TcpStream,
    id: Option<u32>,
    counters: &Counters,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let mut header = [0; 4];
    server.read_exact(&mut header)?;
    let length = u32::from_le_bytes([header[0], header[1], header[2], 0]);
    let mut greeting = vec![0; usize::try_from(length).unwrap()];
    server.read_exact(&mut greeting)?;
    if let Some(id) = id {
        // The connection id follows the protocol version and the server's version, which ends with a NUL.
        let at = greeting.iter().position(|byte| *byte == 0).unwrap() + 1;
        greeting[at..at + 4].copy_from_slice(&id.to_le_bytes());
    }
    client.write_all(&[&header, greeting.as_slice()].concat())?;
    let is_asked = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ended = copy(client, server, |length| {
                counters.sent.fetch_add(length, Ordering::SeqCst);
                is_asked.store(true, Ordering::SeqCst);
            });
            let _closed = server.shutdown(Shutdown::Both);
        });
        let ended = copy(server, client, |_| {
            if is_asked.swap(false, Ordering::SeqCst) {
                counters.round_trips.fetch_add(1, Ordering::SeqCst);
            }
        });
        let _closed = client.shutdown(Shutdown::Both);
        ended
    })
}

fn copy(mut from: &TcpStream, mut to: &TcpStream, seen: impl Fn(usize)) -> io::Result<()> {
    let mut buffer = [0; 16 << 10];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            length => {
                seen(length);
                to.write_all(&buffer[..length])?;
            }
        }
    }
}
