//! `--pager`: shows the rows in a program such as `less`.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use super::destination::{Destination, Reader};

const DEFAULT: &str = "less";
/// Options of `less`, as git sets them: exits if the rows fit the screen, keeps them on it, and passes on escapes for
/// colours only.
const LESS: &str = "FRX";

/// A pager in place of the terminal. It starts with the first rows, so that it does not take the keys of a prompt, and
/// a failure to connect starts none.
pub(crate) struct Pager {
    /// A shell command, which may have options.
    pub(super) program: OsString,
    /// The width of the terminal.
    pub(super) width: Option<usize>,
    running: Option<Running>,
}

struct Running {
    child: Child,
    /// `None` after the last row.
    input: Option<Arc<File>>,
    reader: Reader,
}

impl Pager {
    /// The pager that `PAGER` names, on this terminal.
    pub(super) fn on(terminal: &Destination) -> Self {
        let program = env::var_os("PAGER").filter(|pager| !pager.is_empty());
        Self {
            program: program.unwrap_or_else(|| OsString::from(DEFAULT)),
            width: terminal.width(),
            running: None,
        }
    }

    /// Its standard input. Starts it, if it is not running yet.
    pub(super) fn input(&mut self) -> io::Result<(Arc<File>, &mut Reader)> {
        let running = match &mut self.running {
            Some(running) => running,
            none => none.insert(start(&self.program)?),
        };
        match &running.input {
            Some(file) => Ok((Arc::clone(file), &mut running.reader)),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

fn start(program: &OsString) -> io::Result<Running> {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(program).stdin(Stdio::piped());
    if env::var_os("LESS").is_none() {
        command.env("LESS", LESS);
    }
    let mut child = command.spawn()?;
    let input = child.stdin.take().map(into_file);
    Ok(Running {
        child,
        reader: match &input {
            Some(file) => Reader::for_file(file),
            None => Reader::None,
        },
        input: input.map(Arc::new),
    })
}

#[cfg(unix)]
fn into_file(input: std::process::ChildStdin) -> File {
    File::from(std::os::fd::OwnedFd::from(input))
}

#[cfg(windows)]
fn into_file(input: std::process::ChildStdin) -> File {
    File::from(std::os::windows::io::OwnedHandle::from(input))
}

impl Drop for Running {
    /// Closes the pager's input, and waits until its user leaves it. Messages are printed after that.
    fn drop(&mut self) {
        self.input = None;
        let _status = self.child.wait();
    }
}
