//! A peer that sends what a script contains, whatever it receives.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use crate::acceptor::Acceptor;

/// One step of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Sends these bytes in one write.
    Send(Vec<u8>),
    /// Sends these bytes one by one.
    Trickle {
        /// The bytes.
        bytes: Vec<u8>,
        /// How long it waits after each byte.
        interval: Duration,
    },
    /// Repeats this byte until the other side closes the connection.
    Flood(u8),
    /// Waits for so many further bytes.
    Receive(usize),
    /// Waits for this time.
    Pause(Duration),
    /// Keeps the connection open and sends nothing until the other side closes it.
    Hold,
}

/// A peer at 127.0.0.1. It plays the script on each connection and then closes it. Dropping the peer closes all
/// connections.
#[derive(Debug)]
pub struct ScriptedPeer {
    acceptor: Acceptor,
    received: Arc<Mutex<Vec<u8>>>,
}

impl ScriptedPeer {
    /// Starts a peer. With an empty script it closes each connection at once.
    #[must_use]
    pub fn start(script: Vec<Line>) -> Self {
        let received = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&received);
        let acceptor = Acceptor::start(move |stream| {
            // The other side may close the connection before the end of the script.
            let _closed_early = play(&script, &stream, &heard);
            let _closed = stream.shutdown(Shutdown::Both);
        });
        Self { acceptor, received }
    }

    /// The address that it listens at.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.acceptor.address()
    }

    /// The number of connections accepted so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.acceptor.accepted()
    }

    /// The bytes received so far, on all connections, in the steps [`Line::Receive`] and [`Line::Hold`].
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
