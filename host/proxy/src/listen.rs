//! Where clients connect: TCP addresses and Unix sockets.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};

use crate::socket::Socket;

/// The idle time before the system sends a TCP keepalive probe. It is shorter than the 350 s after which AWS's gateways
/// drop an idle connection.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

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

    /// Whether only processes of this machine can connect.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Tcp(_) => self
                .address()
                .is_some_and(|address| address.ip().is_loopback()),
            #[cfg(unix)]
            Self::Unix(_) => true,
        }
    }

    pub(crate) async fn accept(&self) -> io::Result<(Socket, Origin)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                set_options(&stream)?;
                Ok((Socket::Tcp(stream), Origin::Tcp(address)))
            }
            #[cfg(unix)]
            Self::Unix(socket) => {
                let (stream, _) = socket.listener.accept().await?;
                let peer = stream.peer_cred()?;
                let origin = Origin::Unix {
                    user_id: peer.uid(),
                    process_id: peer.pid(),
                };
                Ok((Socket::Unix(stream), origin))
            }
        }
    }
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
mod of_unix {
    use std::fs;
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
    use std::os::unix::net::UnixStream;
    use std::path::{Path, PathBuf};

    use tokio::net::UnixListener;

    /// A Unix socket. Dropping it removes its file.
    #[derive(Debug)]
    pub struct UnixSocket {
        pub(super) listener: UnixListener,
        /// The file to remove. `None` for a socket that was taken over.
        pub(super) file: Option<SocketFile>,
    }

    /// The file of a Unix socket. Dropping it removes the file.
    #[derive(Debug)]
    pub(crate) struct SocketFile {
        path: PathBuf,
        /// Device and inode, so that a socket that has taken this one's place is left alone.
        identity: (u64, u64),
    }

    impl UnixSocket {
        pub(super) fn bind(path: PathBuf) -> io::Result<Self> {
            remove_stale(&path)?;
            // Made in a private folder, so that no other user can connect before the permissions are set.
            let private = private_folder(&path)?;
            let bound = bind_in(&private, &path);
            let _removed = fs::remove_dir(&private);
            let listener = bound?;
            let file = identity(&path).map(|identity| SocketFile { path, identity });
            Ok(Self { listener, file })
        }

        pub(super) fn taken_over(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
            let listener = UnixListener::from_std(listener)?;
            Ok(Self {
                listener,
                file: None,
            })
        }
    }

    impl Drop for SocketFile {
        fn drop(&mut self) {
            if identity(&self.path) == Some(self.identity) {
                let _removed = fs::remove_file(&self.path);
            }
        }
    }

    fn identity(path: &Path) -> Option<(u64, u64)> {
        let metadata = fs::symlink_metadata(path).ok()?;
        Some((metadata.dev(), metadata.ino()))
    }

    fn remove_stale(path: &Path) -> io::Result<()> {
        let Ok(metadata) = fs::symlink_metadata(path) else {
            return Ok(());
        };
        if !metadata.file_type().is_socket() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the file is not a socket",
            ));
        }
        match UnixStream::connect(path) {
            Ok(_) => Err(io::Error::new(
                io::ErrorKind::AddrInUse,
                "another process listens on this socket",
            )),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
            // It may be another user's.
            Err(error) => Err(error),
        }
    }

    fn private_folder(path: &Path) -> io::Result<PathBuf> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let folder = path.with_file_name(format!(".{name}.{}", std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(folder)
    }

    fn bind_in(private: &Path, path: &Path) -> io::Result<UnixListener> {
        // Short: the path of a socket has at most 107 bytes.
        let made = private.join("s");
        let listener = UnixListener::bind(&made)?;
        let placed = fs::set_permissions(&made, fs::Permissions::from_mode(0o600))
            .and_then(|()| fs::rename(&made, path));
        if placed.is_err() {
            let _removed = fs::remove_file(&made);
        }
        placed.map(|()| listener)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn runtime() -> tokio::runtime::Runtime {
            tokio::runtime::Builder::new_current_thread()
                .enable_io()
                .build()
                .unwrap()
        }

        fn folder(name: &str) -> PathBuf {
            let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
            let _old = fs::remove_dir_all(&folder);
            fs::create_dir(&folder).unwrap();
            folder
        }

        #[test]
        fn a_socket_is_private_and_removed_at_the_end() {
            let runtime = runtime();
            let _entered = runtime.enter();
            let folder = folder("proxy-socket");
            let path = folder.join("mysql.sock");
            let socket = UnixSocket::bind(path.clone()).unwrap();
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            let in_use = UnixSocket::bind(path.clone()).unwrap_err();
            assert_eq!(in_use.kind(), io::ErrorKind::AddrInUse);
            drop(socket);
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
            fs::remove_dir(folder).unwrap();
        }

        #[test]
        fn a_socket_that_is_left_over_is_replaced_and_a_file_is_not() {
            let runtime = runtime();
            let _entered = runtime.enter();
            let folder = folder("proxy-stale");
            let path = folder.join("mysql.sock");
            drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
            drop(UnixSocket::bind(path.clone()).unwrap());
            fs::write(&path, "data").unwrap();
            let error = UnixSocket::bind(path.clone()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(&path).unwrap(), b"data");
            fs::remove_dir_all(folder).unwrap();
        }
    }
}
