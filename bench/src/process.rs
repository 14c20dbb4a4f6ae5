//! What the system says that a process has used.

use std::time::Duration;

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_gettime};

/// The time that this process has had, in all its threads, of its own and in the system.
pub fn cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("this process");
    let microseconds =
        usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(microseconds.try_into().expect("a positive time"))
}

/// The time that the calling thread has had, of its own and in the system. Servers in threads of this
/// process do not count.
pub fn cpu_of_thread() -> Duration {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("this thread");
    Duration::from(time)
}

/// The most memory that a child has had at once, of those that ended, in KiB.
///
/// A child begins with the figure of the process that made it: only a small one can see a small child.
pub fn peak_kib_of_children() -> u64 {
    let usage: Usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the children");
    let peak = usage.max_rss().try_into().expect("a positive size");
    // macOS counts bytes.
    if cfg!(target_os = "macos") {
        peak / 1024
    } else {
        peak
    }
}
