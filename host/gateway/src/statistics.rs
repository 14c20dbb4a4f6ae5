//! What the requests of a gateway were, by caller, by statement, and by the cause of their failure.
//!
//! Statements are told apart without the values in them, by a hash. The text itself is kept only where that was allowed.

mod cause;
mod ending;
mod labelled;
mod statement;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

pub(crate) use cause::Cause;
pub(crate) use ending::Ending;
use labelled::Labelled;
pub(crate) use statement::StatementLabel;

const MOST_CALLERS: usize = 100;
const MOST_STATEMENTS: usize = 200;
const MOST_CAUSES: usize = 100;
/// A longer duration is counted as this, so that the memory for durations is bounded.
const LONGEST: Duration = Duration::from_hours(1);

/// The statistics of a gateway.
#[derive(Debug)]
pub(crate) struct Statistics {
    counts: Mutex<Counts>,
    /// Whether the texts of statements are kept, without their values.
    keeps_texts: bool,
}

#[derive(Debug)]
struct Counts {
    callers: Labelled<CallerCounts>,
    statements: Labelled<StatementCounts>,
    causes: Labelled<u64>,
    endings: [u64; Ending::ALL.len()],
}

#[derive(Clone, Copy, Debug, Default)]
struct CallerCounts {
    requests: u64,
    failed: u64,
}

#[derive(Debug)]
struct StatementCounts {
    text: Option<String>,
    failed: u64,
    /// The sum of the durations.
    total: Duration,
    /// Microseconds, with an error of at most 1 %.
    durations: Option<Histogram<u32>>,
}

/// A request that has ended.
#[derive(Debug)]
pub(crate) struct Ended<'a> {
    pub(crate) ending: Ending,
    pub(crate) caller: Option<&'a str>,
    pub(crate) statement: Option<&'a StatementLabel>,
    /// Why it failed, or was refused.
    pub(crate) cause: Option<Cause>,
    pub(crate) elapsed: Duration,
}

/// The requests of a caller.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct CallerStatus {
    pub(crate) name: String,
    pub(crate) requests: u64,
    pub(crate) failed: u64,
}

/// The executions of a statement. The durations are those of whole requests, in milliseconds; of a stream, to its
/// beginning.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct StatementStatus {
    pub(crate) label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    pub(crate) count: u64,
    pub(crate) failed: u64,
    pub(crate) total_ms: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
}

/// How many requests failed, or were refused, for a cause.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct CauseStatus {
    pub(crate) cause: String,
    pub(crate) count: u64,
}

/// How many requests ended in a way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct EndingStatus {
    pub(crate) ending: String,
    pub(crate) count: u64,
}

/// All statistics. Callers, statements and causes have the largest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Snapshot {
    pub(crate) callers: Vec<CallerStatus>,
    pub(crate) statements: Vec<StatementStatus>,
    pub(crate) causes: Vec<CauseStatus>,
    /// Every one, in the order of [`Ending::ALL`].
    pub(crate) endings: Vec<EndingStatus>,
}

impl Statistics {
    pub(crate) fn new(keeps_texts: bool) -> Self {
        Self {
            counts: Mutex::new(Counts {
                callers: Labelled::new(MOST_CALLERS),
                statements: Labelled::new(MOST_STATEMENTS),
                causes: Labelled::new(MOST_CAUSES),
                endings: Default::default(),
            }),
            keeps_texts,
        }
    }

    /// Counts a request.
    pub(crate) fn record(&self, ended: &Ended<'_>) {
        let has_failed = u64::from(ended.cause.is_some());
        let mut counts = self.lock();
        let endings = Ending::ALL.iter().zip(&mut counts.endings);
        for (_, count) in endings.filter(|(it, _)| **it == ended.ending) {
            *count = count.saturating_add(1);
        }
        if let Some(caller) = ended.caller {
            let caller = counts.callers.of(caller, CallerCounts::default);
            caller.requests = caller.requests.saturating_add(1);
            caller.failed = caller.failed.saturating_add(has_failed);
        }
        if let Some(label) = ended.statement {
            let text = || self.keeps_texts.then(|| label.text().to_owned());
            let new = || StatementCounts::new(text());
            let statement = counts.statements.of(label.digest(), new);
            statement.failed = statement.failed.saturating_add(has_failed);
            statement.total = statement.total.saturating_add(ended.elapsed);
            let micros = ended.elapsed.min(LONGEST).as_micros();
            if let Some(durations) = &mut statement.durations {
                // Fails only if it cannot grow to the longest duration.
                let _recorded = durations.record(u64::try_from(micros).unwrap_or(u64::MAX));
            }
        }
        if let Some(cause) = ended.cause {
            let cause = counts.causes.of(&cause.to_string(), || 0);
            *cause = cause.saturating_add(1);
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let counts = self.lock();
        let callers = counts.callers.iter().map(|(name, it)| CallerStatus {
            name: name.to_owned(),
            requests: it.requests,
            failed: it.failed,
        });
        let mut callers: Vec<_> = callers.collect();
        callers.sort_by(|one, other| (other.requests, &one.name).cmp(&(one.requests, &other.name)));
        let statements = counts.statements.iter();
        let mut statements: Vec<_> = statements.map(|(label, it)| it.status(label)).collect();
        statements.sort_by(|one, other| {
            let by_time = other.total_ms.total_cmp(&one.total_ms);
            by_time.then_with(|| one.label.cmp(&other.label))
        });
        let causes = counts.causes.iter().map(|(cause, count)| CauseStatus {
            cause: cause.to_owned(),
            count: *count,
        });
        let mut causes: Vec<_> = causes.collect();
        causes.sort_by(|one, other| (other.count, &one.cause).cmp(&(one.count, &other.cause)));
        let endings = Ending::ALL.iter().zip(counts.endings);
        let endings = endings.map(|(ending, count)| EndingStatus {
            ending: ending.to_string(),
            count,
        });
        Snapshot {
            callers,
            statements,
            causes,
            endings: endings.collect(),
        }
    }

    /// A poisoned lock is used as it is, since no code panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StatementCounts {
    fn new(text: Option<String>) -> Self {
        Self {
            text,
            failed: 0,
            total: Duration::ZERO,
            // Fails for more than 5 digits.
            durations: Histogram::new(2).ok(),
        }
    }

    fn status(&self, label: &str) -> StatementStatus {
        let milliseconds = |micros: u64| Duration::from_micros(micros).as_secs_f64() * 1000.0;
        let durations = self.durations.as_ref();
        let quantile = |it| durations.map_or(0.0, |all| milliseconds(all.value_at_quantile(it)));
        StatementStatus {
            label: label.to_owned(),
            text: self.text.clone(),
            count: durations.map_or(0, Histogram::len),
            failed: self.failed,
            total_ms: self.total.as_secs_f64() * 1000.0,
            p50_ms: quantile(0.5),
            p95_ms: quantile(0.95),
            p99_ms: quantile(0.99),
            max_ms: durations.map_or(0.0, |all| milliseconds(all.max())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_what_they_are() {
        let statistics = Statistics::new(false);
        let label = StatementLabel::of("SELECT * FROM t WHERE a = 'secret'");
        for milliseconds in 1..=100 {
            statistics.record(&Ended {
                ending: if milliseconds > 98 {
                    Ending::Failed
                } else {
                    Ending::Answered
                },
                caller: Some("app"),
                statement: Some(&label),
                cause: (milliseconds > 98).then_some(Cause::Sql(1062)),
                elapsed: Duration::from_millis(milliseconds),
            });
        }
        statistics.record(&Ended {
            ending: Ending::Unauthenticated,
            caller: None,
            statement: None,
            cause: Some(Cause::Named("unauthenticated")),
            elapsed: Duration::ZERO,
        });
        let snapshot = statistics.snapshot();
        assert_eq!(snapshot.callers.len(), 1);
        assert_eq!(
            (snapshot.callers[0].requests, snapshot.callers[0].failed),
            (100, 2)
        );
        let statement = &snapshot.statements[0];
        assert_eq!((statement.count, statement.failed), (100, 2));
        assert!((49.0..=51.0).contains(&statement.p50_ms), "{statement:?}");
        assert!((98.0..=100.0).contains(&statement.p99_ms), "{statement:?}");
        assert!((99.0..=101.0).contains(&statement.max_ms), "{statement:?}");
        let causes: Vec<_> = snapshot
            .causes
            .iter()
            .map(|it| (&*it.cause, it.count))
            .collect();
        assert_eq!(causes, [("MySQL 1062", 2), ("unauthenticated", 1)]);
        let endings = snapshot.endings.iter().filter(|it| it.count > 0);
        let endings: Vec<_> = endings.map(|it| (&*it.ending, it.count)).collect();
        let expected = [("answered", 98), ("unauthenticated", 1), ("failed", 2)];
        assert_eq!(endings, expected);
        let json = serde_json::to_string(&snapshot).unwrap();
        assert!(!json.contains("secret") && !json.contains("FROM"), "{json}");
    }

    #[test]
    fn texts_are_kept_without_values_where_that_is_allowed() {
        let statistics = Statistics::new(true);
        let label = StatementLabel::of("SELECT a FROM t WHERE b = 'secret' AND c IN (1, 2)");
        statistics.record(&Ended {
            ending: Ending::Answered,
            caller: None,
            statement: Some(&label),
            cause: None,
            elapsed: Duration::ZERO,
        });
        let text = statistics.snapshot().statements[0].text.clone().unwrap();
        assert!(
            text.contains("FROM t") && !text.contains("secret") && !text.contains('1'),
            "{text}"
        );
    }

    #[test]
    fn the_number_of_labels_is_bounded() {
        let statistics = Statistics::new(false);
        for number in 0..10 * MOST_STATEMENTS {
            let name = format!("caller{number}");
            statistics.record(&Ended {
                ending: Ending::Failed,
                caller: Some(&name),
                statement: Some(&StatementLabel::of(&format!(
                    "SELECT column{number} FROM t"
                ))),
                cause: Some(Cause::Sql(u16::try_from(number).unwrap())),
                elapsed: Duration::ZERO,
            });
        }
        let snapshot = statistics.snapshot();
        assert_eq!(snapshot.callers.len(), MOST_CALLERS + 1);
        assert_eq!(snapshot.statements.len(), MOST_STATEMENTS + 1);
        assert_eq!(snapshot.causes.len(), MOST_CAUSES + 1);
        assert_eq!(snapshot.callers[0].name, "other");
    }
}
