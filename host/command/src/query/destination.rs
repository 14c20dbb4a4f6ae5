//! The destination of the rows: standard output, a file, or a pipe or device that `--output` names.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::compression::Compression;
use super::interrupt;
use super::pager::Pager;
use super::pipe::{self, Pipe};
use super::replacement::Replacement;
use crate::error::Error;

/// Whether a path is that of a file, which may not exist yet. Only then does its extension tell the format.
pub(super) fn is_file(path: &Path) -> bool {
    let is_file = || fs::metadata(path).map_or(true, |it| it.is_file() || it.is_dir());
    !is_stdout(path) && is_file()
}

/// Compares names, not what they refer to: standard output may be a file that was opened for appending.
fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]
        .iter()
        .any(|name| path == Path::new(name))
}

pub(crate) enum Destination {
    Stdout(Reader),
    /// A pipe or a device, which is written directly.
    Direct {
        path: PathBuf,
        file: Arc<File>,
        reader: Reader,
    },
    /// A temporary file that replaces the file when it is complete.
    Replacement(Replacement),
    /// A pager on the terminal.
    Pager(Pager),
}

/// What reads the bytes, and may block the writer for any length of time.
pub(crate) enum Reader {
    /// A file, to which writing does not block.
    None,
    Pipe(Pipe),
    /// A terminal, a socket, another device.
    Other,
}

impl Reader {
    /// The reader of an open file.
    #[cfg(unix)]
    pub(super) fn for_file(file: impl std::os::fd::AsFd) -> Self {
        use std::os::unix::fs::FileTypeExt;

        let kind = file.as_fd().try_clone_to_owned().map(File::from);
        match kind.and_then(|file| file.metadata()) {
            Ok(metadata) if metadata.is_file() => Self::None,
            Ok(metadata) if metadata.file_type().is_fifo() => Self::Pipe(Pipe::default()),
            _ => Self::Other,
        }
    }

    #[cfg(not(unix))]
    pub(super) fn for_file<F>(_: F) -> Self {
        Self::Other
    }
}

/// An open destination that another thread can write to while it waits for the reader.
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
    /// Opens the destination. Without a path, or with `-`, it is standard output.
    ///
    /// Before it creates a temporary file, it catches signals, so that the file can be removed. Not before it opens a
    /// pipe, which blocks until there is a reader.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path.filter(|path| !is_stdout(path)) else {
            return Ok(Self::stdout());
        };
        if is_file(path) {
            interrupt::catch()?;
            let (compression, _) = Compression::of_file(path);
            return Replacement::begin(path, compression).map(Self::Replacement);
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
            Self::Pager(_) => true,
        }
    }

    /// The width of the terminal that shows the rows, if one does and it has a width.
    pub(super) fn width(&self) -> Option<usize> {
        match self {
            Self::Stdout(_) => window_width(stdout()),
            Self::Direct { file, .. } => window_width(file),
            Self::Replacement(_) => None,
            Self::Pager(pager) => pager.width,
        }
    }

    /// Whether nothing remains of it unless it is kept.
    pub(super) fn vanishes(&self) -> bool {
        matches!(self, Self::Replacement(_))
    }

    /// Writes as much as it can without blocking. If bytes are left, returns how many were written, and the sink with
    /// which another thread can write the rest.
    pub(super) fn write_at_once(&mut self, bytes: &[u8]) -> io::Result<Option<(Sink, usize)>> {
        let (sink, reader) = match self {
            Self::Replacement(replacement) => {
                replacement.write_all(bytes)?;
                return Ok(None);
            }
            Self::Stdout(reader) => (Sink::Stdout, reader),
            Self::Direct { file, reader, .. } => (Sink::File(Arc::clone(file)), reader),
            Self::Pager(pager) => {
                let (file, reader) = pager.input()?;
                (Sink::File(file), reader)
            }
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

    /// Flushes a file to the disk, which reports a full disk at the latest here, and sets its permissions. Only the
    /// name is still temporary then.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        match self {
            Self::Stdout(_) | Self::Direct { .. } | Self::Pager(_) => Ok(()),
            Self::Replacement(replacement) => {
                let synced = replacement.sync();
                synced.map_err(|error| self.error(error))
            }
        }
    }

    pub(super) fn error(&self, error: io::Error) -> Error {
        match self {
            Self::Stdout(_) => Error::Write(error),
            Self::Pager(pager) => Error::Command(pager.program.clone(), error),
            Self::Direct { path, .. } => Error::File(path.clone(), error),
            Self::Replacement(replacement) => replacement.error(error),
        }
    }

    pub(super) fn keep(self) -> Result<(), Error> {
        match self {
            Self::Stdout(_) | Self::Direct { .. } | Self::Pager(_) => Ok(()),
            Self::Replacement(replacement) => replacement.keep(),
        }
    }
}

#[cfg(unix)]
fn window_width(file: impl std::os::fd::AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(file).ok()?;
    // A terminal of a program, such as that of `script`, may have no size.
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

#[cfg(not(unix))]
fn window_width<F>(_: F) -> Option<usize> {
    None
}
