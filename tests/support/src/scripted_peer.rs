//! A peer that says what a script says, whatever it hears.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use crate::acceptor::Acceptor;

/// A line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Sends these bytes at once.
    Send(Vec<u8>),
    /// Sends these bytes one by one.
    Trickle {
        /// What is sent.
        bytes: Vec<u8>,
        /// How long it waits after each of them.
        interval: Duration,
    },
    /// Sends this byte again and again, until the other side has closed.
    Flood(u8),
    /// Waits until so many more bytes have come.
    Receive(usize),
    /// Waits for a time.
    Pause(Duration),
    /// Keeps the connection, and says no more, until the other side closes it.
    Hold,
}

/// A peer at 127.0.0.1. It plays the script on each connection, and then closes it. Dropped, it closes
/// all of them.
#[derive(Debug)]
pub struct ScriptedPeer {
    acceptor: Acceptor,
    received: Arc<Mutex<Vec<u8>>>,
}

impl ScriptedPeer {
    /// Starts a peer with a script. An empty one closes each connection at once.
    #[must_use]
    pub fn start(script: Vec<Line>) -> Self {
        let received = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&received);
        let acceptor = Acceptor::start(move |stream| {
            // That the other side closes before the script's end is no business of ours.
            let _closed_early = play(&script, &stream, &heard);
            let _closed = stream.shutdown(Shutdown::Both);
        });
        Self { acceptor, received }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.acceptor.address()
    }

    /// How many connections there have been.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.acceptor.accepted()
    }

    /// What it has heard so far, on all connections, while it was at [`Line::Receive`] or
    /// [`Line::Hold`].
    #[must_use]
    pub fn received(&self) -> Vec<u8> {
        self.received.lock().unwrap().clone()
    }
}

fn play(script: &[Line], mut stream: &TcpStream, heard: &Mutex<Vec<u8>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    for line in script {
        match line {
            Line::Send(bytes) => stream.write_all(bytes)?,
            Line::Trickle { bytes, interval } => {
                for byte in bytes {
                    stream.write_all(&[*byte])?;
                    sleep(*interval);
                }
            }
            Line::Flood(byte) => loop {
                stream.write_all(&[*byte; 16_384])?;
            },
            Line::Receive(count) => {
                let mut bytes = vec![0; *count];
                stream.read_exact(&mut bytes)?;
                heard.lock().unwrap().append(&mut bytes);
            }
            Line::Pause(time) => sleep(*time),
            Line::Hold => {
                let mut buffer = [0; 4096];
                while let length @ 1.. = stream.read(&mut buffer)? {
                    let bytes = buffer.get(..length).unwrap_or_default();
                    heard.lock().unwrap().extend_from_slice(bytes);
                }
            }
        }
    }
    Ok(())
}
