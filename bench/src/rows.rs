//! Who reads a long result, and what it is: every field decoded to its type, and the sum of them told.

pub mod bare;
pub mod mysql;
pub mod mysql_async;
pub mod ours;

/// What is read.
pub const STATEMENT: &str = "SELECT n, big, name, price, made, ratio FROM long_result";
pub const COLUMNS: usize = 6;

pub const COM_QUERY: u8 = 0x03;
pub const COM_STMT_PREPARE: u8 = 0x16;
pub const COM_STMT_EXECUTE: u8 = 0x17;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Text,
    /// Prepared, executed once, and closed.
    Binary,
}

/// Somebody who has a connection and reads the result of [`STATEMENT`] to its end.
pub trait RowReader {
    fn name(&self) -> &'static str;

    fn read(&mut self, protocol: Protocol) -> Totals;
}

/// What has been read: who decodes every field gets the same as everybody else who does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub rows: u64,
    /// None of who only walks the fields.
    pub sum: Option<u64>,
}

/// A row, decoded.
pub struct Fields<'a> {
    pub n: i32,
    pub big: i64,
    pub name: &'a str,
    /// A DECIMAL is exact: its text.
    pub price: &'a str,
    /// Year, month, day, hour, minute, second.
    pub made: [u16; 6],
    pub ratio: f64,
}

impl Totals {
    pub fn add(&mut self, row: &Fields<'_>) {
        self.rows += 1;
        let made = row.made.iter().fold(0, |sum, part| sum + u64::from(*part));
        let sum = [
            row.n as u64,
            row.big as u64,
            row.name.len() as u64,
            row.price.len() as u64,
            made,
            row.ratio.to_bits(),
        ];
        let sum = sum.into_iter().fold(0, u64::wrapping_add);
        self.sum = Some(self.sum.unwrap_or_default().wrapping_add(sum));
    }
}

/// Makes the table. Its rows are of 75 bytes or so in the text protocol.
pub fn create_table(rows: u64) -> String {
    format!(
        "USE iamtest; CREATE TABLE long_result (n INT NOT NULL PRIMARY KEY, big BIGINT, name VARCHAR(32), \
         price DECIMAL(10,2), made DATETIME, ratio DOUBLE); \
         INSERT INTO long_result SELECT seq, seq * 1000003, CONCAT('item number ', seq), \
         seq / 100, '2026-01-01 00:00:00' + INTERVAL seq SECOND, seq / 7 FROM seq_1_to_{rows}"
    )
}
