//! Runs a test again in a process of its own, because all tests of a process share its environment.

use std::env;
use std::process::Command;

use rds_bridge_test_support::case_of;
use rds_bridge_test_support::server::Product;

/// The variable from which the AWS SDK reads the URL of Secrets Manager.
const SECRETS_MANAGER: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";

/// Runs a test again, with these variables and no other variable of AWS. Returns what it printed.
pub(crate) fn run_alone(test: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"AWS_") {
            command.env_remove(name);
        }
    }
    let output = command
        .args([test, "--exact", "--nocapture"])
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{log}");
    assert!(said.contains("1 passed"), "{test}: {said}");
    said
}

/// Runs a test's case for a product again, with Secrets Manager at this URL.
pub(crate) fn run_with_secrets_manager(test: &str, product: Product, url: &str) {
    let _said = run_alone(&case_of(test, product), &[(SECRETS_MANAGER, url)]);
}

/// The URL of Secrets Manager in the process that runs one test.
pub(crate) fn secrets_manager() -> Option<String> {
    env::var(SECRETS_MANAGER).ok()
}
