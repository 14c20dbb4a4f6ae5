//! Follows the heads of a server's packets: which commands it has not answered, and whether a transaction is open.
//!
//! No row is parsed. A reply ends with a packet whose first byte no row has, and which contains the status flags.
//!
//! Source: MySQL Source Code Documentation, "COM_QUERY Response", "COM_STMT_PREPARE Response", "COM_STMT_EXECUTE
//! Response", "OK_Packet", "EOF_Packet" and "LOCAL INFILE Request"; for MariaDB, "Result Set Packets" and "ERR_Packet".

mod head;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use rds_bridge_wire::command::{
    COM_QUIT, COM_STMT_CLOSE, COM_STMT_PREPARE, COM_STMT_SEND_LONG_DATA,
};
use rds_bridge_wire::{err_packet, ok_packet};

use head::{Head, PacketHeads};

const COM_FIELD_LIST: u8 = 0x04;
const COM_STATISTICS: u8 = 0x09;
const COM_BINLOG_DUMP: u8 = 0x12;
const COM_TABLE_DUMP: u8 = 0x13;
const COM_STMT_FETCH: u8 = 0x1C;
const COM_BINLOG_DUMP_GTID: u8 = 0x1E;
const COM_CLONE: u8 = 0x20;
const COM_SUBSCRIBE_GROUP_REPLICATION_STREAM: u8 = 0x21;

const CLIENT_DEPRECATE_EOF: u32 = 1 << 24;
const CLIENT_OPTIONAL_RESULTSET_METADATA: u32 = 1 << 25;
/// Of MariaDB's extended capabilities.
const MARIADB_CLIENT_CACHE_METADATA: u32 = 1 << 4;

const SERVER_STATUS_IN_TRANS: u16 = 1;
const SERVER_MORE_RESULTS_EXISTS: u16 = 1 << 3;
const SERVER_STATUS_CURSOR_EXISTS: u16 = 1 << 6;
const SERVER_STATUS_LAST_ROW_SENT: u16 = 1 << 7;

/// The server requests a file of the client. The file's packets precede its reply.
const LOCAL_INFILE: u8 = 0xFB;
/// How many commands may be unanswered at once. A client that has more is not followed any further.
const EXPECTED_LIMIT: usize = 1 << 16;
/// The most memory that is kept for the next commands.
const KEPT_CAPACITY: usize = 64;

/// The replies that a client waits for.
#[derive(Debug)]
pub(crate) struct Replies {
    heads: PacketHeads,
    deprecates_eof: bool,
    /// Whether the ends of replies are known. Once they are not, they stay unknown.
    is_followed: bool,
    /// The replies that are outstanding, the oldest first.
    expected: VecDeque<Reply>,
    /// What the next packet of the oldest reply is.
    next: Next,
    /// The status flags of the last reply that has some.
    status: u16,
    /// Whether the client has sent a part of a parameter, which its next command uses.
    holds_long_data: bool,
}

/// The layout of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reply {
    /// An `OK_Packet`, an `ERR_Packet`, a file request or result sets.
    Results,
    /// The reply to `COM_STMT_PREPARE`.
    Prepared,
    /// Packets up to an `EOF_Packet`, an `OK_Packet` in its place, or an `ERR_Packet`.
    Packets,
    /// One packet of any content.
    Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    First,
    /// Column definitions or rows. The field is the number of `EOF_Packet`s that follow, the last one at the end.
    UpToEof(u8),
    /// The field is the number of packets that follow.
    Definitions(u32),
}

impl Replies {
    /// Follows the replies of a session with these capabilities.
    pub(crate) fn new(capabilities: u32, mariadb_capabilities: u32) -> Self {
        let deprecates_eof = capabilities & CLIENT_DEPRECATE_EOF != 0;
        let caches_metadata = mariadb_capabilities & MARIADB_CLIENT_CACHE_METADATA != 0;
        // A result set may then lack its column definitions, and its first packet may begin as an `OK_Packet` does.
        let is_ambiguous = capabilities & CLIENT_OPTIONAL_RESULTSET_METADATA != 0
            || caches_metadata && !deprecates_eof;
        Self {
            heads: PacketHeads::default(),
            deprecates_eof,
            is_followed: !is_ambiguous,
            expected: VecDeque::new(),
            next: Next::First,
            status: 0,
            holds_long_data: false,
        }
    }

    /// A command goes to the server.
    pub(crate) fn command(&mut self, command: u8) {
        self.holds_long_data = command == COM_STMT_SEND_LONG_DATA;
        let reply = match command {
            COM_QUIT | COM_STMT_CLOSE | COM_STMT_SEND_LONG_DATA => return,
            COM_CLONE | COM_SUBSCRIBE_GROUP_REPLICATION_STREAM => return self.lose(),
            COM_STMT_PREPARE => Reply::Prepared,
            COM_STATISTICS => Reply::Text,
            COM_FIELD_LIST | COM_STMT_FETCH | COM_BINLOG_DUMP | COM_BINLOG_DUMP_GTID
            | COM_TABLE_DUMP => Reply::Packets,
            _ => Reply::Results,
        };
        if self.expected.len() >= EXPECTED_LIMIT {
            self.lose();
        }
        if self.is_followed {
            self.expected.push_back(reply);
        }
    }

    /// Bytes came from the server.
    pub(crate) fn receive(&mut self, mut bytes: &[u8]) {
        while let Some(head) = self.heads.next(&mut bytes) {
            self.packet(&head);
        }
    }

    /// The proxy has answered a command that begins the session anew.
    pub(crate) fn begin_session(&mut self) {
        self.status = 0;
        self.holds_long_data = false;
    }

    /// Whether the server is known to owe a reply, or a part of one.
    pub(crate) fn are_outstanding(&self) -> bool {
        !self.expected.is_empty() || !self.heads.is_between_packets()
    }

    /// Whether the client certainly waits for nothing: every command is answered, and no transaction, no cursor and no
    /// parameter is unfinished.
    pub(crate) fn is_idle(&self) -> bool {
        let cursor = self.status & (SERVER_STATUS_CURSOR_EXISTS | SERVER_STATUS_LAST_ROW_SENT);
        self.is_followed
            && !self.are_outstanding()
            && self.status & SERVER_STATUS_IN_TRANS == 0
            && cursor != SERVER_STATUS_CURSOR_EXISTS
            && !self.holds_long_data
    }

    fn packet(&mut self, head: &Head) {
        // What is not expected is an error before the server closes.
        let Some(&reply) = self.expected.front() else {
            return;
        };
        match (self.next, reply) {
            (Next::First, Reply::Text) => self.end(),
            (Next::First, Reply::Results) => self.first_of_results(head),
            (Next::First, Reply::Prepared) => self.first_of_prepared(head),
            (Next::First, Reply::Packets) => self.up_to_eof(head, 1),
            (Next::UpToEof(eofs), _) => self.up_to_eof(head, eofs),
            (Next::Definitions(left), _) => self.definitions(left.saturating_sub(1)),
        }
    }

    fn first_of_results(&mut self, head: &Head) {
        match head.first() {
            Some(ok_packet::HEADER) => self.end_of_result(head),
            Some(err_packet::HEADER) => self.error(head),
            // The reply follows the client's file.
            Some(LOCAL_INFILE) => {}
            Some(ok_packet::EOF_HEADER) if !head.is_continued() => self.end_of_result(head),
            // The number of columns.
            Some(_) => self.next = Next::UpToEof(if self.deprecates_eof { 1 } else { 2 }),
            None => self.lose(),
        }
    }

    fn first_of_prepared(&mut self, head: &Head) {
        match (head.first(), head.prepared_counts()) {
            (Some(ok_packet::HEADER), Some(counts)) => {
                let definitions = counts.map(u32::from).into_iter().map(|count| {
                    // An `EOF_Packet` follows the definitions.
                    let eof = u32::from(count > 0 && !self.deprecates_eof);
                    count.saturating_add(eof)
                });
                self.definitions(definitions.sum());
            }
            (Some(err_packet::HEADER), _) => self.error(head),
            _ => self.lose(),
        }
    }

    fn definitions(&mut self, left: u32) {
        match left {
            0 => self.end(),
            left => self.next = Next::Definitions(left),
        }
    }

    /// A packet of a result set. No row and no column definition begins with these bytes, but for a row whose first
    /// value is so long that the row has several packets.
    fn up_to_eof(&mut self, head: &Head, eofs: u8) {
        self.next = Next::UpToEof(eofs);
        match head.first() {
            Some(err_packet::HEADER) => self.error(head),
            Some(ok_packet::EOF_HEADER) if !head.is_continued() => {
                let has_cursor = head
                    .status()
                    .is_some_and(|status| status & SERVER_STATUS_CURSOR_EXISTS != 0);
                if eofs > 1 && !has_cursor {
                    // It ends the column definitions.
                    self.next = Next::UpToEof(1);
                } else {
                    self.end_of_result(head);
                }
            }
            _ => {}
        }
    }

    fn end_of_result(&mut self, head: &Head) {
        let Some(status) = head.status() else {
            return self.lose();
        };
        self.status = status;
        let has_more = status & SERVER_MORE_RESULTS_EXISTS != 0;
        if has_more && self.expected.front() == Some(&Reply::Results) {
            self.next = Next::First;
        } else {
            self.end();
        }
    }

    /// An error ends the reply, unless it is MariaDB's report of progress. It contains no status flags: whether it has
    /// ended the transaction is not known.
    fn error(&mut self, head: &Head) {
        if !head.is_progress_report() {
            self.end();
        }
    }

    fn end(&mut self) {
        self.expected.pop_front();
        self.next = Next::First;
        if self.expected.is_empty() {
            self.expected.shrink_to(KEPT_CAPACITY);
        }
    }

    fn lose(&mut self) {
        self.is_followed = false;
        self.expected = VecDeque::new();
        self.next = Next::First;
    }
}
