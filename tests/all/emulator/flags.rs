//! `rds-bridge emulate`: the effect of each flag on a client and on the log.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rds_bridge::component::HandshakeError;
use rds_bridge::{BridgeBuilder, Error, ErrorKind, Stage};
use rds_bridge_test_support::tls_peer::frame;

use crate::helpers::emulator::program::Program;
use crate::helpers::emulator::raw_client::{CLIENT_SSL, hear, in_tls, response};
use crate::helpers::emulator::server::test_file;
use crate::helpers::live::block_on;

const ENDPOINT: &str = "mydb.abc123.eu-central-1.rds.amazonaws.com";

/// The flags, the check of a client, and a part of the log.
type Case = (&'static [&'static str], fn(&Program), &'static str);

#[track_caller]
fn assert_each(cases: &[Case]) {
    for (flags, check, log) in cases {
        let program = Program::start(flags);
        check(&program);
        let said = program.end();
        assert!(said.contains(log), "{flags:?}: {said}");
    }
}

/// Logs in and executes a statement. Returns its first value.
fn ask(bridge: BridgeBuilder, sql: &str) -> Result<String, Error> {
    block_on(async {
        let mut connection = bridge.build().await?.connect().await?;
        let mut rows = connection.query(sql).await?;
        let row = rows.next().await?.unwrap();
        Ok(row.get::<String>(0).unwrap())
    })
}

fn log_in(bridge: BridgeBuilder) -> Result<String, Error> {
    ask(bridge, "SELECT current_user()")
}

#[track_caller]
fn assert_refused(bridge: BridgeBuilder, code: u16) {
    let error = log_in(bridge).unwrap_err();
    assert_eq!(error.server_error().unwrap().code, code, "{error}");
}

#[test]
fn refusals() {
    let configured = "the emulator is set to refuse it";
    assert_each(&[
        (
            &["--refuse", "access-denied"],
            |it| assert_refused(it.bridge(), 1045),
            configured,
        ),
        (
            &["--refuse", "too-many-connections"],
            |it| assert_refused(it.bridge(), 1040),
            configured,
        ),
        (
            &["--refuse", "host-blocked"],
            |it| assert_refused(it.bridge(), 1129),
            configured,
        ),
        (
            &["--refuse", "account-locked"],
            |it| assert_refused(it.bridge(), 3118),
            configured,
        ),
        (
            &["--clock-offset", "1000"],
            |it| assert_refused(it.bridge(), 1045),
            "expired at",
        ),
        (
            &["--clock-offset", "-1000"],
            |it| assert_refused(it.bridge(), 1045),
            "a clock is wrong",
        ),
        (
            &["--connections-per-second", "0"],
            |it| assert_refused(it.bridge(), 1045),
            "more new connections in a second",
        ),
        (
            &["--connections-per-second", "1"],
            |it| drop(log_in(it.bridge()).unwrap()),
            "accepted",
        ),
    ]);
}

#[test]
fn a_bad_network_or_certificate() {
    assert_each(&[
        (
            &["--delay", "60"],
            |it| {
                let begun = Instant::now();
                log_in(it.bridge()).unwrap();
                // The greeting, TLS, the request for the token, the result.
                assert!(begun.elapsed() > Duration::from_millis(4 * 60));
            },
            "accepted",
        ),
        (
            &["--cut-after", "10"],
            |it| {
                let port: u16 = it.environment()["DB_PORT"].parse().unwrap();
                let mut heard = Vec::new();
                let mut tcp = TcpStream::connect(("127.0.0.1", port)).unwrap();
                tcp.read_to_end(&mut heard).unwrap();
                assert_eq!(heard.len(), 10);
            },
            "the emulator closed the connection, as it is configured to",
        ),
        (
            &["--no-tls"],
            |it| {
                let error = log_in(it.bridge()).unwrap_err();
                let ErrorKind::Handshake(HandshakeError::TlsNotOffered) = error.kind() else {
                    panic!("{error:?}");
                };
            },
            "the client disconnected because the emulator is set not to offer TLS",
        ),
        (
            &["--expired-certificate"],
            |it| {
                let error = log_in(it.bridge()).unwrap_err();
                assert_eq!(error.stage(), Stage::Tls);
                assert!(error.to_string().contains("expired"), "{error}");
            },
            "the client refused the certificate",
        ),
    ]);
}

#[test]
fn bytes_after_the_name_of_the_method() {
    fn asked(program: &Program) -> Vec<u8> {
        let mut tls = in_tls(program.environment());
        let login = response(CLIENT_SSL, "lambda-user", &[], "mysql_native_password");
        tls.write_all(&frame(2, &login)).unwrap();
        let (_, request) = hear(&mut tls).unwrap();
        let tail = request.strip_prefix(b"\xFEmysql_clear_password\0");
        log_in(program.bridge()).unwrap();
        tail.unwrap().to_vec()
    }
    assert_each(&[
        (
            &["--auth-switch-bytes", "0"],
            |it| assert_eq!(asked(it), b""),
            "accepted",
        ),
        (
            &["--auth-switch-bytes", "1"],
            |it| assert_eq!(asked(it), b"\0"),
            "accepted",
        ),
        (
            &["--auth-switch-bytes", "21"],
            |it| assert_eq!(asked(it).len(), 21),
            "accepted",
        ),
    ]);
}

#[test]
fn whom_it_lets_in_and_as_what() {
    assert_each(&[
        (
            &["--endpoint", ENDPOINT],
            |it| {
                assert_eq!(it.environment()["DB_HOST"], ENDPOINT);
                assert_eq!(it.environment()["AWS_REGION"], "eu-central-1");
                log_in(it.bridge()).unwrap();
                assert_refused(it.bridge().endpoint("localhost"), 1045);
            },
            "signed for the host \"localhost\"",
        ),
        (
            &["--region", "eu-west-1"],
            |it| {
                assert_eq!(it.environment()["AWS_REGION"], "eu-west-1");
                log_in(it.bridge()).unwrap();
                assert_refused(it.bridge().region("us-east-1"), 1045);
            },
            "signed for the region \"us-east-1\" instead of \"eu-west-1\"",
        ),
        (
            &["--user", "anna", "--user", "ben"],
            |it| {
                assert_eq!(it.environment()["DB_USER"], "anna");
                for user in ["anna", "ben"] {
                    let current = log_in(it.bridge().user(user)).unwrap();
                    assert_eq!(current, format!("{user}@%"));
                }
                assert_refused(it.bridge().user("lambda-user"), 1045);
            },
            "unknown user; known users: anna, ben",
        ),
        (
            &["--database", "shop"],
            |it| {
                assert_eq!(it.environment()["DB_NAME"], "shop");
                assert_eq!(ask(it.bridge(), "SELECT database()").unwrap(), "shop");
                assert_refused(it.bridge().database("iamtest"), 1049);
            },
            "unknown database \"iamtest\": the only one is \"shop\"",
        ),
        (
            &["--server-version", "8.4.1"],
            |it| assert_eq!(ask(it.bridge(), "SELECT version()").unwrap(), "8.4.1"),
            "accepted",
        ),
    ]);
}

/// The second start finds the rows of the first, and needs no seed.
#[test]
fn a_database_that_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (file, seed) = (folder.path().join("kept"), test_file("schema.sql"));
    let kept = ["--database-file", file.to_str().unwrap()];
    let seeded = [&kept[..], &["--seed", seed.to_str().unwrap()]].concat();
    for arguments in [&seeded[..], &kept] {
        let program = Program::start(arguments);
        let name = ask(program.bridge(), "SELECT name FROM items WHERE id = 2");
        assert_eq!(name.unwrap(), "bread");
        program.end();
    }
}
