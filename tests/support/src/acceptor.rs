//! A listener in a thread of its own, which ends with its owner, and all its connections too.

use std::fmt;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread::{self, JoinHandle};

use socket2::SockRef;

/// A listener at 127.0.0.1. Dropped, it and its connections are closed.
pub struct Acceptor {
    address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    is_over: AtomicBool,
    accepted: AtomicUsize,
    /// To be closed by somebody else than who serves them. Weak: they are to end with who serves them.
    open: Mutex<Vec<Weak<TcpStream>>>,
}

impl Acceptor {
    /// Gives each connection to `serve`, in a thread of its own.
    #[must_use]
    pub fn start(serve: impl Fn(Arc<TcpStream>) + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let seen = Arc::clone(&state);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if seen.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let stream = Arc::new(stream);
                seen.accepted.fetch_add(1, Ordering::SeqCst);
                seen.open.lock().unwrap().push(Arc::downgrade(&stream));
                let serve = serve.clone();
                thread::spawn(move || serve(stream));
            }
            // Closed it would listen on in a child that another thread is just starting, until its program runs.
            let _was_closed = SockRef::from(&listener).shutdown(Shutdown::Both);
        });
        Self {
            address,
            state,
            thread: Some(thread),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections there have been.
    pub(crate) fn accepted(&self) -> usize {
        self.state.accepted.load(Ordering::SeqCst)
    }

    /// Closes what is open. New connections are taken.
    pub(crate) fn close_connections(&self) {
        for stream in self.state.open.lock().unwrap().drain(..) {
            if let Some(stream) = stream.upgrade() {
                let _was_closed = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread, which then sees that it is over.
        let _refused = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
        self.close_connections();
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
