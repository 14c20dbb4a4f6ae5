//! What the system says that a process has used.

use std::time::Duration;

#[cfg(target_os = "linux")]
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_gettime};
#[cfg(target_os = "linux")]
use nix::unistd::Pid;

/// The time that this process has had, in all its threads, of its own and in the system.
pub fn cpu() -> Duration {
    cpu_of(UsageWho::RUSAGE_SELF)
}

/// The same of its children that have ended.
pub fn cpu_of_children() -> Duration {
    cpu_of(UsageWho::RUSAGE_CHILDREN)
}

fn cpu_of(whom: UsageWho) -> Duration {
    let usage = getrusage(whom).expect("a process");
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

/// From now on the calling thread, and the threads and processes that it starts, have this processor only.
#[cfg(target_os = "linux")]
pub fn stay_on(processor: usize) {
    let mut only = CpuSet::new();
    only.set(processor).expect("a processor");
    sched_setaffinity(Pid::from_raw(0), &only).expect("there is a second processor");
}

#[cfg(not(target_os = "linux"))]
pub fn stay_on(_: usize) {
    panic!("here one cannot choose a processor");
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
