//! The report: one line per check, printed as it completes, or one JSON object.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use time::format_description::well_known::Rfc3339;

use rds_bridge::error::{Cause, Error};
use rds_bridge::tls::Certificate;
use rds_bridge_text::PrintableLines;

use crate::setting_names::words;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Good,
    /// A problem that does not stop the connection.
    Doubtful,
    Failed,
    /// Not run, because an earlier check failed.
    NotReached,
}

impl Outcome {
    fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Doubtful => "!",
            Self::Failed => "✗",
            Self::NotReached => "·",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Doubtful => "doubtful",
            Self::Failed => "failed",
            Self::NotReached => "not reached",
        }
    }
}

struct Check {
    name: &'static str,
    outcome: Outcome,
    detail: String,
    took: Duration,
    causes: Vec<Cause>,
    /// The certificates that the server presented, if they were refused.
    presented: Vec<Certificate>,
}

pub(super) struct Report {
    checks: Vec<Check>,
    is_for_people: bool,
    begun: Instant,
}

impl Report {
    pub(super) fn new(is_for_people: bool) -> Self {
        Self {
            checks: Vec::new(),
            is_for_people,
            begun: Instant::now(),
        }
    }

    /// Starts the clock of the next check.
    pub(super) fn begin(&mut self) {
        self.begun = Instant::now();
    }

    pub(super) fn add(
        &mut self,
        name: &'static str,
        outcome: Outcome,
        detail: impl Into<String>,
        causes: &[Cause],
    ) {
        self.push(Check {
            name,
            outcome,
            detail: detail.into(),
            took: self.begun.elapsed(),
            causes: causes.to_vec(),
            presented: Vec::new(),
        });
    }

    /// Adds the check that failed.
    pub(super) fn add_failure(&mut self, name: &'static str, detail: String, error: &Error) {
        self.push(Check {
            name,
            outcome: Outcome::Failed,
            detail,
            took: self.begun.elapsed(),
            causes: error.causes().to_vec(),
            presented: error.refused_certificates().to_vec(),
        });
    }

    fn push(&mut self, check: Check) {
        if self.is_for_people {
            print(&check);
        }
        self.checks.push(check);
        self.begin();
    }

    fn is_good(&self) -> bool {
        let failed = |check: &Check| matches!(check.outcome, Outcome::Failed | Outcome::NotReached);
        !self.checks.iter().any(failed)
    }

    pub(super) fn verdict(&self) -> &'static str {
        if self.is_good() {
            "The connection works."
        } else {
            "The connection fails at the first ✗."
        }
    }

    pub(super) fn json(&self) -> String {
        let checks: Vec<_> = self
            .checks
            .iter()
            .map(|check| {
                let causes: Vec<_> = check
                    .causes
                    .iter()
                    .map(|cause| json!({ "why": cause.why, "remedy": words(&cause.remedy) }))
                    .collect();
                let milliseconds = check.took.as_secs_f64() * 1_000.0;
                let mut json = json!({
                    "check": check.name,
                    "outcome": check.outcome.name(),
                    "detail": check.detail,
                    "milliseconds": milliseconds,
                    "causes": causes,
                });
                if let (Json::Object(json), [_, ..]) = (&mut json, check.presented.as_slice()) {
                    let presented = check.presented.iter().map(certificate).collect();
                    json.insert("presented".to_owned(), presented);
                }
                json
            })
            .collect();
        json!({ "good": self.is_good(), "checks": checks }).to_string()
    }
}

fn certificate(certificate: &Certificate) -> Json {
    let Certificate {
        subject,
        issuer,
        not_before,
        not_after,
        dns_names,
    } = certificate;
    let [not_before, not_after] = [not_before, not_after].map(|at| at.format(&Rfc3339).ok());
    json!({
        "subject": subject,
        "issuer": issuer,
        "not_before": not_before,
        "not_after": not_after,
        "dns_names": dns_names,
    })
}

fn print(check: &Check) {
    let Check {
        name,
        outcome,
        detail,
        took,
        causes,
        presented,
    } = check;
    let mark = outcome.mark();
    let mut text = match outcome {
        Outcome::NotReached => format!("{mark} {name}"),
        _ => {
            let milliseconds = took.as_secs_f64() * 1_000.0;
            format!("{mark} {name:<12} {milliseconds:>8.1} ms  {detail}")
        }
    };
    for certificate in presented {
        text.push_str(&format!("\n    presented: a certificate {certificate}"));
    }
    for (index, Cause { why, remedy, .. }) in causes.iter().enumerate() {
        let number = index.saturating_add(1);
        text.push_str(&format!("\n    {number}. {why}"));
        // A proxy tells both in one text.
        let remedy = words(remedy);
        if !remedy.is_empty() {
            text.push_str(&format!("\n       → {remedy}"));
        }
    }
    text.push('\n');
    // A closed standard output must not stop the checks.
    let _printed = crate::output::print(&PrintableLines(&text).to_string());
}
