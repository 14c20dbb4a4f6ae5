//! A test in a process of its own, with Secrets Manager at a URL: the environment names it, and a test shares that with
//! all others.

use std::env;
use std::process::Command;

use rds_bridge_test_support::case_of;
use rds_bridge_test_support::server::Product;

/// Where the AWS SDK looks for it.
const URL: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";

/// Where AWS is, in the process that a test has to itself.
pub(crate) fn url() -> Option<String> {
    env::var(URL).ok()
}

/// Runs a test once more, with AWS at this URL.
pub(crate) fn run_alone(test: &str, product: Product, url: &str) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args([&case_of(test, product), "--exact", "--nocapture"])
        .env(URL, url)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{log}");
    assert!(said.contains("1 passed"), "{test}: {said}");
    said
}
