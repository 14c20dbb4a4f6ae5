//! A file that is written beside the one it is to become, and takes its name when it is whole. Dropped before,
//! it is gone, and the old one is as it was.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::error::Error;

/// As many as Linux follows.
const MAX_LINKS: usize = 40;

pub(in crate::cli) struct Replacement {
    /// As it was given.
    path: PathBuf,
    /// Behind the links.
    target: PathBuf,
    file: NamedTempFile,
}

impl Replacement {
    pub(super) fn begin(path: &Path) -> Result<Self, Error> {
        let of_path = |error| Error::File(path.to_owned(), error);
        let target = follow(path).map_err(of_path)?;
        // A new name could be given to it also where it itself must not be written.
        let old = match OpenOptions::new().write(true).open(&target) {
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
        let file = beside(folder).map_err(of_path)?;
        if let Some(old) = old {
            copy_permissions(&old, file.as_file()).map_err(of_path)?;
        }
        Ok(Self {
            path: path.to_owned(),
            target,
            file,
        })
    }

    pub(super) fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    pub(super) fn error(&self, error: io::Error) -> Error {
        Error::File(self.path.clone(), error)
    }

    pub(super) fn keep(self) -> Result<(), Error> {
        let Self { path, target, file } = self;
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

/// Who could not read the old one is not to read the new one.
fn copy_permissions(old: &File, new: &File) -> io::Result<()> {
    let metadata = old.metadata()?;
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only there are groups"))]
    let mut permissions = metadata.permissions();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        if new.metadata()?.gid() != metadata.gid() {
            // The group is another: it has no part in this.
            permissions.set_mode(permissions.mode() & !0o070);
        }
    }
    new.set_permissions(permissions)
}

fn beside(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".rds-bridge-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As of any new file; the umask takes its own off.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// What links lead to, there or not.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => {
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
