//! A listener with a thread of its own. Dropping it stops the thread and closes all connections.

use std::fmt;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::thread::{self, JoinHandle};

use socket2::SockRef;

/// A listener at 127.0.0.1. Dropping it closes the listener and its connections.
pub struct Acceptor {
    address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    is_over: AtomicBool,
    accepted: AtomicUsize,
    /// The connections, so that another thread can close them. `Weak`, because a connection closes when the thread that
    /// serves it drops its `Arc`.
    open: Mutex<Vec<Weak<TcpStream>>>,
}

impl Acceptor {
    /// Starts a listener that serves each connection with `serve`, in a thread of its own.
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
            // Another thread may be starting a child process, which holds a copy of the listener until its program
            // runs. Closing the listener would leave that copy listening; `shutdown` stops both.
            let _was_closed = SockRef::from(&listener).shutdown(Shutdown::Both);
        });
        Self {
            address,
            state,
            thread: Some(thread),
        }
    }

    /// The address that it listens at.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of connections accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.state.accepted.load(Ordering::SeqCst)
    }

    /// Closes the open connections. The listener keeps accepting new ones.
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
        // A connection wakes the thread, which then sees `is_over`.
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
