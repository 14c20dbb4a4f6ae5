//! A TCP stream that is slow, or ends, when it is told to.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::sleep;
use std::time::Duration;

/// The server's end of a connection, with the faults that were asked for.
pub(super) struct FaultyStream {
    tcp: TcpStream,
    /// Before each answer.
    delay: Duration,
    /// So many more bytes are sent, and then the connection is closed.
    left: Option<u64>,
}

impl FaultyStream {
    pub(super) fn new(tcp: TcpStream, delay: Duration, cut_after: Option<u64>) -> Self {
        Self {
            tcp,
            delay,
            left: cut_after,
        }
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        &self.tcp
    }
}

impl Read for FaultyStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.read(buffer)
    }
}

impl Write for FaultyStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.delay.is_zero() {
            sleep(self.delay);
        }
        let Some(left) = self.left else {
            return self.tcp.write(bytes);
        };
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let (sent, cut) = bytes.split_at(length);
        let written = match sent {
            [] => 0,
            sent => self.tcp.write(sent)?,
        };
        self.left = Some(left.saturating_sub(u64::try_from(written).unwrap_or(u64::MAX)));
        if self.left == Some(0) && (!cut.is_empty() || written == 0) {
            let _closed_already = self.tcp.shutdown(Shutdown::Both);
            return Err(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "cut, as was asked for",
            ));
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}
