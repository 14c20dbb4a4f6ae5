//! No secret in what is logged, reported or printed: not at the most verbose, and not on failure.

use rds_bridge_test_support::maria_db::{MariaDb, PASSWORD};

use crate::command::{run, stdout};
use crate::live::{block_on, credentials, environment, to};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SESSION_TOKEN: &str = "FwoGZXIvYXdzEXAMPLESESSIONTOKEN/1+2==";

/// What only a token has.
const SIGNATURE: &str = "X-Amz-Signature";

fn search(what: &str, text: &str) {
    for secret in [SECRET, SESSION_TOKEN, SIGNATURE, "FwoGZXIvYXdz", PASSWORD] {
        assert!(!text.contains(secret), "{what} holds {secret}:\n{text}");
    }
}

#[test]
fn the_command_at_its_most_verbose() {
    let server = MariaDb::shared();
    for arguments in [
        &["query", "SELECT 1"][..],
        &["doctor", "--offline"],
        &["doctor", "--offline", "--json"],
        &["query", "nonsense"],
    ] {
        // The session token makes the login fail: an error of the server's is in what is searched.
        for session_token in ["", SESSION_TOKEN] {
            let mut variables = environment(server);
            variables.push(("AWS_SESSION_TOKEN", session_token.to_owned()));
            variables.push(("RDS_BRIDGE_LOG", "trace".to_owned()));
            let borrowed: Vec<(&str, &str)> =
                variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let output = run(arguments, &borrowed, "");
            let log = String::from_utf8_lossy(&output.stderr);
            assert!(log.contains("rds_bridge"), "{log}");
            search("the log", &log);
            search("the output", stdout(&output));
        }
    }
}

#[test]
fn every_debug_and_every_error() {
    let server = MariaDb::shared();
    block_on(async {
        let temporary = credentials().with_session_token(SESSION_TOKEN);
        let iam = to(server).user("lambda-user").credentials(temporary);
        let password = to(server).user("native-user").password(PASSWORD);
        for builder in [iam, password] {
            search("the builder", &format!("{builder:?}"));
            let bridge = builder.build().await.unwrap();
            let printed = format!("{bridge:?}");
            assert!(printed.contains("iamtest"), "{printed}");
            search("the bridge", &printed);
            match bridge.connect().await {
                Ok(connection) => search("the connection", &format!("{connection:?}")),
                Err(error) => search("the error", &format!("{error:?} {error}")),
            }
        }
    });
}

#[test]
fn the_search_finds_what_is_there() {
    let token = std::panic::catch_unwind(|| search("a plant", &format!("x {SECRET} x")));
    assert!(token.is_err());
}
