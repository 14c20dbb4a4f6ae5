//! Where the rows go: standard output, a file, or what `--output` names that is not a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::interrupt;
use super::pipe::{self, Pipe};
use super::replacement::Replacement;
use crate::error::Error;

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

pub(crate) enum Destination {
    Stdout(Reader),
    /// A pipe or a device, which is written as it is.
    Direct {
        path: PathBuf,
        file: Arc<File>,
        reader: Reader,
    },
    /// What becomes the file when it is whole.
    Replacement(Replacement),
}

/// Who takes the bytes, and may let the writer wait for as long as it likes.
pub(crate) enum Reader {
    /// A file, which takes what it is given.
    None,
    Pipe(Pipe),
    /// A terminal, a socket, another device.
    Other,
}

impl Reader {
    /// The reader of an open file, which stays open.
    #[cfg(unix)]
    fn for_file(file: impl std::os::fd::AsFd) -> Self {
        use std::os::unix::fs::FileTypeExt;

        let kind = file.as_fd().try_clone_to_owned().map(File::from);
        match kind.and_then(|file| file.metadata()) {
            Ok(metadata) if metadata.is_file() => Self::None,
            Ok(metadata) if metadata.file_type().is_fifo() => Self::Pipe(Pipe::default()),
            _ => Self::Other,
        }
    }

    #[cfg(not(unix))]
    fn for_file<F>(_: F) -> Self {
        Self::Other
    }
}

/// Bytes on their way, with which another thread may wait for a reader.
pub(super) enum Sink {
    Stdout,
    File(Arc<File>),
}

impl Sink {
    pub(super) fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => pipe::write_all(stdout(), bytes),
            Self::File(file) => pipe::write_all(&**file, bytes),
        }
    }
}

impl Destination {
    /// None, and `-`, are standard output. Whether it can be written is found out here.
    ///
    /// From where a file is begun, a signal does not end the process by itself. A pipe is opened before: that waits for
    /// its reader.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path.filter(|path| !is_stdout(path)) else {
            return Ok(Self::stdout());
        };
        if is_file(path) {
            interrupt::catch()?;
            return Replacement::begin(path).map(Self::Replacement);
        }
        let file = OpenOptions::new().write(true).open(path);
        let path = path.to_owned();
        match file {
            Ok(file) => Ok(Self::Direct {
                path,
                reader: Reader::for_file(&file),
                file: Arc::new(file),
            }),
            Err(error) => Err(Error::File(path, error)),
        }
    }

    pub(crate) fn stdout() -> Self {
        Self::Stdout(Reader::for_file(stdout()))
    }

    pub(super) fn is_terminal(&self) -> bool {
        match self {
            Self::Stdout(_) => stdout().is_terminal(),
            Self::Direct { file, .. } => file.is_terminal(),
            Self::Replacement(_) => false,
        }
    }

    /// Whether nothing of it is left if it is not kept.
    pub(super) fn vanishes(&self) -> bool {
        matches!(self, Self::Replacement(_))
    }

    /// Writes what no reader makes wait for. Where that is not all, it gives how many bytes it is, and with what
    /// another thread writes the rest.
    pub(super) fn write_at_once(&mut self, bytes: &[u8]) -> io::Result<Option<(Sink, usize)>> {
        let (sink, reader) = match self {
            Self::Replacement(replacement) => {
                replacement.file().write_all(bytes)?;
                return Ok(None);
            }
            Self::Stdout(reader) => (Sink::Stdout, reader),
            Self::Direct { file, reader, .. } => (Sink::File(Arc::clone(file)), reader),
        };
        let written = match reader {
            Reader::None => {
                sink.write_all(bytes)?;
                bytes.len()
            }
            Reader::Pipe(pipe) => match &sink {
                Sink::Stdout => pipe.write_at_once(stdout(), bytes)?,
                Sink::File(file) => pipe.write_at_once(&**file, bytes)?,
            },
            Reader::Other => 0,
        };
        Ok((written < bytes.len()).then_some((sink, written)))
    }

    /// All is written: a disk that is full says so here at the latest. From here on it is as it is to be, but for its
    /// name.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        match self {
            Self::Stdout(_) | Self::Direct { .. } => Ok(()),
            Self::Replacement(replacement) => {
                let synced = replacement.sync();
                synced.map_err(|error| self.error(error))
            }
        }
    }

    pub(super) fn error(&self, error: io::Error) -> Error {
        match self {
            Self::Stdout(_) => Error::Write(error),
            Self::Direct { path, .. } => Error::File(path.clone(), error),
            Self::Replacement(replacement) => replacement.error(error),
        }
    }

    pub(super) fn keep(self) -> Result<(), Error> {
        match self {
            Self::Stdout(_) | Self::Direct { .. } => Ok(()),
            Self::Replacement(replacement) => replacement.keep(),
        }
    }
}
