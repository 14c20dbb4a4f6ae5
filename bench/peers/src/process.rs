//! What a process has used, as the operating system reports it.

use std::time::Duration;

#[cfg(target_os = "linux")]
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_gettime};
#[cfg(target_os = "linux")]
use nix::unistd::Pid;

/// The CPU time of this process, with all its threads, in user and system mode.
pub fn cpu() -> Duration {
    cpu_of(UsageWho::RUSAGE_SELF)
}

/// The CPU time of this process's children that have ended.
pub fn cpu_of_children() -> Duration {
    cpu_of(UsageWho::RUSAGE_CHILDREN)
}

fn cpu_of(who: UsageWho) -> Duration {
    let usage = getrusage(who).expect("a process");
    let microseconds =
        usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(microseconds.try_into().expect("a positive time"))
}

/// The CPU time of the calling thread, in user and system mode. Servers in other threads of this process are not
/// counted.
pub fn cpu_of_thread() -> Duration {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("this thread");
    Duration::from(time)
}

/// Restricts the calling thread, and the threads and processes that it starts from now on, to one processor.
#[cfg(target_os = "linux")]
pub fn stay_on(processor: usize) {
    let mut only = CpuSet::new();
    only.set(processor).expect("a processor");
    sched_setaffinity(Pid::from_raw(0), &only).expect("there is a second processor");
}

#[cfg(not(target_os = "linux"))]
pub fn stay_on(_: usize) {
    panic!("choosing a processor is not supported on this system");
}

/// The largest peak memory of the children that have ended, in KiB.
///
/// A child inherits the peak of the process that started it, so only a small process can measure a small child.
pub fn peak_kib_of_children() -> u64 {
    let usage: Usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the children");
    let peak = usage.max_rss().try_into().expect("a positive size");
    // macOS reports bytes.
    if cfg!(target_os = "macos") {
        peak / 1024
    } else {
        peak
    }
}
