//! Where the rows go: standard output, a file, or what `--output` names that is not a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write, stdout};
use std::path::{Path, PathBuf};

use super::replacement::Replacement;
use crate::cli::error::Error;

/// Whether a path is a file's, or that of one which is not there yet: its name then tells something of it.
pub(super) fn is_file(path: &Path) -> bool {
    let is_file = || fs::metadata(path).map_or(true, |it| it.is_file() || it.is_dir());
    !is_stdout(path) && is_file()
}

/// By its names: behind them may be a file, which somebody has opened to append to.
fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]
        .iter()
        .any(|name| path == Path::new(name))
}

pub(in crate::cli) enum Destination {
    Stdout,
    /// A pipe or a device, which is written as it is.
    Direct {
        path: PathBuf,
        file: File,
    },
    /// What becomes the file when it is whole.
    Replacement(Replacement),
}

impl Destination {
    /// None, and `-`, are standard output. Whether it can be written is found out here.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path.filter(|path| !is_stdout(path)) else {
            return Ok(Self::Stdout);
        };
        if is_file(path) {
            return Replacement::begin(path).map(Self::Replacement);
        }
        let file = OpenOptions::new().write(true).open(path);
        let path = path.to_owned();
        match file {
            Ok(file) => Ok(Self::Direct { path, file }),
            Err(error) => Err(Error::File(path, error)),
        }
    }

    pub(super) fn is_terminal(&self) -> bool {
        match self {
            Self::Stdout => stdout().is_terminal(),
            Self::Direct { file, .. } => file.is_terminal(),
            Self::Replacement(_) => false,
        }
    }

    /// Whether nothing of it is left if it is not kept.
    pub(super) fn vanishes(&self) -> bool {
        matches!(self, Self::Replacement(_))
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => {
                let mut stdout = stdout().lock();
                stdout.write_all(bytes)?;
                stdout.flush()
            }
            Self::Direct { file, .. } => file.write_all(bytes),
            Self::Replacement(replacement) => replacement.file().write_all(bytes),
        }
    }

    /// A disk that is full says so here at the latest.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        match self {
            Self::Stdout | Self::Direct { .. } => Ok(()),
            Self::Replacement(replacement) => {
                let synced = replacement.file().sync_all();
                synced.map_err(|error| self.error(error))
            }
        }
    }

    pub(super) fn error(&self, error: io::Error) -> Error {
        match self {
            Self::Stdout => Error::Write(error),
            Self::Direct { path, .. } => Error::File(path.clone(), error),
            Self::Replacement(replacement) => replacement.error(error),
        }
    }

    pub(super) fn keep(self) -> Result<(), Error> {
        match self {
            Self::Stdout | Self::Direct { .. } => Ok(()),
            Self::Replacement(replacement) => replacement.keep(),
        }
    }
}
