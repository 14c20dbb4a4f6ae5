//! The commands that set up a session, and the server's replies to them.

use super::*;

#[test]
fn servers_that_take_several_commands_at_once() {
    for version in ["8.0.39", "9.7.4-2", "10.11.6-MariaDB-log", "8.4.5-rds"] {
        assert!(can_pipeline(version), "{version}");
    }
    for version in ["5.7.12", "5.7.44-log", "", "x", "MySQL 8.0"] {
        assert!(!can_pipeline(version), "{version}");
    }
}

#[test]
fn the_session_is_read_from_its_row() {
    let session = answers::session(b"\x0218\x04a b1").unwrap();
    assert_eq!((session.id, session.server.as_str()), (18, "a b1"));
    for row in [&b"\x02x8\x01a"[..], b"\x0218", b"\xFB\x01a", b"\x0218\xFB"] {
        assert_eq!(answers::session(row), None);
    }
}

#[test]
fn what_goes_out_with_it() {
    let to_read = SetUp::default();
    let to_write = SetUp::new(SessionSettings {
        allow_writes: true,
        ..SessionSettings::default()
    });
    for sql in ["SELECT 1", "START TRANSACTION", "begin"] {
        assert!(
            to_read.can_go_out_with(sql) && to_write.can_go_out_with(sql),
            "{sql}"
        );
    }
    let insert = "INSERT INTO t VALUES (1)";
    assert!(!to_read.can_go_out_with(insert) && to_write.can_go_out_with(insert));
    let collated = SetUp::new(SessionSettings {
        allow_writes: true,
        collation: Some("utf8mb4_bin".to_owned()),
        ..SessionSettings::default()
    });
    assert!(!collated.can_go_out_with(insert));
    let long = format!("SELECT '{}'", "x".repeat(FLIGHT_LENGTH));
    assert!(!to_write.can_go_out_with(&long));
}
