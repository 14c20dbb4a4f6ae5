//! A file that is written beside the one it is to become, and takes its name when it is whole. Dropped before,
//! it is gone, and the old one is as it was.
//!
//! Until it is whole only its owner can read it. Then it gets the permissions of the file that it replaces, or those of
//! any new file.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Error;

/// As many as Linux follows.
const MAX_LINKS: usize = 40;

pub(crate) struct Replacement {
    /// As it was given.
    path: PathBuf,
    /// Behind the links.
    target: PathBuf,
    file: NamedTempFile,
    /// What it is to be once it is whole.
    permissions: fs::Permissions,
}

impl Replacement {
    pub(super) fn begin(path: &Path) -> Result<Self, Error> {
        let of_path = |error| Error::File(path.to_owned(), error);
        let target = follow(path).map_err(of_path)?;
        // A new name could be given to it also where it itself must not be written.
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
        // Its owner's alone, by tempfile's default.
        let file = tempfile::Builder::new()
            .prefix(".rds-bridge-")
            .suffix(".part")
            .tempfile_in(folder)
            .map_err(of_path)?;
        let permissions = file.as_file().metadata().and_then(|new| match old {
            Some(old) => Ok(permissions_of(&old.metadata()?, &new)),
            None => Ok(permissions_of_any(&new)),
        });
        Ok(Self {
            path: path.to_owned(),
            target,
            file,
            permissions: permissions.map_err(of_path)?,
        })
    }

    pub(super) fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    pub(super) fn error(&self, error: io::Error) -> Error {
        Error::File(self.path.clone(), error)
    }

    /// It is whole: who may read it at all may read it from here on.
    pub(super) fn sync(&mut self) -> io::Result<()> {
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
        // What the statement has written is committed: its rows are not to be lost.
        let why = match refused.file.keep() {
            Ok((_, left)) => io::Error::new(
                refused.error.kind(),
                format!("{}; the rows are all in {}", refused.error, left.display()),
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
        // Links were followed before; one that has come since is not.
        options.custom_flags(libc::O_NOFOLLOW);
    }
    options.open(target)
}

/// Who could not read the old one is not to read the new one.
#[cfg(unix)]
fn permissions_of(old: &Metadata, new: &Metadata) -> fs::Permissions {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let mode = old.permissions().mode() & 0o777;
    fs::Permissions::from_mode(match new.gid() == old.gid() {
        true => mode,
        // The group is another: it has no part in this.
        false => mode & !0o070,
    })
}

#[cfg(not(unix))]
fn permissions_of(old: &Metadata, _: &Metadata) -> fs::Permissions {
    old.permissions()
}

/// Of any new file: all may read and write it, but for what the umask takes off.
#[cfg(unix)]
fn permissions_of_any(_: &Metadata) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;

    use rustix::fs::Mode;
    use rustix::process::umask;

    // It can be asked by setting it alone. There is no other thread yet that could make a file meanwhile.
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
fn permissions_of_any(new: &Metadata) -> fs::Permissions {
    new.permissions()
}

/// What links lead to, there or not.
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

/// In a folder where everybody may make files, as /tmp, another user may have put a link where this file is expected.
/// It is followed by the rule of Linux's `fs.protected_symlinks`, which does not see what is followed here.
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
        let why = "it is a link that another user has put into a folder where everybody may write";
        return Err(io::Error::new(ErrorKind::PermissionDenied, why));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_link(_: &Path, _: &Metadata) -> io::Result<()> {
    Ok(())
}
