//! A faulty network: a TCP proxy in front of a server.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::acceptor::Acceptor;

/// Long enough for most bytes to arrive alone, and short enough that a handshake of some kilobytes takes less than a
/// second.
const BETWEEN_BYTES: Duration = Duration::from_micros(50);

/// The fault of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No fault.
    Pass,
    /// Delays each chunk of bytes by this time, in either direction.
    Delay(Duration),
    /// Sends each byte alone, in either direction.
    OneByteAtATime,
    /// Accepts bytes and forwards none. The end of the connection is not forwarded either.
    BlackHole,
    /// Closes both ends (FIN) after so many bytes from one side.
    Cut {
        /// The side whose bytes are counted.
        from: Side,
        /// How many bytes are forwarded.
        after: usize,
    },
    /// As [`Fault::Cut`], but the client receives a reset.
    Reset {
        /// The side whose bytes are counted.
        from: Side,
        /// How many bytes are forwarded.
        after: usize,
    },
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The side that connects to the proxy.
    Client,
    /// The side that the proxy connects to.
    Server,
}

/// A proxy at 127.0.0.1. Dropping it closes it and all its connections.
#[derive(Debug)]
pub struct FaultProxy {
    acceptor: Acceptor,
    fault: Arc<Mutex<Fault>>,
}

impl FaultProxy {
    /// Starts a proxy in front of the server at `target`.
    #[must_use]
    pub fn start(target: SocketAddr, fault: Fault) -> Self {
        let fault = Arc::new(Mutex::new(fault));
        let shared = Arc::clone(&fault);
        let acceptor = Acceptor::start(move |client| connect(client, target, &shared));
        Self { acceptor, fault }
    }

    /// The address that it listens at.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.acceptor.address()
    }

    /// Changes the fault from the next chunk of bytes on, for open connections too. The bytes of [`Fault::Cut`] and
    /// [`Fault::Reset`] are counted from the start of a connection.
    pub fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    /// The number of connections accepted so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.acceptor.accepted()
    }

    /// Closes the open connections. The proxy keeps accepting new ones.
    pub fn close_connections(&self) {
        self.acceptor.close_connections();
    }
}

fn connect(client: Arc<TcpStream>, target: SocketAddr, fault: &Arc<Mutex<Fault>>) {
    // The server does not listen. The client's connection is accepted already, so it is closed.
    let Ok(server) = TcpStream::connect(target) else {
        return;
    };
    let server = Arc::new(server);
    // Without `TCP_NODELAY` the system may join what is written separately.
    let _closed_already = client.set_nodelay(true).and(server.set_nodelay(true));
    let is_over = Arc::new(AtomicBool::new(false));
    let mut from_client = Direction {
        from: Side::Client,
        input: Arc::clone(&client),
        output: Arc::clone(&server),
        fault: Arc::clone(fault),
        is_over: Arc::clone(&is_over),
        passed: 0,
    };
    let mut from_server = Direction {
        from: Side::Server,
        input: server,
        output: client,
        fault: Arc::clone(fault),
        is_over,
        passed: 0,
    };
    thread::spawn(move || from_client.run());
    from_server.run();
}

struct Direction {
    from: Side,
    input: Arc<TcpStream>,
    output: Arc<TcpStream>,
    fault: Arc<Mutex<Fault>>,
    /// Whether the other direction has closed both ends.
    is_over: Arc<AtomicBool>,
    passed: usize,
}

impl Direction {
    /// Forwards until one of the two sides ends.
    fn run(&mut self) {
        let mut buffer = [0; 16_384];
        loop {
            let read = self.input.as_ref().read(&mut buffer);
            let fault = *self.fault.lock().unwrap();
            let chunk = match read {
                Ok(length @ 1..) => buffer.get(..length).unwrap_or_default(),
                // A reset is forwarded as an end (FIN) too.
                Ok(0) | Err(_) => {
                    if fault != Fault::BlackHole && !self.is_over.load(Ordering::SeqCst) {
                        let _closed = self.output.shutdown(Shutdown::Write);
                    }
                    return;
                }
            };
            if self.pass(chunk, fault).is_err() {
                let _closed = self.input.shutdown(Shutdown::Read);
                return;
            }
        }
    }

    /// # Errors
    ///
    /// If the connection is over.
    fn pass(&mut self, chunk: &[u8], fault: Fault) -> io::Result<()> {
        let mut output = self.output.as_ref();
        match fault {
            Fault::Pass => output.write_all(chunk)?,
            Fault::Delay(time) => {
                thread::sleep(time);
                output.write_all(chunk)?;
            }
            Fault::OneByteAtATime => {
                for byte in chunk {
                    output.write_all(&[*byte])?;
                    thread::sleep(BETWEEN_BYTES);
                }
            }
            Fault::BlackHole => return Ok(()),
            Fault::Cut { from, after } | Fault::Reset { from, after } if from == self.from => {
                let rest = after.saturating_sub(self.passed);
                if rest < chunk.len() {
                    output.write_all(chunk.get(..rest).unwrap_or_default())?;
                    self.end(fault)?;
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                output.write_all(chunk)?;
            }
            Fault::Cut { .. } | Fault::Reset { .. } => output.write_all(chunk)?,
        }
        self.passed = self.passed.saturating_add(chunk.len());
        Ok(())
    }

    /// Closes both sides, which wakes the other direction: it then drops its sockets too.
    fn end(&self, fault: Fault) -> io::Result<()> {
        self.is_over.store(true, Ordering::SeqCst);
        let (client, server) = match self.from {
            Side::Client => (&self.input, &self.output),
            Side::Server => (&self.output, &self.input),
        };
        if let Fault::Reset { .. } = fault {
            // With a linger time of zero, closing the socket sends the reset. That happens when both directions have
            // dropped it, so this must not send a FIN before.
            SockRef::from(client.as_ref()).set_linger(Some(Duration::ZERO))?;
            client.shutdown(Shutdown::Read)?;
        } else {
            client.shutdown(Shutdown::Both)?;
        }
        server.shutdown(Shutdown::Both)
    }
}
