//! Tests whether a pipe or a terminal has room, so that writing a few bytes does not block.

#[cfg(unix)]
pub(super) fn has_room(file: impl std::os::fd::AsFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let mut asked = [PollFd::new(&file, PollFlags::OUT)];
    matches!(poll(&mut asked, Some(&now)), Ok(1..))
}

#[cfg(not(unix))]
pub(super) fn has_room<F>(_: F) -> bool {
    true
}
