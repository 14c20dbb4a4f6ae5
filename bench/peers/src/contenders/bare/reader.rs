//! Reads results of any length, packet by packet from one buffer.

use std::io::{self, Read};

use super::connection::Connection;

const BUFFER_LENGTH: usize = 256 << 10;
const EOF: u8 = 0xFE;
const ERR: u8 = 0xFF;

pub const HEADER_LENGTH: usize = 4;
pub const COM_QUERY: u8 = 0x03;
pub const COM_STMT_PREPARE: u8 = 0x16;
pub const COM_STMT_EXECUTE: u8 = 0x17;

pub struct Reader {
    connection: Connection,
    buffer: Vec<u8>,
}

impl Reader {
    pub fn new(connection: Connection) -> Self {
        Self {
            connection,
            buffer: vec![0; BUFFER_LENGTH],
        }
    }

    /// Sends the command and passes each packet of the answer to `each`, until `each` returns that it was the last.
    fn ask(&mut self, command: &[u8], mut each: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
        self.connection.send(command)?;
        let (mut start, mut end) = (0, 0);
        loop {
            let mut wanted = HEADER_LENGTH;
            while let Some(header) = self.buffer[start..end].first_chunk::<HEADER_LENGTH>() {
                let [a, b, c, _] = *header;
                wanted = HEADER_LENGTH + u32::from_le_bytes([a, b, c, 0]) as usize;
                if start + wanted > end {
                    break;
                }
                if each(&self.buffer[start..start + wanted]) {
                    return Ok(());
                }
                start += wanted;
            }
            self.buffer.copy_within(start..end, 0);
            (start, end) = (0, end - start);
            if self.buffer.len() < wanted {
                self.buffer.resize(wanted, 0);
            }
            let read = self.connection.stream().read(&mut self.buffer[end..])?;
            assert_ne!(read, 0, "unexpected end of the connection");
            end += read;
        }
    }

    /// Prepares a statement and returns its id. The statement must not have both parameters and columns.
    pub fn prepare(&mut self, sql: &str, mut each: impl FnMut(&[u8])) -> io::Result<[u8; 4]> {
        let mut statement = [0; 4];
        // How many packets follow the first: one for each column and parameter.
        let mut left = None;
        self.ask(&[&[COM_STMT_PREPARE], sql.as_bytes()].concat(), |packet| {
            each(packet);
            let payload = &packet[HEADER_LENGTH..];
            let next = left.map_or_else(
                || {
                    assert_ne!(payload[0], ERR, "{}", String::from_utf8_lossy(payload));
                    statement.copy_from_slice(&payload[1..5]);
                    let columns = u16::from_le_bytes([payload[5], payload[6]]);
                    columns + u16::from_le_bytes([payload[7], payload[8]])
                },
                |left| left - 1,
            );
            left = Some(next);
            next == 0
        })?;
        Ok(statement)
    }

    /// Executes a command whose result has fewer than 251 columns. Passes each packet to `each`, with whether it is a
    /// row.
    pub fn result(&mut self, command: &[u8], mut each: impl FnMut(&[u8], bool)) -> io::Result<()> {
        let mut before_rows = None;
        self.ask(command, |packet| {
            let payload = &packet[HEADER_LENGTH..];
            assert_ne!(payload[0], ERR, "{}", String::from_utf8_lossy(payload));
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

pub fn query(sql: &str) -> Vec<u8> {
    [&[COM_QUERY], sql.as_bytes()].concat()
}

/// `COM_STMT_EXECUTE` without a cursor, with an iteration count of 1, without parameters.
pub fn execute(statement: [u8; 4]) -> Vec<u8> {
    [&[COM_STMT_EXECUTE], &statement[..], &[0, 1, 0, 0, 0]].concat()
}

/// As [`execute`], with one parameter of type `BIGINT`.
pub fn execute_with(statement: [u8; 4], parameter: i64) -> Vec<u8> {
    const MYSQL_TYPE_LONGLONG: u8 = 8;
    // The bitmap of NULLs (not NULL), the flag that types follow, and the type (signed).
    let described = [0, 1, MYSQL_TYPE_LONGLONG, 0];
    let value = parameter.to_le_bytes();
    [&execute(statement)[..], &described, &value].concat()
}
