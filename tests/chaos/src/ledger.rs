//! What clients were told about each line of the ledger, and whether it is true.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use crate::random::mix;

/// The ways to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Path {
    Library,
    Proxy,
    Gateway,
    Function,
}

impl Path {
    pub(crate) const ALL: [Self; 4] = [Self::Library, Self::Proxy, Self::Gateway, Self::Function];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Library => "library",
            Self::Proxy => "proxy",
            Self::Gateway => "gateway",
            Self::Function => "function",
        }
    }

    fn index(self) -> usize {
        match self {
            Self::Library => 0,
            Self::Proxy => 1,
            Self::Gateway => 2,
            Self::Function => 3,
        }
    }
}

/// A line of the ledger. Its number determines its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Line(pub(crate) u64);

impl Line {
    /// The line with the number `number` of a worker. No other line has this number. `has_counterpart` says whether its
    /// transaction has a second row.
    pub(crate) fn new(path: Path, worker: u64, number: u64, has_counterpart: bool) -> Self {
        let path = u64::try_from(path.index()).unwrap();
        Self((path << 56) | (worker << 48) | (number << 1) | u64::from(has_counterpart))
    }

    pub(crate) fn has_counterpart(self) -> bool {
        self.0 & 1 == 1
    }

    pub(crate) fn amount(self) -> u64 {
        mix(self.0) >> 1
    }

    pub(crate) fn words(self) -> String {
        format!("words of {:x}", mix(self.amount()))
    }
}

/// What a client was told about a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// It was committed.
    Confirmed,
    /// It was not executed, or rolled back.
    Failed,
    /// The client cannot know it.
    Unknown,
}

/// The outcome of a request, with the kind of its error.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) outcome: Outcome,
    /// Empty for a confirmed request.
    pub(crate) error: String,
}

impl Told {
    pub(crate) fn confirmed() -> Self {
        Self {
            outcome: Outcome::Confirmed,
            error: String::new(),
        }
    }

    /// The outcome after an error: unknown if the statement that commits may have been executed.
    pub(crate) fn error(may_be_committed: bool, error: impl fmt::Display) -> Self {
        Self {
            outcome: if may_be_committed {
                Outcome::Unknown
            } else {
                Outcome::Failed
            },
            error: error.to_string(),
        }
    }
}

/// What a client read of a line that was confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// The line.
    Right,
    /// Nothing: the server is a replica that does not have it yet.
    Stale,
    /// Something else.
    Wrong(String),
    /// An error.
    Error(String),
}

impl Read {
    /// Compares the rows with the line's values.
    pub(crate) fn of_rows(line: Line, rows: &[(u64, String)]) -> Self {
        match rows {
            [] => Self::Stale,
            [(amount, words)] if (*amount, words) == (line.amount(), &line.words()) => Self::Right,
            rows => Self::Wrong(format!("{line:?}: {rows:?}")),
        }
    }
}

/// The counts of one path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) outcomes: BTreeMap<Outcome, u64>,
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) reads: u64,
    pub(crate) stale_reads: u64,
    pub(crate) failed_reads: u64,
    /// The first confirmation since the last mark.
    first_success: Option<Instant>,
}

/// What all clients were told.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Contents>);

#[derive(Debug, Default)]
struct Contents {
    /// The outcome of each line, and when the client was told.
    lines: HashMap<Line, (Outcome, Instant)>,
    counts: [Counts; 4],
    wrong_reads: Vec<String>,
}

impl Ledger {
    pub(crate) fn record(&self, path: Path, line: Line, told: &Told) {
        let mut contents = self.lock();
        let now = (told.outcome, Instant::now());
        contents.lines.insert(line, now);
        let counts = contents.counts.get_mut(path.index()).unwrap();
        add_one(counts.outcomes.entry(told.outcome).or_default());
        if told.outcome == Outcome::Confirmed {
            counts.first_success.get_or_insert_with(Instant::now);
        }
        if !told.error.is_empty() {
            add_one(counts.errors.entry(told.error.clone()).or_default());
        }
    }

    pub(crate) fn record_read(&self, path: Path, read: Read) {
        let mut contents = self.lock();
        let counts = contents.counts.get_mut(path.index()).unwrap();
        match read {
            Read::Right => add_one(&mut counts.reads),
            Read::Stale => add_one(&mut counts.stale_reads),
            Read::Error(_) => add_one(&mut counts.failed_reads),
            Read::Wrong(what) => contents
                .wrong_reads
                .push(format!("{}: {what}", path.name())),
        }
    }

    /// Forgets the first successes.
    pub(crate) fn mark(&self) {
        for counts in &mut self.lock().counts {
            counts.first_success = None;
        }
    }

    /// The first confirmation of a path since the last mark.
    pub(crate) fn first_success(&self, path: Path) -> Option<Instant> {
        self.counts(path).first_success
    }

    pub(crate) fn counts(&self, path: Path) -> Counts {
        self.lock().counts.get(path.index()).unwrap().clone()
    }

    /// Compares all lines with the rows of the server: of `ledger` (line, amount, words), and of `counterpart` (line).
    /// Returns what is wrong.
    pub(crate) fn compare(&self, ledger: &str, counterpart: &str) -> Vec<String> {
        let contents = self.lock();
        let mut wrong = contents.wrong_reads.clone();
        let mut present = HashMap::<Line, u64>::new();
        for row in ledger.lines() {
            let (line, values) = row.split_once('\t').unwrap();
            let line = Line(line.parse().unwrap());
            add_one(present.entry(line).or_default());
            if values != format!("{}\t{}", line.amount(), line.words()) {
                wrong.push(format!("{line:?} has wrong values: {row}"));
            }
        }
        let mut counterparts = HashMap::<Line, u64>::new();
        for line in counterpart.lines() {
            add_one(counterparts.entry(Line(line.parse().unwrap())).or_default());
        }
        for line in present.keys().chain(counterparts.keys()) {
            if !contents.lines.contains_key(line) {
                wrong.push(format!("{line:?} was never sent"));
            }
        }
        for (line, (outcome, told_at)) in &contents.lines {
            let count = present.get(line).copied().unwrap_or_default();
            let is_true = match outcome {
                Outcome::Confirmed => count == 1,
                Outcome::Failed => count == 0,
                Outcome::Unknown => count <= 1,
            };
            if !is_true {
                let before = told_at.elapsed().as_secs_f64();
                wrong.push(format!(
                    "{line:?} is {outcome:?}, as was told {before:.1} s ago, and there are {count} rows"
                ));
            }
            let expected = if line.has_counterpart() { count } else { 0 };
            if counterparts.get(line).copied().unwrap_or_default() != expected {
                wrong.push(format!(
                    "{line:?} has {count} rows and not as many counterparts"
                ));
            }
        }
        wrong
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap()
    }
}

fn add_one(count: &mut u64) {
    *count = count.saturating_add(1);
}
