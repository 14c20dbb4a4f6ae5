//! What another process has used so far, as the operating system reports it.

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::time::Duration;

    use nix::time::{clock_getcpuclockid, clock_gettime};
    use nix::unistd::Pid;

    /// The CPU time of a process, with all its threads, in user and system mode. (`/proc` has a resolution of only 10
    /// ms.)
    pub fn cpu(id: u32) -> Duration {
        let id = id.try_into().expect("a process");
        let clock = clock_getcpuclockid(Pid::from_raw(id)).expect("it runs");
        Duration::from(clock_gettime(clock).expect("it runs"))
    }

    /// The peak memory of a process.
    pub fn peak_kib(id: u32) -> u64 {
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
        kib.expect("its peak").parse().expect("a number")
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::time::Duration;

    pub fn cpu(_: u32) -> Duration {
        panic!("reading another process's CPU time is not supported on this system");
    }

    pub fn peak_kib(_: u32) -> u64 {
        panic!("reading another process's memory is not supported on this system");
    }
}

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{cpu, peak_kib};
#[cfg(target_os = "linux")]
pub use linux::{cpu, peak_kib};
