//! Writing to a pipe without blocking on its reader.

use std::io;
#[cfg(unix)]
use std::os::fd::AsFd;

/// Capacity to request for a pipe that gets a long result: the most that Linux allows without privileges
/// (`/proc/sys/fs/pipe-max-size`; pipe(7)). With the usual 64 KiB, writer and reader wait for each other at every
/// block.
#[cfg(target_os = "linux")]
const CAPACITY: usize = 1 << 20;
/// A write of at most this length does not block if the pipe has room (`PIPE_BUF`; pipe(7)).
#[cfg(unix)]
const ATOMIC: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

#[derive(Debug, Default)]
pub(crate) struct Pipe {
    #[cfg(target_os = "linux")]
    is_enlarged: bool,
    /// Whether the kernel cannot write to a pipe without blocking, as before version 6.4.
    #[cfg(target_os = "linux")]
    must_poll: bool,
}

impl Pipe {
    /// Writes as much as the pipe takes without blocking, and returns the number of bytes.
    #[cfg(target_os = "linux")]
    pub(super) fn write_at_once(&mut self, pipe: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
        use rustix::io::{Errno, ReadWriteFlags, pwritev2};
        use rustix::pipe::fcntl_setpipe_size;

        if bytes.len() > ATOMIC && !self.is_enlarged {
            self.is_enlarged = true;
            // If the system refuses, the pipe keeps its capacity.
            let _capacity = fcntl_setpipe_size(&pipe, CAPACITY);
        }
        /// A pipe has no offset (pwritev2(2)).
        const NO_OFFSET: u64 = u64::MAX;
        while !self.must_poll {
            let slices = [io::IoSlice::new(bytes)];
            match pwritev2(&pipe, &slices, NO_OFFSET, ReadWriteFlags::NOWAIT) {
                Ok(written) => return Ok(written),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(0),
                Err(Errno::PIPE) => return Err(Errno::PIPE.into()),
                // Any error by which a sandbox or an old kernel refuses an unknown call.
                Err(_) => self.must_poll = true,
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
    if bytes.len() > ATOMIC || !super::room::has_room(&pipe) {
        return Ok(0);
    }
    match rustix::io::write(pipe, bytes) {
        Ok(written) => Ok(written),
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Writes all bytes, and blocks as long as that takes, even if another process that shares the open file has set
/// `O_NONBLOCK`.
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
                // The next write reports a failure.
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
