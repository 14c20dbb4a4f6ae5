//! This machine's clock beside another's.

use super::report::{Outcome, Report};
use rds_bridge::error::Cause;

/// A token is good for 15 minutes, and AWS takes requests that are 5 minutes off.
const TOLERANCE_SECONDS: u64 = 60;

pub(super) fn compare(report: &mut Report, ours: u64, theirs: u64, whose: &str) {
    let off = ours.abs_diff(theirs);
    if off <= TOLERANCE_SECONDS {
        let detail = format!("as {whose}'s, to {off} s");
        report.add("clock", Outcome::Good, detail, &[]);
        return;
    }
    let direction = if ours > theirs { "ahead of" } else { "behind" };
    let cause = Cause::new(
        "a token that is signed with a wrong time is not good yet, or not any more",
        "set this machine's clock, or let it follow a time server",
    );
    let detail = format!("{off} s {direction} {whose}'s");
    report.add("clock", Outcome::Doubtful, detail, &[cause]);
}
