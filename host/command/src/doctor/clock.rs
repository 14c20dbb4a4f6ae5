//! Compares this machine's clock with another.

use super::report::{Outcome, Report};
use rds_bridge::error::Cause;

/// Far below what breaks: a token is valid for 15 minutes, and AWS accepts requests that are 5 minutes off.
const TOLERANCE_SECONDS: u64 = 60;

pub(super) fn compare(report: &mut Report, ours: u64, theirs: u64, whose: &str) {
    let off = ours.abs_diff(theirs);
    if off <= TOLERANCE_SECONDS {
        let detail = format!("within {off} s of {whose}'s");
        report.add("clock", Outcome::Good, detail, &[]);
        return;
    }
    let direction = if ours > theirs { "ahead of" } else { "behind" };
    let cause = Cause::new(
        "a token that is signed with a wrong time is not valid yet, or has already expired, by the server's clock",
        "set this machine's clock, or synchronise it with a time server",
    );
    let detail = format!("{off} s {direction} {whose}'s");
    report.add("clock", Outcome::Doubtful, detail, &[cause]);
}
