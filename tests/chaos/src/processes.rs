//! The memory and the open files of the processes under load.

use std::fs;
use std::time::Duration;

/// The kilobytes of a process that are in memory, without files that it maps: proc_pid_status(5).
pub(crate) fn memory_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("RssAnon:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// How many files a process has open.
pub(crate) fn open_files(process: u32) -> usize {
    fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count)
}

/// The memory of a process over time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples {
    /// When the process was first seen, after the start of the run.
    pub(crate) since: Duration,
    kilobytes: Vec<u64>,
}

impl Samples {
    pub(crate) fn since(since: Duration) -> Self {
        Self {
            since,
            kilobytes: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, kilobytes: u64) {
        self.kilobytes.push(kilobytes);
    }

    /// The medians of the second and of the last quarter. The first quarter is the start: buffers, statements and
    /// threads reach their number.
    pub(crate) fn medians(&self) -> Option<(u64, u64)> {
        let all = &self.kilobytes;
        let quarter = all.len() / 4;
        let early = all.get(quarter..quarter.saturating_mul(2))?;
        let late = all.get(all.len().saturating_sub(quarter)..)?;
        Some((median(early)?, median(late)?))
    }
}

fn median(samples: &[u64]) -> Option<u64> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}
