//! Invalid input of the emulator: it reports an error, does not panic, and keeps serving other clients.

mod any_bytes;
mod long_name;

use std::io::{Read, Write};
use std::process::Output;

use rds_bridge_emulator::{Emulator, EventKind, StartError};
use rds_bridge_test_support::tls_peer::frame;

use crate::helpers::command::run;
use crate::helpers::emulator::raw_client::{
    CLIENT_SSL, ask, assert_is_served, code, greeted, hang_up, hang_up_in_tls, hear, in_tls,
    logged_in, response,
};
use crate::helpers::emulator::server::{Server, test_file};

const BAD_HANDSHAKE: u16 = 1043;
const MALFORMED_PACKET: u16 = 1835;
const WRONG_SEQUENCE_ID: &str = "the client sent a packet with a wrong sequence id";

fn broken_off(server: &Server) -> String {
    match server.next_event() {
        EventKind::BrokenOff { reason } => reason,
        other => panic!("{other:?}"),
    }
}

fn emulate(arguments: &[&str]) -> Output {
    run(&[&["emulate"], arguments].concat(), &[], "")
}

/// Asserts the exit code, and that the error is one line with these words.
#[track_caller]
fn assert_says(output: &Output, exit: i32, words: &[&str]) {
    let error = str::from_utf8(&output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(exit), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    for words in words {
        assert!(error.contains(words), "{words}: {error}");
    }
    assert!(output.stdout.is_empty());
}

#[test]
fn a_port_in_use() {
    let first = Emulator::start().unwrap();
    let error = Emulator::builder().port(first.port()).start().unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }), "{error}");
    let output = emulate(&["--port", &first.port().to_string()]);
    let address = first.address().to_string();
    let advice = "the address is already in use: choose another port, or 0 for a free one";
    assert_says(&output, 5, &[&address, advice]);
}

/// The same command on a free port then uses the file as if the first one had not run.
#[test]
fn a_port_in_use_leaves_the_database_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (file, seed) = (folder.path().join("kept"), test_file("schema.sql"));
    let kept = |port: u16| {
        let builder = Emulator::builder().port(port).seed_file(&seed);
        builder.database_file(&file).start()
    };
    let first = Emulator::start().unwrap();
    let error = kept(first.port()).unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }), "{error}");
    assert!(!file.exists());
    kept(0).unwrap();
}

/// The refused seed contains a committed transaction, and follows a valid file.
#[test]
fn a_seed_that_is_refused_leaves_the_databases_tables_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept");
    let kept = |second: &str| {
        let builder = Emulator::builder().database_file(&file);
        builder
            .seed_file(test_file("schema.sql"))
            .seed(format!("BEGIN; CREATE TABLE t (a INT); COMMIT; {second}"))
            .start()
    };
    let error = kept("INSRT INTO t VALUES (1)").unwrap_err();
    assert!(matches!(error, StartError::Seed { .. }), "{error}");
    kept("INSERT INTO t VALUES (1)").unwrap();
}

#[test]
fn a_seed_that_cannot_be_read_or_executed() {
    let folder = tempfile::tempdir().unwrap();
    let seed = |sql: &str| {
        let file = folder.path().join("schema.sql");
        std::fs::write(&file, sql).unwrap();
        emulate(&["--port", "0", "--seed", file.to_str().unwrap()])
    };
    let line = |number| format!("{}/schema.sql, line {number}: ", folder.path().display());
    let first = "CREATE TABLE t (a INT);\n\n";
    assert_says(
        &seed(&format!("{first}INSRT INTO t VALUES (1);")),
        9,
        &[&line(3), "INSRT"],
    );
    let unclosed = seed(&format!("{first}INSERT INTO t VALUES ('a);\n"));
    assert_says(&unclosed, 9, &[&line(3), "a string is not closed"]);
    let missing = seed("SELECT * FROM nowhere");
    assert_says(
        &missing,
        9,
        &[&line(1), "Table 'iamtest.nowhere' doesn't exist"],
    );

    let nowhere = emulate(&["--port", "0", "--seed", "/no/such/file.sql"]);
    assert_says(
        &nowhere,
        5,
        &["cannot read /no/such/file.sql", "No such file"],
    );
    let a_folder = folder.path().to_str().unwrap();
    assert_says(
        &emulate(&["--port", "0", "--seed", a_folder]),
        5,
        &["cannot read", a_folder],
    );
}

#[test]
fn a_password_without_tls() {
    let server = Server::start();
    let mut tcp = greeted(&server.environment());
    let native = response(0, "lambda-user", &[7; 20], "mysql_native_password");
    tcp.write_all(&frame(1, &native)).unwrap();
    let (number, refused) = hear(&mut tcp).unwrap();
    assert_eq!((number, code(&refused)), (2, 3159));
    assert_eq!(hang_up(tcp), b"");
    let reason = "the client did not use TLS: enable TLS in the client";
    assert_eq!(server.next_reason(), reason);
}

#[test]
fn a_native_password() {
    let server = Server::start();
    for (password, reason) in [
        (&[0xFF; 20][..], "the token is not UTF-8 text"),
        (b"hunter2\0", "not a token: "),
        (b"\0", "no token: the password is empty"),
        (b"", "no token: the password is empty"),
    ] {
        let mut tls = in_tls(&server.environment());
        let native = response(CLIENT_SSL, "lambda-user", &[7; 20], "mysql_native_password");
        tls.write_all(&frame(2, &native)).unwrap();
        assert_eq!(hear(&mut tls).unwrap().1, b"\xFEmysql_clear_password\0");
        tls.write_all(&frame(4, password)).unwrap();
        assert_eq!(code(&hear(&mut tls).unwrap().1), 1045);
        let said = server.next_reason();
        assert!(
            said.starts_with(reason) && !said.contains("hunter2"),
            "{said}"
        );
    }
}

/// A client that is silent before TLS, one inside TLS, and one in the middle of a packet.
#[test]
fn clients_that_say_nothing() {
    let server = Server::start();
    let environment = server.environment();
    let silent = greeted(&environment);
    let silent_in_tls = in_tls(&environment);
    let mut slow = greeted(&environment);
    slow.write_all(&frame(1, &response(CLIENT_SSL, "", &[], ""))[..20])
        .unwrap();
    assert_is_served(&mut logged_in(&environment));
    // No silent client was disconnected, and none delayed this one.
    assert!(matches!(server.next_event(), EventKind::Accepted { .. }));
    for tcp in [silent, slow] {
        assert_eq!(hang_up(tcp), b"");
        assert_eq!(broken_off(&server), "the client disconnected");
    }
    hang_up_in_tls(silent_in_tls);
    assert_eq!(broken_off(&server), "the client disconnected");
}

#[test]
fn a_version_that_cannot_be_sent() {
    for version in ["", "8.0\n", &"8".repeat(256)] {
        let error = Emulator::builder().version(version).start().unwrap_err();
        assert!(
            matches!(error, StartError::Setting { setting, .. } if setting == "version"),
            "{error}"
        );
    }
}

#[test]
fn half_a_packet_at_every_length() {
    let server = Server::start();
    let packet = frame(1, &response(CLIENT_SSL, "", &[], "")[..32]);
    for length in 0..packet.len() {
        let mut tcp = greeted(&server.environment());
        tcp.write_all(&packet[..length]).unwrap();
        assert_eq!(hang_up(tcp), b"");
        assert_eq!(broken_off(&server), "the client disconnected", "{length}");
    }
    let mut tls = logged_in(&server.environment());
    tls.write_all(b"\x09\0\0\0\x03SEL").unwrap();
    assert_eq!(hang_up_in_tls(tls), b"");
    assert_is_served(&mut logged_in(&server.environment()));
}

/// The emulator refuses huge packets before the login. After it, it reserves no memory for a length that is only
/// announced.
#[test]
fn huge_packets() {
    let server = Server::start();
    let environment = server.environment();
    let mut tcp = greeted(&environment);
    tcp.write_all(b"\xFF\xFF\xFF\x01abc").unwrap();
    assert_eq!(code(&hear(&mut tcp).unwrap().1), BAD_HANDSHAKE);
    let reason = "the client sent a packet of 16777215 bytes, but the limit is 65536";
    assert_eq!(server.next_reason(), reason);

    let mut tls = logged_in(&environment);
    tls.write_all(b"\xFF\xFF\xFF\0\x03SELECT").unwrap();
    assert_eq!(hang_up_in_tls(tls), b"");

    // As many as are needed to exceed `max_allowed_packet`.
    let mut tls = logged_in(&environment);
    let zeros = vec![0; 0xFF_FFFF];
    for number in 0..5 {
        let header = [0xFF, 0xFF, 0xFF, number];
        // The emulator may already have closed the connection.
        let _refused = tls.write_all(&header).and_then(|()| tls.write_all(&zeros));
    }
    hang_up_in_tls(tls);
    assert_is_served(&mut logged_in(&environment));
}

#[test]
fn a_packet_out_of_turn() {
    let server = Server::start();
    let mut tcp = greeted(&server.environment());
    tcp.write_all(&frame(7, &response(CLIENT_SSL, "", &[], "")[..32]))
        .unwrap();
    assert_eq!(code(&hear(&mut tcp).unwrap().1), BAD_HANDSHAKE);
    assert_eq!(server.next_reason(), WRONG_SEQUENCE_ID);

    // In place of the login, and in place of the token.
    let mut tls = in_tls(&server.environment());
    tls.write_all(&frame(7, b"")).unwrap();
    assert_eq!(code(&hear(&mut tls).unwrap().1), BAD_HANDSHAKE);
    assert_eq!(server.next_reason(), WRONG_SEQUENCE_ID);
    let mut tls = in_tls(&server.environment());
    let login = response(CLIENT_SSL, "lambda-user", &[], "mysql_native_password");
    tls.write_all(&frame(2, &login)).unwrap();
    hear(&mut tls).unwrap();
    tls.write_all(&frame(9, b"hunter2\0")).unwrap();
    assert_eq!(code(&hear(&mut tls).unwrap().1), BAD_HANDSHAKE);
    assert_eq!(server.next_reason(), WRONG_SEQUENCE_ID);
}

#[test]
fn another_protocol() {
    let server = Server::start();
    let mut tcp = greeted(&server.environment());
    tcp.write_all(&frame(1, b"\x85\0\0\0user\0")).unwrap();
    assert_eq!(code(&hear(&mut tcp).unwrap().1), BAD_HANDSHAKE);
    let reason = "the client's first packet is not a login of MySQL 4.1 or later";
    assert_eq!(server.next_reason(), reason);

    // The client requests TLS and continues without it.
    let mut tcp = greeted(&server.environment());
    let packets = [
        frame(1, &response(CLIENT_SSL, "", &[], "")[..32]),
        frame(2, &response(CLIENT_SSL, "lambda-user", b"hunter2", "")),
    ];
    tcp.write_all(&packets.concat()).unwrap();
    hang_up(tcp);
    let reason = broken_off(&server);
    assert!(reason.starts_with("TLS: "), "{reason}");
}

/// Such clients can read the reason and see the end of the connection, even if they have sent more than the emulator
/// reads, and without disconnecting first.
#[test]
fn clients_that_are_none_of_mysqls() {
    let server = Server::start();
    let mut good = logged_in(&server.environment());
    assert!(matches!(server.next_event(), EventKind::Accepted { .. }));
    let long = format!("POST / HTTP/1.1\r\nHost: {}\r\n\r\n", "x".repeat(20_000));
    for (said, does) in [
        (
            &b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
            "seems to speak HTTP",
        ),
        (long.as_bytes(), "seems to speak HTTP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "seems to speak SSH"),
        // A TLS record, and another one whose length, read as a MySQL header, has the expected sequence id.
        (
            b"\x16\x03\x01\x02\x2C\x01\0\x02\x28\x03\x03",
            "begins with TLS, while a MySQL client requests TLS after the server's first packet",
        ),
        (
            b"\x16\x03\x01\x01\x2C\x01\0\x01\x28\x03\x03",
            "begins with TLS, while a MySQL client requests TLS after the server's first packet",
        ),
        (b"EHLO localhost\r\n", "seems to speak a text protocol"),
    ] {
        let mut tcp = greeted(&server.environment());
        tcp.write_all(said).unwrap();
        let mut heard = Vec::new();
        tcp.read_to_end(&mut heard).unwrap();
        let refusal = b"\xFF\x13\x04#08S01Bad handshake";
        assert!(heard.ends_with(refusal), "{does}: {heard:?}");
        // The connection contains nothing before or after the refusal.
        assert_eq!(heard.len(), 4 + refusal.len(), "{does}");
        let reason = format!("not a MySQL client: it {does}");
        assert_eq!(server.next_reason(), reason);
        assert_is_served(&mut good);
    }
}

#[test]
fn unknown_commands() {
    let server = Server::start();
    let mut tls = logged_in(&server.environment());
    // The defined commands end at 0x1F.
    for command in [b"\x00", b"\x04", b"\x12", b"\x20", b"\xFF"] {
        assert_eq!(code(&ask(&mut tls, command)), 1047, "{command:?}");
    }
    assert_eq!(code(&ask(&mut tls, b"")), MALFORMED_PACKET);
    assert_eq!(code(&ask(&mut tls, b"\x03")), 1065);
    assert_eq!(code(&ask(&mut tls, b"\x03\xFF\xFE\0'")), 1064);
    assert_eq!(code(&ask(&mut tls, b"\x02elsewhere")), 1049);
    assert_is_served(&mut tls);
}

#[test]
fn executions_that_are_malformed() {
    let server = Server::start();
    let mut tls = logged_in(&server.environment());
    let prepared = ask(&mut tls, b"\x16SELECT ?, ?");
    let (id, parameters) = (
        &prepared[1..5],
        u16::from_le_bytes([prepared[7], prepared[8]]),
    );
    assert_eq!((prepared[0], parameters), (0, 2));
    // The definitions of two parameters and two columns.
    for _ in 0..4 {
        hear(&mut tls).unwrap();
    }
    let execute = |rest: &[u8]| [b"\x17", id, b"\0\x01\0\0\0", rest].concat();
    for rest in [
        // No values, no types, an unknown type, and a string longer than the packet.
        &b""[..],
        b"\0\0",
        b"\0\x01\x77\0\x77\0ab",
        b"\0\x01\xFD\0\xFD\0\x01a\xFC\xFF\xFFb",
        // A date of three bytes, and an invalid length.
        b"\0\x01\x0A\0\xFD\0\x03abc\x01b",
        b"\0\x01\xFD\0\xFD\0\xFF\x01b",
    ] {
        assert_eq!(
            code(&ask(&mut tls, &execute(rest))),
            MALFORMED_PACKET,
            "{rest:?}"
        );
    }
    // Every prefix of a valid one.
    let whole = execute(b"\0\x01\xFD\0\x08\0\x02ab\x01\0\0\0\0\0\0\0");
    for length in 1..whole.len() {
        assert_eq!(
            code(&ask(&mut tls, &whole[..length])),
            MALFORMED_PACKET,
            "{length}"
        );
    }
    assert_eq!(
        code(&ask(&mut tls, b"\x17\xFF\xFF\xFF\xFF\0\x01\0\0\0")),
        1243
    );
    // These two commands have no reply, whatever their arguments.
    for silent in [
        &b"\x19"[..],
        b"\x19\xFF\xFF\xFF\xFF",
        b"\x18",
        b"\x18\xFF\xFF\xFF\xFF\0\0x",
    ] {
        tls.write_all(&frame(0, silent)).unwrap();
    }
    // Two columns, their definitions, the row, and the end of the rows.
    assert_eq!(ask(&mut tls, &whole), [2]);
    let row = [hear(&mut tls), hear(&mut tls), hear(&mut tls)].map(|it| it.unwrap().1);
    assert_eq!(row[2], b"\0\0\x02ab\x01\0\0\0\0\0\0\0");
    hear(&mut tls).unwrap();
    assert_is_served(&mut tls);
}
