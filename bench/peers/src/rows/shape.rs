//! The shapes of results.

use clap::ValueEnum;
use rds_bridge_test_support::server::Product;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// Six columns: INT, BIGINT, VARCHAR, DECIMAL, DATETIME, DOUBLE
    Mixed,
    /// One column: BIGINT
    One,
    /// 200 columns: INT, BIGINT, VARCHAR, DOUBLE, fifty times
    Wide,
    /// One column: LONGBLOB, each value of 1 MiB
    Blobs,
}

/// How often [`Shape::Wide`] repeats its four columns.
pub const GROUPS: usize = 50;
pub const BLOB_LENGTH: usize = 1 << 20;

impl Shape {
    pub fn name(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::One => "one",
            Self::Wide => "wide",
            Self::Blobs => "blobs",
        }
    }

    pub fn statement(self) -> &'static str {
        match self {
            Self::Mixed => "SELECT n, big, name, price, made, ratio FROM mixed",
            Self::One => "SELECT big FROM one",
            Self::Wide => "SELECT * FROM wide",
            Self::Blobs => "SELECT body FROM blobs",
        }
    }

    pub fn columns(self) -> usize {
        match self {
            Self::Mixed => 6,
            Self::One | Self::Blobs => 1,
            Self::Wide => 4 * GROUPS,
        }
    }

    /// The default number of rows. The server sends them in a second or less.
    pub fn usual_rows(self) -> u64 {
        match self {
            Self::Mixed | Self::One => 1_000_000,
            Self::Wide => 20_000,
            Self::Blobs => 200,
        }
    }

    /// Roughly the memory of the table, with the server's overhead.
    pub fn bytes_in_memory(self, rows: u64) -> u64 {
        let of_a_row = match self {
            Self::Mixed => 120,
            Self::One => 60,
            Self::Wide => 5_000,
            Self::Blobs => 2 << 20,
        };
        rows * of_a_row
    }

    /// Statements that create the table.
    pub fn create_table(self, rows: u64, product: Product) -> String {
        let table = self.name();
        let from = format!("FROM {}", product.sequence(rows));
        match self {
            Self::Mixed => format!(
                "USE iamtest; CREATE TABLE {table} (n INT NOT NULL PRIMARY KEY, big BIGINT, name VARCHAR(32), \
                 price DECIMAL(10,2), made DATETIME, ratio DOUBLE); \
                 INSERT INTO {table} SELECT seq, seq * 1000003, CONCAT('item number ', seq), \
                 seq / 100, '2026-01-01 00:00:00' + INTERVAL seq SECOND, seq / 7 {from}"
            ),
            Self::One => format!(
                "USE iamtest; CREATE TABLE {table} (big BIGINT NOT NULL PRIMARY KEY); \
                 INSERT INTO {table} SELECT seq * 1000003 {from}"
            ),
            Self::Wide => {
                let columns = (0..GROUPS).map(|at| {
                    format!("n{at} INT, big{at} BIGINT, name{at} VARCHAR(32), ratio{at} DOUBLE")
                });
                let columns: Vec<_> = columns.collect();
                let values = ["seq, seq * 1000003, CONCAT('item ', seq), seq / 7"; GROUPS];
                format!(
                    "USE iamtest; CREATE TABLE {table} ({}); INSERT INTO {table} SELECT {} {from}",
                    columns.join(", "),
                    values.join(", ")
                )
            }
            Self::Blobs => format!(
                "USE iamtest; CREATE TABLE {table} (body LONGBLOB); \
                 INSERT INTO {table} SELECT REPEAT(CHAR(seq % 251), {BLOB_LENGTH}) {from}"
            ),
        }
    }
}
