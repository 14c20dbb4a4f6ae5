//! Atomic replacement of a file: rows are written to a temporary file next to it, which is renamed when it is complete.
//! If it is dropped before, it is removed, and the old file is unchanged.
//!
//! Until it is complete, only its owner can read it. Then it gets the permissions of the file that it replaces, or
//! those of any new file.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::compression::{Compression, Compressor};
use crate::error::Error;

/// How many symbolic links to follow, as Linux does.
const MAX_LINKS: usize = 40;

pub(crate) struct Replacement {
    /// The path as given, for messages.
    path: PathBuf,
    /// The path after following symbolic links.
    target: PathBuf,
    file: NamedTempFile,
    /// Writes to the temporary file.
    compressor: Compressor,
    /// The permissions of the complete file.
    permissions: fs::Permissions,
}

impl Replacement {
    pub(super) fn begin(path: &Path, compression: Option<Compression>) -> Result<Self, Error> {
        let of_path = |error| Error::File(path.to_owned(), error);
        let target = follow(path).map_err(of_path)?;
        // Renaming would also replace a file that the user may not write, so check that first.
        let old = match writable(&target) {
            Ok(old) => Some(old),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(of_path(error)),
        };
        let folder = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(Error::NoFolder {
                path: path.to_owned(),
                folder: folder.to_owned(),
            });
        }
        // Readable only by its owner, which is the default of tempfile.
        let file = tempfile::Builder::new()
            .prefix(".rds-bridge-")
            .suffix(".part")
            .tempfile_in(folder)
            .map_err(of_path)?;
        let permissions = file.as_file().metadata().and_then(|new| match old {
            Some(old) => Ok(permissions_of(&old.metadata()?, &new)),
            None => Ok(default_permissions(&new)),
        });
        let handle = file.as_file().try_clone();
        let compressor = handle.and_then(|handle| Compressor::new(handle, compression));
        Ok(Self {
            path: path.to_owned(),
            target,
            file,
            compressor: compressor.map_err(of_path)?,
            permissions: permissions.map_err(of_path)?,
        })
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.compressor.write_all(bytes)
    }

    pub(super) fn error(&self, error: io::Error) -> Error {
        Error::File(self.path.clone(), error)
    }

    /// Flushes the complete file to the disk, and sets its final permissions.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.compressor.finish()?;
        let file = self.file.as_file();
        file.set_permissions(self.permissions.clone())?;
        file.sync_all()
    }

    pub(super) fn keep(self) -> Result<(), Error> {
        let Self {
            path, target, file, ..
        } = self;
        let Err(refused) = file.persist(target) else {
            return Ok(());
        };
        // The statement is already committed, so its rows must not be lost.
        let why = match refused.file.keep() {
            Ok((_, left)) => io::Error::new(
                refused.error.kind(),
                format!(
                    "{}; the complete rows are in {}",
                    refused.error,
                    left.display()
                ),
            ),
            Err(_) => refused.error,
        };
        Err(Error::File(path, why))
    }
}

fn writable(target: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Links were followed before. A link that was created since must not be.
        options.custom_flags(libc::O_NOFOLLOW);
    }
    options.open(target)
}

/// The permissions of the old file, so that no other user can read the new file.
#[cfg(unix)]
fn permissions_of(old: &Metadata, new: &Metadata) -> fs::Permissions {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let mode = old.permissions().mode() & 0o777;
    // The old permissions of the group do not apply to another group.
    let is_same_group = new.gid() == old.gid();
    fs::Permissions::from_mode(if is_same_group { mode } else { mode & !0o070 })
}

#[cfg(not(unix))]
fn permissions_of(old: &Metadata, _: &Metadata) -> fs::Permissions {
    old.permissions()
}

/// The permissions of any new file: read and write for all, minus the umask.
#[cfg(unix)]
fn default_permissions(_: &Metadata) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;

    use rustix::fs::Mode;
    use rustix::process::umask;

    // The umask can be read only by setting it. No other thread exists yet that could create a file meanwhile.
    let mask = umask(Mode::from_raw_mode(0o077));
    umask(mask);
    #[cfg_attr(
        target_os = "linux",
        expect(clippy::useless_conversion, reason = "elsewhere a mode has 16 bits")
    )]
    let mask = u32::from(mask.as_raw_mode());
    fs::Permissions::from_mode(0o666 & !mask)
}

#[cfg(not(unix))]
fn default_permissions(new: &Metadata) -> fs::Permissions {
    new.permissions()
}

/// Follows symbolic links. The target may not exist.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => {
                check_link(&path, &metadata)?;
                let link = fs::read_link(&path)?;
                path = match path.parent() {
                    Some(parent) => parent.join(link),
                    None => link,
                };
            }
            _ => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Refuses a link that another user created in a world-writable folder such as /tmp, by the rule of Linux's
/// `fs.protected_symlinks`. The kernel does not apply it here, because it is this module that follows the link.
#[cfg(unix)]
fn check_link(path: &Path, link: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;

    const STICKY_AND_WRITABLE_BY_ALL: u32 = 0o1002;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let folder = fs::metadata(folder)?;
    let is_shared = folder.mode() & STICKY_AND_WRITABLE_BY_ALL == STICKY_AND_WRITABLE_BY_ALL;
    let own = rustix::process::geteuid().as_raw();
    if is_shared && link.uid() != own && link.uid() != folder.uid() {
        let why = "it is a symbolic link that another user created in a world-writable folder";
        return Err(io::Error::new(ErrorKind::PermissionDenied, why));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_link(_: &Path, _: &Metadata) -> io::Result<()> {
    Ok(())
}
