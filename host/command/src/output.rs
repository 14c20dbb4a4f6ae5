//! Standard output, whose reader may have gone: that is not an error of ours.

use std::io::{ErrorKind, Write, stdout};

use super::error::Error;

/// Prints a text as it is.
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

/// Prints a text and ends the line.
pub(super) fn print_line(text: &str) -> Result<(), Error> {
    // A line end in a write of its own would go alone where standard output is not buffered.
    let line = zeroize::Zeroizing::new([text, "\n"].concat());
    print(&line)
}
