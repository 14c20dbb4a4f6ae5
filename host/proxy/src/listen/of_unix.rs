//! Unix sockets as listeners: their files, and the permissions of these.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

/// How many names of a private folder are tried.
const ATTEMPTS: usize = 100;

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
        let private = private_folder(&path, std::iter::repeat_with(short_name))?;
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

    /// The path. The system knows a bound one by the name that it had in the private folder.
    pub(super) fn path(&self) -> Option<PathBuf> {
        match &self.file {
            Some(file) => Some(file.path.clone()),
            None => self
                .listener
                .local_addr()
                .ok()?
                .as_pathname()
                .map(Path::to_owned),
        }
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
            "a file that is not a socket exists there: remove it, or choose another path",
        ));
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "another process already listens on this socket: stop it, or choose another path",
        )),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        // It may be another user's.
        Err(error) => Err(error),
    }
}

/// Makes a folder beside `path`, under the first of `names` that is free. A process that was killed may have left its
/// folder.
fn private_folder(path: &Path, names: impl Iterator<Item = String>) -> io::Result<PathBuf> {
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for name in names.take(ATTEMPTS) {
        let folder = path.with_file_name(name);
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// A dot and three letters or digits: the path of a socket has at most 107 bytes, and the one in the private folder
/// must not be longer than the wanted one.
fn short_name() -> String {
    // Its keys are random.
    let mut random = RandomState::new().build_hasher().finish();
    let mut name = ".".to_owned();
    for _ in 0..3 {
        let digit = u32::try_from(random % 36).ok();
        name.extend(digit.and_then(|digit| char::from_digit(digit, 36)));
        random /= 36;
    }
    name
}

fn bind_in(private: &Path, path: &Path) -> io::Result<UnixListener> {
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
    fn a_path_may_have_the_length_that_the_system_allows() {
        let runtime = runtime();
        let _entered = runtime.enter();
        let folder = folder("proxy-long");
        let length = 107 - folder.as_os_str().len() - 1;
        // Down to the shortest name that is as long as the one in the private folder.
        let deep = folder.join("d".repeat(length - 1 - "s.sock".len()));
        fs::create_dir(&deep).unwrap();
        for path in [folder.join("s".repeat(length)), deep.join("s.sock")] {
            assert_eq!(path.as_os_str().len(), 107);
            let socket = UnixSocket::bind(path.clone()).unwrap();
            assert_eq!(socket.path(), Some(path));
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_that_a_killed_process_has_left_is_no_obstacle() {
        let folder = folder("proxy-left");
        let path = folder.join("mysql.sock");
        let names = || ["left", "free"].map(str::to_owned).into_iter();
        fs::create_dir(folder.join("left")).unwrap();
        let made = private_folder(&path, names()).unwrap();
        assert_eq!(made, folder.join("free"));
        let error = private_folder(&path, names()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_socket_that_was_taken_over_has_its_path() {
        let runtime = runtime();
        let _entered = runtime.enter();
        let folder = folder("proxy-taken-over");
        let path = folder.join("mysql.sock");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let socket = UnixSocket::taken_over(listener).unwrap();
        assert_eq!(socket.path(), Some(path));
        fs::remove_dir_all(folder).unwrap();
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
