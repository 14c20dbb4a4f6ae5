//! Missing credentials: one line, and the exit code.

use crate::helpers::aws_home::Home;
use crate::helpers::command::{stderr, stdout};

#[test]
fn what_is_wrong_with_credentials_gets_one_line_and_its_exit_code() {
    let home = Home::new("[default]\nregion = eu-west-1\n");
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
    ];
    let never = [keys[0], keys[1], ("AWS_CREDENTIAL_EXPIRATION", "tomorrow")];
    let expired = [
        keys[0],
        keys[1],
        ("AWS_CREDENTIAL_EXPIRATION", "2020-12-31T12:00:00Z"),
    ];
    for (code, words, arguments, variables) in [
        (3, "name a profile in AWS_PROFILE", &[][..], &[][..]),
        (3, "AWS_CREDENTIAL_EXPIRATION", &[], &never),
        (3, "expired at 2020-12-31T12:00:00Z", &[], &expired),
        (2, "no profile \"typo\"", &["--profile", "typo"], &[]),
        (2, "no profile \"typo\"", &[], &[("AWS_PROFILE", "typo")]),
    ] {
        let output = home.command(arguments, variables);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert_eq!((said.lines().count(), stdout(&output)), (1, ""), "{said}");
        assert!(said.contains(words), "{words}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
