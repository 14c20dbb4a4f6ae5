//! Contenders that repeatedly select a row by its primary key on open, warm connections.

pub mod bare;
pub mod mysql;
pub mod mysql_async;
pub mod ours;
pub mod sqlx;
mod tasks;
mod threads;

use std::time::Duration;

use rds_bridge_test_support::server::Product;

pub use tasks::{Opening, Tasks};
pub use threads::Threads;

/// The number of rows of the table. They fit in memory, and consecutive selects read different rows.
pub const ROWS: u64 = 10_000;

pub const BOUND: &str = "SELECT name, price FROM points WHERE id = ?";

/// How a statement contains the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// As a parameter of the prepared statement [`BOUND`].
    Bound,
    /// As a literal in the statement's text.
    InText,
}

/// The statement with the key as a literal.
pub fn in_text(id: i64) -> String {
    format!("SELECT name, price FROM points WHERE id = {id}")
}

pub fn create_table(product: Product) -> String {
    let numbers = product.sequence(ROWS);
    format!(
        "USE iamtest; CREATE TABLE points (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(64), \
         price DECIMAL(10,2)); \
         INSERT INTO points SELECT seq, CONCAT('item number ', seq), seq / 100 FROM {numbers}"
    )
}

/// Checks the values of a row.
fn check(id: i64, name: &str, price: &str) {
    let (whole, cents) = (id / 100, id % 100);
    assert_eq!(name.strip_prefix("item number "), Some(&*id.to_string()));
    assert_eq!(price, format!("{whole}.{cents:02}"));
}

/// A contender with open connections.
pub trait Selects {
    fn name(&self) -> &'static str;

    /// Executes `times` selects on each of `connections` connections at the same time. Returns the duration of each
    /// select.
    fn select(&mut self, connections: usize, times: usize, key: Key) -> Vec<Duration>;
}

/// The keys of a connection's selects.
fn ids(connection: usize, times: usize) -> impl Iterator<Item = i64> {
    // Consecutive keys are far apart. The step and the number of rows are coprime, so all rows occur.
    let step = 6_151;
    let begin = connection as u64 * 131;
    (0..times as u64).map(move |time| ((begin + time * step) % ROWS + 1) as i64)
}
