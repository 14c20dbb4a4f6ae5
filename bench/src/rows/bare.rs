//! The floor: TLS, the packets' headers, and the length of every field walked. Nothing is decoded.

use std::hint::black_box;
use std::io::{self, Read};

use super::{
    COM_QUERY, COM_STMT_EXECUTE, COM_STMT_PREPARE, Protocol, RowReader, STATEMENT, Totals,
};
use crate::contenders::bare::{Bare, Connection};
use crate::settings::Settings;

const BUFFER_LENGTH: usize = 256 << 10;
const HEADER_LENGTH: usize = 4;
const EOF: u8 = 0xFE;

pub struct BareRows {
    connection: Connection,
    buffer: Vec<u8>,
}

impl BareRows {
    pub fn open(settings: &Settings) -> Self {
        Self {
            connection: Bare::resuming(settings).open().expect("a connection"),
            buffer: vec![0; BUFFER_LENGTH],
        }
    }

    /// Sends the command and gives each packet of the answer to `each`, until it says that it has all.
    fn ask(&mut self, command: &[u8], mut each: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
        self.connection.send(command)?;
        let (mut start, mut end) = (0, 0);
        loop {
            while let Some(header) = self.buffer[start..end].first_chunk::<HEADER_LENGTH>() {
                let [a, b, c, _] = *header;
                let length = u32::from_le_bytes([a, b, c, 0]) as usize;
                let whole = start + HEADER_LENGTH + length;
                if whole > end {
                    break;
                }
                if each(&self.buffer[start..whole]) {
                    return Ok(());
                }
                start = whole;
            }
            self.buffer.copy_within(start..end, 0);
            (start, end) = (0, end - start);
            let read = self.connection.stream().read(&mut self.buffer[end..])?;
            assert_ne!(read, 0, "it ends too early");
            end += read;
        }
    }

    /// The statement's number.
    pub fn prepare(&mut self, mut each: impl FnMut(&[u8])) -> io::Result<[u8; 4]> {
        let mut statement = [0; 4];
        // As many packets as there are columns, behind the first.
        let mut left = None;
        let command = [&[COM_STMT_PREPARE], STATEMENT.as_bytes()].concat();
        self.ask(&command, |packet| {
            each(packet);
            let payload = &packet[HEADER_LENGTH..];
            let next = left.map_or_else(
                || {
                    statement.copy_from_slice(&payload[1..5]);
                    u16::from_le_bytes([payload[5], payload[6]])
                },
                |left| left - 1,
            );
            left = Some(next);
            next == 0
        })?;
        Ok(statement)
    }

    /// Reads a result, and gives each packet and whether it is a row to `each`.
    pub fn result(&mut self, command: &[u8], mut each: impl FnMut(&[u8], bool)) -> io::Result<()> {
        let mut before_rows = None;
        self.ask(command, |packet| {
            let payload = &packet[HEADER_LENGTH..];
            assert_ne!(payload[0], 0xFF, "{}", String::from_utf8_lossy(payload));
            let left = match before_rows {
                None => usize::from(payload[0]) + 1,
                Some(left) => left,
            };
            before_rows = Some(left.saturating_sub(1));
            let is_end = left == 0 && payload[0] == EOF && payload.len() < 9;
            each(packet, left == 0 && !is_end);
            is_end
        })
    }
}

impl RowReader for BareRows {
    fn name(&self) -> &'static str {
        "bare, walked"
    }

    fn read(&mut self, protocol: Protocol) -> Totals {
        let mut totals = Totals::default();
        let walk: fn(&[u8]) -> usize = match protocol {
            Protocol::Text => walk_text,
            Protocol::Binary => walk_binary,
        };
        let command = match protocol {
            Protocol::Text => query(),
            Protocol::Binary => execute(self.prepare(|_| {}).expect("prepared")),
        };
        let read = self.result(&command, |packet, is_row| {
            if is_row {
                totals.rows += 1;
                black_box(walk(&packet[HEADER_LENGTH..]));
            }
        });
        read.expect("rows");
        totals
    }
}

pub fn query() -> Vec<u8> {
    [&[COM_QUERY], STATEMENT.as_bytes()].concat()
}

/// Without a cursor, once.
pub fn execute(statement: [u8; 4]) -> Vec<u8> {
    [&[COM_STMT_EXECUTE], &statement[..], &[0, 1, 0, 0, 0]].concat()
}

/// The lengths of all values. They are shorter than 251 bytes, and none is NULL.
fn walk_text(payload: &[u8]) -> usize {
    let mut at = 0;
    for _ in 0..6 {
        at += 1 + usize::from(black_box(payload[at]));
    }
    assert_eq!(at, payload.len());
    at
}

/// `INT` and `BIGINT`, three with a length before them, and `DOUBLE`.
fn walk_binary(payload: &[u8]) -> usize {
    let mut at = 2 + 4 + 8;
    for _ in 0..3 {
        at += 1 + usize::from(black_box(payload[at]));
    }
    assert_eq!(at + 8, payload.len());
    at
}
