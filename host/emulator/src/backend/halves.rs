//! The two directions of a connection with or without TLS, each for a thread of its own.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::Connection;

/// How many bytes are decrypted or encrypted at once: a record of TLS.
const PIECE_LENGTH: usize = 16 << 10;

/// Splits a connection, which is encrypted with `tls`. `stream` writes to the socket `tcp`.
pub(crate) fn split<W: Write>(
    tls: Option<impl Into<Connection>>,
    tcp: TcpStream,
    stream: W,
) -> io::Result<(ReadHalf, WriteHalf<W>)> {
    let tls = tls.map(|connection| Arc::new(Mutex::new(connection.into())));
    let read = ReadHalf {
        tcp: tcp.try_clone()?,
        tls: tls.clone(),
        encrypted: VecDeque::new(),
    };
    let write = WriteHalf { stream, tcp, tls };
    Ok((read, write))
}

/// The direction from the peer.
pub(crate) struct ReadHalf {
    tcp: TcpStream,
    tls: Option<Arc<Mutex<Connection>>>,
    /// What was read from the socket and is not decrypted yet.
    encrypted: VecDeque<u8>,
}

/// The direction to the peer.
pub(crate) struct WriteHalf<W> {
    stream: W,
    tcp: TcpStream,
    tls: Option<Arc<Mutex<Connection>>>,
}

impl Read for ReadHalf {
    /// Reads what the peer sent. The lock is not held while it waits for the peer. What TLS has to say in return, such
    /// as new keys, is sent with the next write.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &self.tls else {
            return self.tcp.read(buffer);
        };
        loop {
            let mut connection = lock(tls);
            loop {
                match connection.reader().read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    read => return read,
                }
                if self.encrypted.is_empty() {
                    break;
                }
                connection.read_tls(&mut self.encrypted)?;
                connection.process_new_packets().map_err(io::Error::other)?;
            }
            drop(connection);
            let mut piece = [0; PIECE_LENGTH];
            let length = self.tcp.read(&mut piece)?;
            if length == 0 {
                // Servers close connections without TLS's close_notify.
                return Ok(0);
            }
            self.encrypted
                .extend(piece.get(..length).unwrap_or_default());
        }
    }
}

impl<W: Write> Write for WriteHalf<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &self.tls else {
            return self.stream.write(bytes);
        };
        let piece = bytes.get(..PIECE_LENGTH).unwrap_or(bytes);
        let mut connection = lock(tls);
        let written = connection.writer().write(piece)?;
        let records = records(&mut connection)?;
        drop(connection);
        self.stream.write_all(&records)?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl<W: Write> WriteHalf<W> {
    /// Ends the direction to the peer.
    pub(super) fn end(&mut self) -> io::Result<()> {
        if let Some(tls) = &self.tls {
            let mut connection = lock(tls);
            connection.send_close_notify();
            let records = records(&mut connection)?;
            drop(connection);
            self.stream.write_all(&records)?;
        }
        self.stream.flush()?;
        self.tcp.shutdown(Shutdown::Write)
    }

    /// Ends both directions.
    pub(super) fn end_both(&mut self) {
        let _closed_already = self.end();
        let _closed_already = self.tcp.shutdown(Shutdown::Both);
    }
}

/// Takes the encrypted bytes that are to be sent.
fn records(connection: &mut Connection) -> io::Result<Vec<u8>> {
    let mut records = Vec::new();
    while connection.wants_write() {
        connection.write_tls(&mut records)?;
    }
    Ok(records)
}

/// Locks the connection. A poisoned lock is ignored: rustls does not panic between two steps of a change.
fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}
