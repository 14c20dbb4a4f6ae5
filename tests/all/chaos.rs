//! The short form of `./just chaos`: faults at random, and every transaction is what its client was told.

use std::process::Command;

use crate::helpers::command::{program, stderr, stdout};

/// With the checks at the end, the whole takes less than a minute.
const SECONDS: &str = "30";

#[test]
fn every_transaction_is_what_its_client_was_told() {
    let output = Command::new(program("chaos"))
        .args(["--seconds", SECONDS])
        .output()
        .unwrap();
    let report = stdout(&output);
    // The first line has the seed.
    assert!(output.status.success(), "{report}{}", stderr(&output));
    assert!(
        report.contains("every transaction is what its client was told"),
        "{report}"
    );
    for path in ["library", "proxy", "gateway", "function"] {
        let confirmed = format!("{path}: 0 confirmed");
        assert!(!report.contains(&confirmed), "{report}");
    }
}
