//! Which tokens the server accepts, and how it refuses the others.

use std::thread::sleep;
use std::time::Duration;

use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::client::{assert_access_denied, assert_reads_items, now, read_items, token, token_at};

#[apply(on_each_server)]
fn a_good_token_logs_in(product: Product) {
    let server = Server::start(product, &Options::default());
    let token = token(&Expectation::default(), "lambda-user");

    assert_reads_items(&read_items(&server, "lambda-user", &token));

    // The length includes the terminating NUL.
    let said = format!("accepted \"lambda-user\" with {} bytes", token.len() + 1);
    assert!(server.error_log().contains(&said), "{}", server.error_log());
}

#[apply(on_each_server)]
fn a_bad_token_is_refused_and_the_log_says_why(product: Product) {
    let server = Server::start(product, &Options::default());
    let good = Expectation::default();
    let wrong = |change: fn(&mut Expectation)| {
        let mut expectation = good.clone();
        change(&mut expectation);
        token(&expectation, "lambda-user")
    };
    let hour_ago = now() - 3600;
    let in_an_hour = now() + 3600;
    let cases = [
        (
            wrong(|e| e.region = "us-east-1".into()),
            "signed for the region us-east-1".to_owned(),
        ),
        (
            wrong(|e| e.host = "alias.example.com".into()),
            "signed for the host alias.example.com".to_owned(),
        ),
        (
            wrong(|e| e.port = 3307),
            "signed for the port 3307".to_owned(),
        ),
        (
            token(&good, "Lambda-User"),
            "signed for the user Lambda-User".to_owned(),
        ),
        (
            wrong(|e| e.access_key_id = "AKIDOTHER".into()),
            "signed with the access key AKIDOTHER".to_owned(),
        ),
        (
            wrong(|e| e.secret_access_key = "other".into()),
            "the signature does not match".to_owned(),
        ),
        (
            wrong(|e| e.session_token = Some("sts".into())),
            "signed with a session token".to_owned(),
        ),
        (
            token_at(&good, "lambda-user", hour_ago),
            format!("expired at {}", hour_ago + 900),
        ),
        (
            token_at(&good, "lambda-user", in_an_hour),
            format!("signed in the future, at {in_an_hour}"),
        ),
        (
            "hunter2".to_owned(),
            "not a token: not of the form".to_owned(),
        ),
    ];
    for (token, reason) in &cases {
        assert_access_denied(&read_items(&server, "lambda-user", token), "lambda-user");

        let log = server.error_log();
        let mut lines = log.lines().rev();
        let line = lines.find(|line| line.starts_with("[AWSAuthenticationPlugin]"));
        let line = line.unwrap();
        let bytes = token.len() + 1;
        let said = format!("refused \"lambda-user\" with {bytes} bytes: {reason}");
        assert!(line.contains(&said), "{line}\nis not: {said}");
    }
    let log = server.error_log();
    for secret in [
        "hunter2",
        "X-Amz-Signature",
        "Action=connect",
        &good.secret_access_key,
    ] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

#[apply(on_each_server)]
fn tokens_of_every_length_pass(product: Product) {
    let server = Server::start(product, &Options::default());
    let mut lengths = Vec::new();
    for session_token_length in [0, 400, 1_500, 7_500, 40_000] {
        let session_token = "t".repeat(session_token_length);
        let expectation = Expectation {
            session_token: (session_token_length > 0).then_some(session_token),
            ..Expectation::default()
        };
        server.expect(&expectation);
        let token = token(&expectation, "lambda-user");
        lengths.push(token.len());

        assert_reads_items(&read_items(&server, "lambda-user", &token));
        let said = format!("accepted \"lambda-user\" with {} bytes", token.len() + 1);
        assert!(server.error_log().contains(&said));
    }
    assert!(lengths[0] <= 350 && lengths[3] >= 7_800, "{lengths:?}");
}

/// The server reads the expectation at each login.
#[apply(on_each_server)]
fn the_server_s_clock_can_be_off(product: Product) {
    let server = Server::start(product, &Options::default());
    let good = Expectation::default();
    let token = token(&good, "lambda-user");
    let with_offset = |clock_offset_seconds| {
        server.expect(&Expectation {
            clock_offset_seconds,
            ..good.clone()
        });
        read_items(&server, "lambda-user", &token)
    };
    assert_reads_items(&with_offset(0));
    assert_access_denied(&with_offset(901), "lambda-user");
    assert_access_denied(&with_offset(-400), "lambda-user");
    assert_reads_items(&with_offset(850));
}

/// The refused token is the one that was accepted before.
#[apply(on_each_server)]
fn above_its_rate_it_refuses_good_ones(product: Product) {
    let expectation = Expectation {
        connections_per_second: Some(1),
        ..Expectation::default()
    };
    let token = token(&expectation, "lambda-user");
    let server = Server::start(
        product,
        &Options {
            expectation,
            ..Options::default()
        },
    );
    assert_reads_items(&read_items(&server, "lambda-user", &token));
    // On a slow machine a second may have passed between two logins.
    for _ in 0..20 {
        let refused = read_items(&server, "lambda-user", &token);
        if !refused.status.success() {
            assert_access_denied(&refused, "lambda-user");
            break;
        }
    }
    let log = server.error_log();
    assert!(log.contains("too many new connections"), "{log}");
    sleep(Duration::from_secs(1));
    assert_reads_items(&read_items(&server, "lambda-user", &token));
}
