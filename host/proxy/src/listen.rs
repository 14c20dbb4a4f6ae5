//! Where clients connect: TCP addresses and Unix sockets.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tracing::info;

use crate::socket::Socket;

/// The idle time before the system sends a TCP keepalive probe. It is shorter than the 350 s after which AWS's gateways
/// drop an idle connection.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// How long to wait before accepting again, when the process has no file descriptor left.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A place where clients connect.
#[derive(Debug)]
pub enum Listener {
    /// A TCP address.
    Tcp(TcpListener),
    /// A Unix socket, of which only processes of this user have the permission to connect.
    #[cfg(unix)]
    Unix(UnixSocket),
}

/// Where a client comes from, for logs and for the connection attribute `_client_ip`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Tcp(SocketAddr),
    #[cfg(unix)]
    Unix {
        user_id: u32,
        process_id: Option<i32>,
    },
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            #[cfg(unix)]
            Self::Unix {
                user_id,
                process_id: Some(process_id),
            } => write!(f, "process {process_id} of user {user_id}"),
            #[cfg(unix)]
            Self::Unix { user_id, .. } => write!(f, "a process of user {user_id}"),
        }
    }
}

impl Listener {
    /// Listens on a TCP address. Port 0 lets the system choose a free one.
    ///
    /// # Errors
    ///
    /// The system's, such as [`io::ErrorKind::AddrInUse`].
    pub async fn tcp(address: SocketAddr) -> io::Result<Self> {
        Ok(Self::Tcp(TcpListener::bind(address).await?))
    }

    /// Takes over a TCP listener, such as one that systemd has opened.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::Tcp(TcpListener::from_std(listener)?))
    }

    /// Takes over a Unix socket, such as one that systemd has opened. Its permissions and its file are left alone.
    ///
    /// # Errors
    ///
    /// The system's.
    #[cfg(unix)]
    pub fn from_std_unix(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        UnixSocket::taken_over(listener).map(Self::Unix)
    }

    /// Listens on a Unix socket with the permissions 0600. It replaces a socket that no process listens on any more,
    /// and is removed when the listener is dropped.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AddrInUse`] if a process listens on it; [`io::ErrorKind::AlreadyExists`] if the path is a file
    /// of another kind; and the system's.
    #[cfg(unix)]
    pub fn unix(path: impl Into<PathBuf>) -> io::Result<Self> {
        UnixSocket::bind(path.into()).map(Self::Unix)
    }

    /// Takes over the removal of a Unix socket's file.
    #[cfg(unix)]
    pub(crate) fn take_file(&mut self) -> Option<SocketFile> {
        match self {
            Self::Tcp(_) => None,
            Self::Unix(socket) => socket.file.take(),
        }
    }

    /// The TCP address; `None` for a Unix socket.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }

    /// The path of a Unix socket; `None` for a TCP address, and for a socket without a path.
    #[cfg(unix)]
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Tcp(_) => None,
            Self::Unix(socket) => socket.path(),
        }
    }

    /// Whether only processes of this machine can connect.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Tcp(_) => self
                .address()
                .is_some_and(|address| canonical(address).ip().is_loopback()),
            #[cfg(unix)]
            Self::Unix(_) => true,
        }
    }

    /// The next client.
    ///
    /// # Errors
    ///
    /// Of the listener. A connection that fails by itself is dropped, and the next one is awaited.
    pub(crate) async fn accept(&self) -> io::Result<(Socket, Origin)> {
        match self {
            Self::Tcp(listener) => {
                first_prepared(
                    || listener.accept(),
                    |(stream, address)| {
                        set_options(&stream)?;
                        Ok((Socket::Tcp(stream), Origin::Tcp(canonical(address))))
                    },
                )
                .await
            }
            #[cfg(unix)]
            Self::Unix(socket) => {
                first_prepared(
                    || socket.listener.accept(),
                    |(stream, _)| {
                        let peer = stream.peer_cred()?;
                        let origin = Origin::Unix {
                            user_id: peer.uid(),
                            process_id: peer.pid(),
                        };
                        Ok((Socket::Unix(stream), origin))
                    },
                )
                .await
            }
        }
    }
}

/// Accepts until `prepare` succeeds. It fails for a connection that its client has reset already, which says nothing of
/// the next one.
async fn first_prepared<A, T, F>(
    accept: impl Fn() -> F,
    prepare: impl Fn(A) -> io::Result<T>,
) -> io::Result<T>
where
    F: Future<Output = io::Result<A>>,
{
    loop {
        match prepare(accept().await?) {
            Ok(prepared) => return Ok(prepared),
            Err(error) => info!(%error, "a client's connection failed right after it was accepted"),
        }
    }
}

/// The address with an IPv4 address as such: a listener on an IPv6 address sees IPv4 clients as `::ffff:192.0.2.1`.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn set_options(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keep_alive = TcpKeepalive::new().with_time(KEEP_ALIVE);
    SockRef::from(stream).set_tcp_keepalive(&keep_alive)
}

#[cfg(unix)]
pub(crate) use of_unix::SocketFile;
#[cfg(unix)]
pub use of_unix::UnixSocket;

#[cfg(unix)]
mod of_unix;

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn an_ipv4_client_of_an_ipv6_listener_is_local() {
        let canonical = |text: &str| canonical(text.parse().unwrap()).to_string();
        assert_eq!(canonical("[::ffff:127.0.0.1]:1"), "127.0.0.1:1");
        assert_eq!(canonical("[::ffff:10.0.0.1]:1"), "10.0.0.1:1");
        assert_eq!(canonical("[2001:db8::1]:1"), "[2001:db8::1]:1");
        assert_eq!(canonical("10.0.0.1:1"), "10.0.0.1:1");
    }

    #[tokio::test]
    async fn a_mapped_address_is_canonical_wherever_it_is_used() {
        let listener = Listener::tcp("[::ffff:127.0.0.1]:0".parse().unwrap());
        let listener = listener.await.unwrap();
        assert!(listener.is_local());
        let port = listener.address().unwrap().port();
        let (client, accepted) =
            tokio::join!(TcpStream::connect(("127.0.0.1", port)), listener.accept());
        let (_, origin) = accepted.unwrap();
        assert_eq!(origin, Origin::Tcp(client.unwrap().local_addr().unwrap()));
    }

    #[tokio::test]
    async fn a_connection_that_fails_by_itself_does_not_end_accepting() {
        let accepted = Cell::new(0);
        let accept = async || {
            accepted.set(accepted.get() + 1);
            match accepted.get() {
                4 => Err(io::Error::from(io::ErrorKind::OutOfMemory)),
                number => Ok(number),
            }
        };
        let prepare = |number| match number {
            3 => Ok(number),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        };
        assert_eq!(first_prepared(accept, prepare).await.unwrap(), 3);
        let error = first_prepared(accept, prepare).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
    }
}
