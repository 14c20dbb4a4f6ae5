//! Replies as servers send them.

use rds_bridge_wire::{Header, PACKET_LIMIT};

use super::*;

const COM_QUERY: u8 = 0x03;
const COM_STMT_EXECUTE: u8 = 0x17;
const DEFINITION: &[u8] = b"\x03def\0\0\0\x01a\0\x0C\x3F\0\x01\0\0\0\x08\x81\0\0\0\0";

fn packet(payload: &[u8]) -> Vec<u8> {
    let header = Header {
        length: payload.len(),
        sequence_id: 1,
    };
    [&header.write(), payload].concat()
}

fn ok(status: u16) -> Vec<u8> {
    // The number of affected rows has three bytes.
    packet(&[&[0, 0xFC, 1, 1, 0][..], &status.to_le_bytes(), &[0, 0]].concat())
}

fn eof(status: u16) -> Vec<u8> {
    packet(&[&[0xFE, 0, 0][..], &status.to_le_bytes()].concat())
}

fn ok_as_eof(status: u16) -> Vec<u8> {
    packet(&[&[0xFE, 0, 0][..], &status.to_le_bytes(), &[0, 0]].concat())
}

fn error() -> Vec<u8> {
    packet(b"\xFF\x48\x04#HY000No tables used")
}

/// A result set of a column: with `EOF_Packet`s, or with `CLIENT_DEPRECATE_EOF`.
fn rows(status: u16, deprecates_eof: bool) -> Vec<u8> {
    // The rows begin as an `OK_Packet`, with NULL, and as binary rows do.
    let rows = [packet(b"\0"), packet(b"\xFB"), packet(b"\0\0\x01\0\0\0")].concat();
    let head = [packet(&[1]), packet(DEFINITION)].concat();
    match deprecates_eof {
        true => [head, rows, ok_as_eof(status)].concat(),
        false => [head, eof(status), rows, eof(status)].concat(),
    }
}

fn capabilities(deprecates_eof: bool) -> u32 {
    match deprecates_eof {
        true => CLIENT_DEPRECATE_EOF,
        false => 0,
    }
}

/// After these commands, the client is idle after the last byte of `reply`, and not before, in any split.
fn idle_only_at_the_end(capabilities: u32, commands: &[u8], reply: &[u8]) {
    for piece in [1, 3, 7, reply.len()] {
        let mut replies = Replies::new(capabilities, 0);
        assert!(replies.is_idle());
        for command in commands {
            replies.command(*command);
        }
        let mut left = reply.len();
        for bytes in reply.chunks(piece) {
            assert!(!replies.is_idle(), "{left} bytes before the end");
            assert!(replies.are_outstanding());
            replies.receive(bytes);
            left = left.saturating_sub(bytes.len());
        }
        assert!(replies.is_idle(), "in pieces of {piece}: {replies:?}");
        assert!(!replies.are_outstanding());
    }
}

#[test]
fn a_reply_ends_with_its_last_result() {
    let more = SERVER_MORE_RESULTS_EXISTS;
    for deprecates_eof in [true, false] {
        let flags = capabilities(deprecates_eof);
        let rows = |status| rows(status, deprecates_eof);
        idle_only_at_the_end(flags, &[COM_QUERY], &ok(2));
        idle_only_at_the_end(flags, &[COM_QUERY], &error());
        idle_only_at_the_end(flags, &[COM_QUERY], &rows(2));
        idle_only_at_the_end(flags, &[COM_STMT_EXECUTE], &rows(2));
        let several = [ok(more), rows(more), rows(more), ok(0)].concat();
        idle_only_at_the_end(flags, &[COM_QUERY], &several);
        let failed = [rows(more), error()].concat();
        idle_only_at_the_end(flags, &[COM_QUERY], &failed);
        // An error in the middle of the rows.
        let broken = [packet(&[1]), packet(DEFINITION), error()].concat();
        idle_only_at_the_end(flags, &[COM_QUERY], &broken);
    }
}

#[test]
fn each_of_several_commands_has_a_reply() {
    let commands = [COM_QUERY, COM_STMT_CLOSE, COM_QUERY, COM_STATISTICS];
    let reply = [ok(0), rows(0, true), packet(b"Uptime: 7")].concat();
    idle_only_at_the_end(CLIENT_DEPRECATE_EOF, &commands, &reply);
}

#[test]
fn a_prepared_statement_is_answered_with_its_definitions() {
    let head = packet(&[0, 1, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0]);
    let definition = packet(DEFINITION);
    let commands = [COM_STMT_PREPARE, COM_QUERY];
    let parts = [head.clone(), definition.repeat(3), ok(0)].concat();
    idle_only_at_the_end(CLIENT_DEPRECATE_EOF, &commands, &parts);
    let parameters = [head, definition.repeat(2), eof(0)].concat();
    let parts = [parameters, definition, eof(0), ok(0)].concat();
    idle_only_at_the_end(0, &commands, &parts);
    let nothing = packet(&[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    idle_only_at_the_end(0, &commands, &[nothing, ok(0)].concat());
    idle_only_at_the_end(0, &commands, &[error(), ok(0)].concat());
}

#[test]
fn a_file_comes_before_the_reply() {
    idle_only_at_the_end(
        CLIENT_DEPRECATE_EOF,
        &[COM_QUERY],
        &[packet(b"\xFBfile.csv"), ok(0)].concat(),
    );
}

#[test]
fn a_report_of_progress_ends_nothing() {
    let progress = packet(b"\xFF\xFF\xFF\x01\x01\x02\0\0\0\x05stage");
    idle_only_at_the_end(0, &[COM_QUERY], &[progress, ok(0)].concat());
}

#[test]
fn a_long_row_is_not_an_end() {
    // Its first value has more than 16 MiB, so that it begins with 0xFE; and it continues with a byte of an error.
    let long = [&[0xFE][..], &vec![b'x'; PACKET_LIMIT - 1]].concat();
    let row = [packet(&long), packet(b"\xFFrest")].concat();
    let head = [packet(&[1]), packet(DEFINITION)].concat();
    let mut replies = Replies::new(CLIENT_DEPRECATE_EOF, 0);
    replies.command(COM_QUERY);
    replies.receive(&[head, row].concat());
    assert!(replies.are_outstanding());
    replies.receive(&ok_as_eof(0));
    assert!(replies.is_idle());
}

#[test]
fn a_transaction_a_cursor_and_long_data_are_not_idle() {
    for deprecates_eof in [true, false] {
        let mut replies = Replies::new(capabilities(deprecates_eof), 0);
        let mut after = |command, reply: &[u8]| {
            replies.command(command);
            replies.receive(reply);
            assert!(!replies.are_outstanding());
            replies.is_idle()
        };
        let in_transaction = SERVER_STATUS_IN_TRANS;
        assert!(!after(COM_QUERY, &ok(in_transaction)));
        assert!(!after(COM_QUERY, &rows(in_transaction, deprecates_eof)));
        // An error does not tell whether it has ended the transaction.
        assert!(!after(COM_QUERY, &error()));
        assert!(after(COM_QUERY, &ok(0)));

        let cursor = SERVER_STATUS_CURSOR_EXISTS;
        let end = match deprecates_eof {
            true => ok_as_eof,
            false => eof,
        };
        let opened = [packet(&[1]), packet(DEFINITION), end(cursor)].concat();
        assert!(!after(COM_STMT_EXECUTE, &opened));
        let row = packet(b"\0\0\x01\0\0\0");
        let some = [row.clone(), end(cursor)].concat();
        assert!(!after(COM_STMT_FETCH, &some));
        let last = [row, end(cursor | SERVER_STATUS_LAST_ROW_SENT)].concat();
        assert!(after(COM_STMT_FETCH, &last));

        assert!(!after(COM_STMT_SEND_LONG_DATA, b""));
        assert!(after(COM_STMT_EXECUTE, &ok(0)));

        assert!(!after(COM_QUERY, &ok(in_transaction)));
        replies.begin_session();
        assert!(replies.is_idle());
    }
}

#[test]
fn a_binary_log_has_no_end() {
    let mut replies = Replies::new(CLIENT_DEPRECATE_EOF, 0);
    replies.command(COM_BINLOG_DUMP_GTID);
    for _ in 0..3 {
        replies.receive(&packet(b"\0an event"));
        assert!(!replies.is_idle());
    }
}

#[test]
fn what_cannot_be_followed_is_never_idle() {
    let cached = MARIADB_CLIENT_CACHE_METADATA;
    assert!(!Replies::new(CLIENT_OPTIONAL_RESULTSET_METADATA, 0).is_idle());
    assert!(!Replies::new(0, cached).is_idle());
    assert!(Replies::new(CLIENT_DEPRECATE_EOF, cached).is_idle());
    for (command, reply) in [
        (COM_CLONE, ok(0)),
        (COM_QUERY, packet(b"")),
        (COM_QUERY, packet(b"\0")),
        (COM_STMT_PREPARE, packet(b"\0")),
    ] {
        let mut replies = Replies::new(0, 0);
        replies.command(command);
        replies.receive(&reply);
        replies.command(COM_QUERY);
        replies.receive(&ok(0));
        assert!(!replies.is_idle() && !replies.are_outstanding());
    }
    let mut replies = Replies::new(0, 0);
    for _ in 0..=EXPECTED_LIMIT {
        replies.command(COM_QUERY);
    }
    assert!(replies.expected.is_empty() && !replies.is_idle());
}
