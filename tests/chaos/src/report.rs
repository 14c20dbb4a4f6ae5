//! What happened in a run.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::ledger::{Counts, Outcome, Path};
use crate::processes::Samples;

/// Memory is measured in runs of at least this length: in a shorter one it is still growing to its size.
const MEASURES_MEMORY: Duration = Duration::from_mins(10);
/// How much the memory may change, in percent.
const MEMORY_TOLERANCE: u64 = 5;

/// How long it took after a fault until each path worked again.
#[derive(Clone, Debug)]
pub(crate) struct Recovery {
    pub(crate) fault: &'static str,
    /// Since the begin of the run.
    pub(crate) at: Duration,
    /// Until the name led to a writer again.
    pub(crate) outage: Duration,
    /// From then to the first success of each path. `None`: there was none.
    pub(crate) paths: [Option<Duration>; 4],
}

/// What happened in a run, and what was wrong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) time: Duration,
    pub(crate) recoveries: Vec<Recovery>,
    pub(crate) counts: Vec<(Path, Counts)>,
    pub(crate) memory: Vec<(String, Samples)>,
    /// On both servers together.
    pub(crate) most_connections: usize,
    pub(crate) wrong: Vec<String>,
}

impl Report {
    /// Adds to what is wrong: memory that is not flat, and a path that did not work again.
    pub(crate) fn check_memory(&mut self) {
        if self.time >= MEASURES_MEMORY {
            for (name, samples) in &self.memory {
                if let Some((early, late)) = samples.medians()
                    && early.abs_diff(late).saturating_mul(100)
                        > early.saturating_mul(MEMORY_TOLERANCE)
                {
                    let wrong = format!("the memory of {name} changed from {early} to {late} KB");
                    self.wrong.push(wrong);
                }
            }
        }
        for recovery in &self.recoveries {
            if recovery.paths.contains(&None) {
                self.wrong
                    .push(format!("not every path worked again: {recovery}"));
            }
        }
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            fault,
            at,
            outage,
            paths,
        } = self;
        write!(
            f,
            "{:6.1} s  {fault:34} {:5.1} s; then",
            at.as_secs_f64(),
            outage.as_secs_f64()
        )?;
        for (path, took) in Path::ALL.into_iter().zip(paths) {
            match took {
                Some(took) => write!(f, " {} {:.2}", path.name(), took.as_secs_f64())?,
                None => write!(f, " {} never", path.name())?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults = self.recoveries.len().saturating_sub(1);
        writeln!(f, "\n{faults} faults in {:.0} s", self.time.as_secs_f64())?;
        self.write_recoveries(f)?;
        for (path, counts) in &self.counts {
            write_counts(f, *path, counts)?;
        }
        writeln!(
            f,
            "at most {} connections on both servers",
            self.most_connections
        )?;
        for (name, samples) in &self.memory {
            if let Some((early, late)) = samples.medians() {
                let since = samples.since.as_secs_f64();
                writeln!(
                    f,
                    "memory of {name}, a process since {since:.0} s: {early} KB, later {late} KB"
                )?;
            }
        }
        match self.wrong.len() {
            0 => writeln!(f, "every transaction is what its client was told"),
            number => {
                writeln!(f, "{number} errors:")?;
                self.wrong
                    .iter()
                    .take(50)
                    .try_for_each(|it| writeln!(f, "  {it}"))
            }
        }
    }
}

impl Report {
    /// The median and the longest time to the first success, for each fault and path.
    fn write_recoveries(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut by_fault = BTreeMap::<&str, Vec<&Recovery>>::new();
        for recovery in self.recoveries.iter().skip(1) {
            by_fault.entry(recovery.fault).or_default().push(recovery);
        }
        writeln!(
            f,
            "seconds to the first success after the database was there again, median and longest:"
        )?;
        for (fault, recoveries) in by_fault {
            write!(f, "{:3} × {fault:34}", recoveries.len())?;
            for (index, path) in Path::ALL.into_iter().enumerate() {
                let times = recoveries
                    .iter()
                    .filter_map(|it| it.paths.get(index).copied().flatten());
                let mut times: Vec<Duration> = times.collect();
                times.sort_unstable();
                let median = times.get(times.len() / 2).copied().unwrap_or_default();
                let longest = times.last().copied().unwrap_or_default();
                let (median, longest) = (median.as_secs_f64(), longest.as_secs_f64());
                write!(f, " {} {median:.2} {longest:.2}", path.name())?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn write_counts(f: &mut fmt::Formatter<'_>, path: Path, counts: &Counts) -> fmt::Result {
    let of = |outcome| counts.outcomes.get(&outcome).copied().unwrap_or_default();
    writeln!(
        f,
        "{}: {} confirmed, {} failed, {} unknown; {} read again, {} not there yet on a replica, {} reads failed",
        path.name(),
        of(Outcome::Confirmed),
        of(Outcome::Failed),
        of(Outcome::Unknown),
        counts.reads,
        counts.stale_reads,
        counts.failed_reads,
    )?;
    for (error, count) in &counts.errors {
        writeln!(f, "  {count:6} × {error}")?;
    }
    Ok(())
}
