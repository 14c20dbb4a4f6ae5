//! Writing to what a reader may leave full: a pipe, mostly.

use std::io;
#[cfg(unix)]
use std::os::fd::AsFd;

/// What a pipe is asked to hold, once a long result goes through it: the most that Linux gives everybody
/// (`/proc/sys/fs/pipe-max-size`; pipe(7)). In the usual 64 KiB writer and reader wait for each other at every block.
#[cfg(target_os = "linux")]
const CAPACITY: usize = 1 << 20;
/// A write of at most this length does not wait if the pipe has room (`PIPE_BUF`; pipe(7)).
#[cfg(unix)]
const ATOMIC: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

#[derive(Debug, Default)]
pub(crate) struct Pipe {
    #[cfg(target_os = "linux")]
    is_long: bool,
    /// Whether the kernel does not write to pipes without waiting: before 6.4 it did not.
    #[cfg(target_os = "linux")]
    must_ask: bool,
}

impl Pipe {
    /// Writes what the pipe takes without waiting for its reader, and gives how many bytes that is.
    #[cfg(target_os = "linux")]
    pub(super) fn write_at_once(&mut self, pipe: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
        use rustix::io::{Errno, ReadWriteFlags, pwritev2};
        use rustix::pipe::fcntl_setpipe_size;

        if bytes.len() > ATOMIC && !self.is_long {
            self.is_long = true;
            // Where there is no room for it, the pipe stays as it is.
            let _capacity = fcntl_setpipe_size(&pipe, CAPACITY);
        }
        /// A pipe has no offset (pwritev2(2)).
        const NO_OFFSET: u64 = u64::MAX;
        while !self.must_ask {
            let slices = [io::IoSlice::new(bytes)];
            match pwritev2(&pipe, &slices, NO_OFFSET, ReadWriteFlags::NOWAIT) {
                Ok(written) => return Ok(written),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(0),
                Err(Errno::PIPE) => return Err(Errno::PIPE.into()),
                // Whatever a sandbox or an old kernel says to a call that it does not know.
                Err(_) => self.must_ask = true,
            }
        }
        write_if_short(pipe, bytes)
    }

    #[cfg(all(unix, not(target_os = "linux")))]
    pub(super) fn write_at_once(&mut self, pipe: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
        write_if_short(pipe, bytes)
    }

    #[cfg(not(unix))]
    pub(super) fn write_at_once<F>(&mut self, _: F, _: &[u8]) -> io::Result<usize> {
        Ok(0)
    }
}

#[cfg(unix)]
fn write_if_short(pipe: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    let is_taken = bytes.len() <= ATOMIC && super::room::has_room(&pipe);
    match is_taken {
        true => match rustix::io::write(pipe, bytes) {
            Ok(written) => Ok(written),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        },
        false => Ok(0),
    }
}

/// Writes all of it, and waits as long as that takes; also where another process that shares the open file has made it one
/// that does not wait (`O_NONBLOCK`).
#[cfg(unix)]
pub(super) fn write_all(file: impl AsFd, mut bytes: &[u8]) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::{Errno, write};

    while !bytes.is_empty() {
        match write(&file, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                // What comes of it, the next write tells.
                let _ready = poll(&mut [PollFd::new(&file, PollFlags::OUT)], None);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn write_all(mut file: impl io::Write, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.flush()
}
