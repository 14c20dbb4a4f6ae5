//! Takes connections, a thread for each, until it is dropped.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::InterruptHandle;
use rustls::RootCertStore;

use super::certificates::Certificates;
use super::event::{Event, EventKind};
use super::fault::Faults;
use super::{Shared, StartError, State, command_phase, connection_phase};

/// Enough for a statement of SQLite's; the usual 2 MiB are address space that is never touched, but counted.
const STACK_BYTES: usize = 512 << 10;
/// Until the login is over.
const LOGIN_LIMIT: Duration = Duration::from_secs(10);
const EVENTS_KEPT: usize = 10_000;
/// After an accept that failed, for want of files for example.
const PAUSE: Duration = Duration::from_millis(20);

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
        address: SocketAddr,
        shared: Shared,
        certificates: Certificates,
    ) -> Result<Self, StartError> {
        let failed = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(failed)?;
        let local = listener.local_addr().map_err(failed)?;
        let Certificates {
            server_config,
            ca_pem,
            roots,
        } = certificates;
        let shared = Arc::new(shared);
        let is_over = Arc::new(AtomicBool::new(false));
        let thread = {
            let (shared, is_over) = (Arc::clone(&shared), Arc::clone(&is_over));
            let accept = move || {
                let mut last_id = 0_u32;
                loop {
                    let accepted = listener.accept();
                    if is_over.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok((tcp, peer)) = accepted else {
                        thread::sleep(PAUSE);
                        continue;
                    };
                    last_id = last_id.wrapping_add(1).max(1);
                    let peer = Peer {
                        connection_id: last_id,
                        address: peer,
                        port: local.port(),
                    };
                    let (shared, tls) = (Arc::clone(&shared), Arc::clone(&server_config));
                    let serve = move || serve(&shared, tls, tcp, peer);
                    let builder = thread::Builder::new().stack_size(STACK_BYTES);
                    // A machine that has no thread left closes the connection: the stream is dropped.
                    let _not_served = builder.name("rds-bridge-emulator".into()).spawn(serve);
                }
            };
            let builder = thread::Builder::new().name("rds-bridge-emulator".into());
            builder.spawn(accept).map_err(failed)?
        };
        Ok(Self {
            address: local,
            shared,
            ca_pem,
            roots,
            is_over,
            thread: Some(thread),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
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
        let mut wake = self.address;
        if wake.ip().is_unspecified() {
            wake.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        let woken = TcpStream::connect_timeout(&wake, LOGIN_LIMIT);
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            let _panicked = thread.join();
        }
        self.shared.connections.close_all();
    }
}

/// Whom a connection is with.
#[derive(Clone, Copy)]
pub(super) struct Peer {
    pub(super) connection_id: u32,
    pub(super) address: SocketAddr,
    /// Ours, which tokens are signed for.
    pub(super) port: u16,
}

fn serve(shared: &Shared, tls: Arc<rustls::ServerConfig>, tcp: TcpStream, peer: Peer) {
    let id = peer.connection_id;
    if shared.connections.add(id, &tcp).is_err() {
        return;
    }
    let prepared = tcp
        .set_nodelay(true)
        .and_then(|()| tcp.set_read_timeout(Some(LOGIN_LIMIT)));
    if prepared.is_ok()
        && let Some(login) = connection_phase::run(shared, tls, tcp, peer)
    {
        // How a session ends is its client's business.
        let _ended = command_phase::run(shared, login, id);
    }
    shared.connections.remove(id);
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

/// Connections by their number, for `KILL` and for the end.
#[derive(Default)]
pub(crate) struct Connections {
    open: Mutex<HashMap<u32, Open>>,
}

struct Open {
    tcp: TcpStream,
    interrupt: Option<InterruptHandle>,
    /// Seen by what does not run within SQLite.
    is_interrupted: Arc<AtomicBool>,
}

impl Connections {
    fn add(&self, id: u32, tcp: &TcpStream) -> io::Result<()> {
        let open = Open {
            tcp: tcp.try_clone()?,
            interrupt: None,
            is_interrupted: Arc::default(),
        };
        lock(&self.open).insert(id, open);
        Ok(())
    }

    fn remove(&self, id: u32) {
        lock(&self.open).remove(&id);
    }

    /// How a statement of this connection can be ended.
    pub(super) fn interruptible(&self, id: u32, handle: InterruptHandle) -> Arc<AtomicBool> {
        match lock(&self.open).get_mut(&id) {
            Some(open) => {
                open.interrupt = Some(handle);
                Arc::clone(&open.is_interrupted)
            }
            None => Arc::default(),
        }
    }

    /// `KILL QUERY`. False if there is no such connection.
    pub(super) fn interrupt(&self, id: u32) -> bool {
        let open = lock(&self.open);
        let Some(open) = open.get(&id) else {
            return false;
        };
        open.is_interrupted.store(true, Ordering::SeqCst);
        if let Some(handle) = &open.interrupt {
            handle.interrupt();
        }
        true
    }

    /// `KILL`. False if there is no such connection.
    pub(super) fn close(&self, id: u32) -> bool {
        if !self.interrupt(id) {
            return false;
        }
        if let Some(open) = lock(&self.open).get(&id) {
            let _closed_already = open.tcp.shutdown(Shutdown::Both);
        }
        true
    }

    pub(super) fn close_all(&self) {
        let ids: Vec<u32> = lock(&self.open).keys().copied().collect();
        for id in ids {
            self.close(id);
        }
    }
}

/// What a thread that panicked has left is whole: nothing here is changed in steps.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
