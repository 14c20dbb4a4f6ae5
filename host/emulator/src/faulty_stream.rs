//! A TCP stream that can be cut after a number of bytes, and that limits the duration of a login.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// The maximum duration of a login: MySQL's default of `connect_timeout`.
pub(super) const LOGIN_LIMIT: Duration = Duration::from_secs(10);

/// For how long, and for how many bytes, the server reads from a client that it has refused.
const LINGER_LIMIT: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 64 << 10;

/// The server's end of a connection, with its configured fault.
pub(super) struct FaultyStream {
    tcp: TcpStream,
    /// How many more bytes may be sent before the connection is closed. `None`: no limit.
    left: Option<u64>,
    /// When the login must be over. `None` once it is.
    deadline: Option<Instant>,
}

impl FaultyStream {
    pub(super) fn new(tcp: TcpStream, cut_after: Option<u64>) -> Self {
        Self {
            tcp,
            left: cut_after,
            deadline: Instant::now().checked_add(LOGIN_LIMIT),
        }
    }

    /// Removes the limit on the duration: after the login, a client may be idle for as long as it likes.
    pub(super) fn login_is_over(&mut self) -> io::Result<()> {
        self.deadline = None;
        self.tcp.set_read_timeout(None)
    }

    /// The socket, for reading and for closing it.
    pub(super) fn socket(&self) -> io::Result<TcpStream> {
        self.tcp.try_clone()
    }

    /// Shuts down the sending direction, then reads and discards what the client still sends. If a connection is
    /// closed while received bytes are unread, TCP resets it, and the client may lose the last reply.
    pub(super) fn linger(&mut self) -> io::Result<()> {
        self.tcp.shutdown(Shutdown::Write)?;
        let limit = Instant::now().checked_add(LINGER_LIMIT);
        self.deadline = self.deadline.min(limit);
        io::copy(&mut self.take(LINGER_BYTES), &mut io::sink())?;
        Ok(())
    }
}

impl Read for FaultyStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(deadline) = self.deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.tcp.set_read_timeout(Some(left))?;
        }
        self.tcp.read(buffer)
    }
}

impl Write for FaultyStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
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
                "the emulator closed the connection, as it is configured to",
            ));
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}
