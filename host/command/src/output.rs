//! Writing to standard output and standard error. A reader that closes the pipe is not an error.

#[cfg(feature = "proxy")]
use std::io::stderr;
use std::io::{ErrorKind, Write, stdout};

use super::error::Error;

/// Prints a text.
pub(super) fn print(text: &str) -> Result<(), Error> {
    let mut stdout = stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Error::Write),
    }
}

/// Prints a text and a newline.
pub(super) fn print_line(text: &str) -> Result<(), Error> {
    // One write: where standard output is not buffered, the newline would otherwise arrive separately.
    let line = zeroize::Zeroizing::new([text, "\n"].concat());
    print(&line)
}

/// Prints to standard error. A closed standard error does not stop a server.
#[cfg(feature = "proxy")]
pub(super) fn tell(lines: &str) {
    let _unread = stderr().write_all(lines.as_bytes());
}
