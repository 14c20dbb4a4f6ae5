//! Accepts connections, with one thread for each, until it is dropped.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::{RootCertStore, ServerConfig};
use socket2::SockRef;

use super::backend::{BackendStream, splice, split};
use super::certificates::Certificates;
use super::connection_phase::{self, Login, TlsStream};
use super::connections::Place;
use super::event::{Event, EventKind};
use super::fault::Faults;
use super::lock::lock;
use super::peer::Peer;
use super::{Shared, StartError, State, Store, command_phase};

/// Enough for the most deeply nested statement that SQLite accepts, in an unoptimised build. The system provides
/// memory only for the pages that are touched.
const STACK_BYTES: usize = 8 << 20;
const EVENTS_KEPT: usize = 10_000;
/// The pause after a failed `accept`, which fails if no file descriptor is free, for example.
const PAUSE: Duration = Duration::from_millis(20);
/// The time limit for the connection that wakes the accepting thread at the end.
const WAKE_LIMIT: Duration = Duration::from_secs(1);
/// How long a write may wait for a client that does not read: MySQL's default of `net_write_timeout`.
const WRITE_LIMIT: Duration = Duration::from_secs(60);

/// A bound port. Clients that connect wait in its backlog until a [`Listener`] accepts them.
pub(super) struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    pub(super) fn to(address: SocketAddr) -> Result<Self, StartError> {
        let failed = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(|error| failed(with_remedy(error)))?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }
}

/// The error of binding, with the remedy if the address is in use.
fn with_remedy(error: io::Error) -> io::Error {
    match error.kind() {
        kind @ io::ErrorKind::AddrInUse => {
            let words = "the address is already in use: choose another port, or 0 for a free one";
            io::Error::new(kind, words)
        }
        _ => error,
    }
}

/// The thread that accepts connections.
pub(super) struct Listener {
    address: SocketAddr,
    shared: Arc<Shared>,
    ca_pem: String,
    roots: Arc<RootCertStore>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    pub(super) fn start(
        bound: Bound,
        shared: Shared,
        certificates: Certificates,
    ) -> Result<Self, StartError> {
        let Bound { listener, address } = bound;
        let Certificates {
            server_config,
            ca_pem,
            roots,
        } = certificates;
        let shared = Arc::new(shared);
        let is_over = Arc::new(AtomicBool::new(false));
        let thread = {
            let (shared, is_over) = (Arc::clone(&shared), Arc::clone(&is_over));
            let builder = thread::Builder::new().name(NAME.to_owned());
            builder
                .spawn(move || accept(&listener, address.port(), &shared, &server_config, &is_over))
        };
        Ok(Self {
            address,
            shared,
            ca_pem,
            roots,
            is_over,
            thread: Some(thread.map_err(|source| StartError::Listen { address, source })?),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address for clients on this machine. If the listener is bound to all addresses, this is the loopback
    /// address.
    pub(super) fn reachable_address(&self) -> SocketAddr {
        let mut address = self.address;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        address
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    pub(super) fn roots(&self) -> Arc<RootCertStore> {
        Arc::clone(&self.roots)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let woken = TcpStream::connect_timeout(&self.reachable_address(), WAKE_LIMIT);
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            let _panicked = thread.join();
        }
        self.shared.connections.end();
    }
}

const NAME: &str = "rds-bridge-emulator";

fn accept(
    listener: &TcpListener,
    port: u16,
    shared: &Arc<Shared>,
    tls: &Arc<ServerConfig>,
    is_over: &AtomicBool,
) {
    let mut last_id = 0_u32;
    loop {
        let accepted = listener.accept();
        if is_over.load(Ordering::SeqCst) {
            // Closing the socket does not suffice: a child process that another thread is starting holds a copy until
            // it calls `exec`, and the port would stay open for that long.
            let _was_closed = SockRef::from(listener).shutdown(Shutdown::Both);
            return;
        }
        let Ok((tcp, address)) = accepted else {
            thread::sleep(PAUSE);
            continue;
        };
        last_id = last_id.wrapping_add(1).max(1);
        let peer = Peer {
            connection_id: last_id,
            address,
            port,
        };
        let Some(place) = Place::take(Arc::clone(shared), last_id, &tcp) else {
            continue;
        };
        let tls = Arc::clone(tls);
        let builder = thread::Builder::new()
            .name(NAME.to_owned())
            .stack_size(STACK_BYTES);
        // If no thread can be started, the stream is dropped, which closes the connection.
        let _not_served = builder.spawn(move || serve(&place, tls, tcp, peer));
    }
}

fn serve(place: &Place, tls: Arc<ServerConfig>, tcp: TcpStream, peer: Peer) {
    let prepared = tcp
        .set_nodelay(true)
        .and_then(|()| tcp.set_write_timeout(Some(WRITE_LIMIT)));
    if prepared.is_ok()
        && let Some(login) = connection_phase::run(place.shared(), tls, tcp, peer)
    {
        // An error ends only this session, and there is no client left to report it to.
        let _ended = run_commands(place.shared(), login, peer.connection_id);
    }
}

/// Serves the commands of a client until it disconnects.
fn run_commands(shared: &Shared, mut login: Login, connection_id: u32) -> io::Result<()> {
    match (login.backend.take(), &shared.store) {
        (Some(backend), _) => {
            let socket = backend.tcp.try_clone()?;
            shared.connections.opened_backend(connection_id, socket);
            copy_commands(login.stream, backend, login.delay)
        }
        (None, Store::Sqlite(database)) => {
            command_phase::run(shared, database, login, connection_id)
        }
        // Without the backend, every login fails.
        (None, Store::Backend(_)) => Ok(()),
    }
}

fn copy_commands(client: TlsStream, backend: BackendStream, delay: Duration) -> io::Result<()> {
    let (connection, mut stream) = client.into_parts();
    stream.login_is_over()?;
    let client = split(Some(connection), stream.socket()?, stream)?;
    let BackendStream { tcp, tls } = backend;
    tcp.set_read_timeout(None)?;
    tcp.set_write_timeout(None)?;
    let backend = split(tls, tcp.try_clone()?, tcp)?;
    splice(client, backend, delay);
    Ok(())
}

impl Shared {
    pub(super) fn faults(&self) -> Faults {
        lock(&self.state).faults.clone()
    }

    pub(super) fn set_faults(&self, faults: Faults) {
        lock(&self.state).faults = faults;
    }

    pub(super) fn within_rate(&self, token: &[u8]) -> bool {
        let now = std::time::Instant::now();
        lock(&self.state).rate.allows(token, now)
    }

    pub(super) fn events(&self) -> Vec<Event> {
        lock(&self.state).events.iter().cloned().collect()
    }

    pub(super) fn note(&self, peer: Peer, user: Option<&str>, kind: EventKind) {
        let event = Event {
            connection_id: peer.connection_id,
            peer: peer.address,
            user: user.map(str::to_owned),
            kind,
        };
        if let Some(call) = &self.on_event {
            call(&event);
        }
        let State { events, .. } = &mut *lock(&self.state);
        if events.len() >= EVENTS_KEPT {
            events.pop_front();
        }
        events.push_back(event);
    }
}
