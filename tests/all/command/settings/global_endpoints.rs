//! The writer endpoint of an Aurora global database, whose name does not contain the region.

use crate::helpers::command::{KEYS, run, stdout};

const GLOBAL: &str = "shop.global-xyz.global.rds.amazonaws.com";

/// The region in the environment need not be that of the primary cluster.
#[test]
fn a_global_writer_is_signed_for_a_region_that_is_given_or_for_none() {
    let of_environment = [
        &KEYS[..],
        &[
            ("DB_HOST", GLOBAL),
            ("DB_USER", "u"),
            ("AWS_REGION", "ap-south-1"),
        ],
    ]
    .concat();
    for command in [&["token"][..], &["query", "SELECT 1"], &["doctor"]] {
        let output = run(command, &of_environment, "");
        let said = format!(
            "{}{}",
            stdout(&output),
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(output.status.code(), Some(2), "{command:?}: {said}");
        assert!(said.contains("Aurora global database"), "{said}");
    }
    let error = String::from_utf8(run(&["token"], &of_environment, "").stderr).unwrap();
    assert!(
        error.contains("--resolve-cname") && error.contains("--region"),
        "{error}"
    );

    let with_region = [&of_environment[..], &[("DB_REGION", "eu-west-1")]].concat();
    let token = run(&["token"], &with_region, "");
    assert!(
        stdout(&token).contains("%2Feu-west-1%2Frds-db"),
        "{token:?}"
    );
    // `perhaps` is not a boolean, so the error names the variable.
    let alias = [&of_environment[..], &[("DB_RESOLVE_CNAME", "perhaps")]].concat();
    let error = String::from_utf8(run(&["token"], &alias, "").stderr).unwrap();
    assert!(error.contains("DB_RESOLVE_CNAME"), "{error}");

    let output = run(&["token", "--region", "eu-west-1"], &of_environment, "");
    let token = stdout(&output);
    assert!(
        token.starts_with(GLOBAL) && token.contains("%2Feu-west-1%2Frds-db"),
        "{output:?}"
    );
}

#[test]
fn setup_says_cluster_of_a_global_writer() {
    let variables = [
        ("DB_HOST", GLOBAL),
        ("DB_USER", "u"),
        ("AWS_REGION", "ap-south-1"),
    ];
    let output = run(&["setup"], &variables, "");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(
        error.contains("give one of the regions with --region"),
        "{error}"
    );

    let output = run(&["setup", "--region", "eu-west-1"], &variables, "");
    let text = stdout(&output);
    for words in [
        "modify-db-cluster --region eu-west-1",
        "describe-db-clusters",
        "Aurora global database",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let id = "--resource-id=db-ABCDEFGHIJKL01234";
    let output = run(&["setup", "--region=eu-west-1", id], &variables, "");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("cluster-…"), "{error}");
}
