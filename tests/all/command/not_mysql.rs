//! `rds-bridge query` at peers that are not MySQL servers, or refuse every client: one message, and the exit code.

use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::scripted_peer::{Line, ScriptedPeer};
use rds_bridge_test_support::tls_peer::{self, frame};

use crate::helpers::command::{run, stderr, stdout};

#[test]
fn each_gets_one_message_and_its_exit_code() {
    let injected = [
        frame(0, &tls_peer::greeting(tls_peer::MYSQL)),
        frame(2, b"\0"),
    ]
    .concat();
    let blocked = frame(
        0,
        b"\xFF\x69\x04Host '10.0.0.1' is blocked because of many errors",
    );
    let begun = frame(0, b"\x0A8.0.39\0")[..6].to_vec();
    let then_hold = |bytes: &[u8]| vec![Line::Send(bytes.to_vec()), Line::Hold];
    for (code, words, script) in [
        (6, &["timed out after 1 s"][..], vec![Line::Hold]),
        (6, &["the server closed the connection"], vec![]),
        (
            6,
            &["the server closed the connection"],
            vec![Line::Send(begun)],
        ),
        (
            8,
            &["1129", "received before TLS", "blocks this machine"],
            then_hold(&blocked),
        ),
        (10, &["SSH"], then_hold(b"SSH-2.0-OpenSSH_9.6\r\n")),
        (
            10,
            &["between the server's first packet and the TLS handshake"],
            then_hold(&injected),
        ),
    ] {
        let peer = ScriptedPeer::start(script);
        let address = peer.address().to_string();
        let variables = [
            ("DB_HOST", ENDPOINT),
            ("DB_CONNECT_TO", &address),
            ("DB_USER", "lambda-user"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ];
        let arguments = ["query", "SELECT 1", "--connect-timeout", "1"];
        let output = run(&arguments, &variables, "");
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert_eq!(stdout(&output), "", "{said}");
        let messages = said.lines().filter(|line| line.starts_with("rds-bridge: "));
        assert_eq!(messages.count(), 1, "{said}");
        for words in words {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert_eq!(peer.received(), b"");
    }
}
