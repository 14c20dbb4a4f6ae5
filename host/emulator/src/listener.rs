//! Takes connections, a thread for each, until it is dropped.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::{RootCertStore, ServerConfig};
use socket2::SockRef;

use super::certificates::Certificates;
use super::connections::Place;
use super::event::{Event, EventKind};
use super::fault::Faults;
use super::lock::lock;
use super::peer::Peer;
use super::{Shared, StartError, State, command_phase, connection_phase};

/// For the deepest statement that SQLite takes, built without optimisation. What is not touched costs nothing.
const STACK_BYTES: usize = 8 << 20;
const EVENTS_KEPT: usize = 10_000;
/// After an accept that failed, for want of files for example.
const PAUSE: Duration = Duration::from_millis(20);
/// To wake the thread that waits for connections, from this machine.
const WAKE_LIMIT: Duration = Duration::from_secs(1);
/// How long a client may leave what it is sent unread: MySQL's `net_write_timeout`.
const WRITE_LIMIT: Duration = Duration::from_secs(60);

/// A port that is this process's own. Who connects to it waits until a [`Listener`] takes connections.
pub(super) struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    pub(super) fn to(address: SocketAddr) -> Result<Self, StartError> {
        let failed = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }
}

/// The thread that takes connections.
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

    /// For a client on this machine: one that listens everywhere listens here too.
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
            // Closed it would listen on in a child that another thread is just starting, until its program runs.
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
        // A machine that has no thread left closes the connection: the stream is dropped.
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
        // How a session ends is its client's business.
        let _ended = command_phase::run(place.shared(), login, peer.connection_id);
    }
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
