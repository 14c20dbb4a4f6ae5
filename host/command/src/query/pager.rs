//! `--pager`: shows the rows in a program such as `less`.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use super::destination::{Destination, Reader};
use crate::error::Error;

const DEFAULT: &str = "less";
/// Options of `less`, as git sets them: exits if the rows fit the screen, keeps them on it, and passes on escapes for
/// colors only.
const LESS: &str = "FRX";

/// A pager that is running, and its standard input.
pub(crate) struct Pager {
    child: Child,
    /// `None` after the last row.
    input: Option<Arc<File>>,
    pub(super) reader: Reader,
    /// The width of the terminal.
    pub(super) width: Option<usize>,
}

/// Starts the pager in place of a terminal.
pub(super) fn start(terminal: Destination) -> Result<Destination, Error> {
    let program = env::var_os("PAGER").filter(|pager| !pager.is_empty());
    let program = program.unwrap_or_else(|| OsString::from(DEFAULT));
    // PAGER is a shell command, which may have options.
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(&program).stdin(Stdio::piped());
    if env::var_os("LESS").is_none() {
        command.env("LESS", LESS);
    }
    let refused = |error| Error::Command(program.clone(), error);
    let mut child = command.spawn().map_err(refused)?;
    let input = child.stdin.take().map(into_file);
    Ok(Destination::Pager(Pager {
        child,
        reader: match &input {
            Some(file) => Reader::for_file(file),
            None => Reader::None,
        },
        input: input.map(Arc::new),
        width: terminal.width(),
    }))
}

#[cfg(unix)]
fn into_file(input: std::process::ChildStdin) -> File {
    File::from(std::os::fd::OwnedFd::from(input))
}

#[cfg(windows)]
fn into_file(input: std::process::ChildStdin) -> File {
    File::from(std::os::windows::io::OwnedHandle::from(input))
}

impl Pager {
    pub(super) fn input(&self) -> Option<&Arc<File>> {
        self.input.as_ref()
    }
}

impl Drop for Pager {
    /// Closes the pager's input, and waits until its user leaves it. Messages are printed after that.
    fn drop(&mut self) {
        self.input = None;
        let _status = self.child.wait();
    }
}
