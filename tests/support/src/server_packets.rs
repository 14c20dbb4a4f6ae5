//! Payloads of the command phase as a server with `CLIENT_DEPRECATE_EOF` writes them, for scripts.

/// `MYSQL_TYPE_LONGLONG`
pub const LONGLONG: u8 = 8;
/// `MYSQL_TYPE_VAR_STRING`
pub const VAR_STRING: u8 = 253;

const OK: u8 = 0x00;
const END_OF_ROWS: u8 = 0xFE;
const SERVER_STATUS_IN_TRANS: u8 = 0x01;
const SERVER_STATUS_AUTOCOMMIT: u8 = 0x02;
const SERVER_MORE_RESULTS_EXISTS: u8 = 0x08;
/// `utf8mb4_general_ci`
const COLLATION: u16 = 45;

/// Whether another result follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// No other result: the reply is complete.
    Nothing,
    /// Another result follows (`SERVER_MORE_RESULTS_EXISTS`).
    More,
}

impl Then {
    fn status(self) -> u8 {
        match self {
            Self::Nothing => SERVER_STATUS_AUTOCOMMIT,
            Self::More => SERVER_STATUS_AUTOCOMMIT | SERVER_MORE_RESULTS_EXISTS,
        }
    }
}

/// The `OK_Packet` of a statement without a result.
#[must_use]
pub fn ok(then: Then) -> Vec<u8> {
    vec![OK, 0, 0, then.status(), 0, 0, 0]
}

/// The `OK_Packet` of a statement without a result in a transaction.
#[must_use]
pub fn ok_in_transaction() -> Vec<u8> {
    let status = SERVER_STATUS_AUTOCOMMIT | SERVER_STATUS_IN_TRANS;
    vec![OK, 0, 0, status, 0, 0, 0]
}

/// The `OK_Packet` after the rows.
#[must_use]
pub fn end_of_rows(then: Then) -> Vec<u8> {
    vec![END_OF_ROWS, 0, 0, then.status(), 0, 0, 0]
}

/// An `ERR_Packet`.
#[must_use]
pub fn error(code: u16, sql_state: &str, message: &str) -> Vec<u8> {
    let [low, high] = code.to_le_bytes();
    let head = [0xFF, low, high, b'#'];
    [&head, sql_state.as_bytes(), message.as_bytes()].concat()
}

/// A `ColumnDefinition41`. The name must be shorter than 251 bytes.
#[must_use]
pub fn column(name: &str, wire_type: u8) -> Vec<u8> {
    let mut payload = b"\x03def\x00\x00\x00".to_vec();
    push_text(&mut payload, name);
    push_text(&mut payload, name);
    payload.push(0x0C);
    payload.extend(COLLATION.to_le_bytes());
    payload.extend(255_u32.to_le_bytes());
    payload.push(wire_type);
    // No flags, no decimals, and two unused bytes.
    payload.extend([0, 0, 0, 0, 0]);
    payload
}

/// A row of the text protocol. Each value must be shorter than 251 bytes.
#[must_use]
pub fn text_row(values: &[&str]) -> Vec<u8> {
    let mut payload = Vec::new();
    for value in values {
        push_text(&mut payload, value);
    }
    payload
}

/// `COM_STMT_PREPARE_OK` of a statement for which the server announces no columns.
#[must_use]
pub fn prepared(parameters: u16) -> Vec<u8> {
    let mut payload = b"\x00\x01\0\0\0\0\0".to_vec();
    payload.extend(parameters.to_le_bytes());
    payload.extend([0, 0, 0]);
    payload
}

/// A row of the binary protocol whose values are strings shorter than 251 bytes.
#[must_use]
pub fn binary_row(values: &[&str]) -> Vec<u8> {
    // A header, and a bitmap of NULLs whose first two bits are unused.
    let mut payload = vec![0; values.len().saturating_add(2).div_ceil(8).saturating_add(1)];
    payload.extend(text_row(values));
    payload
}

/// A whole result with one string column and a row for each of `rows`.
#[must_use]
pub fn result(name: &str, rows: &[&str], then: Then) -> Vec<Vec<u8>> {
    let mut payloads = vec![vec![1], column(name, VAR_STRING)];
    payloads.extend(rows.iter().map(|row| text_row(&[row])));
    payloads.push(end_of_rows(then));
    payloads
}

fn push_text(payload: &mut Vec<u8>, text: &str) {
    let length = u8::try_from(text.len()).unwrap();
    assert!(length < 251, "a longer text has another form of length");
    payload.push(length);
    payload.extend(text.as_bytes());
}
