//! Who selects a row by its primary key, again and again, on connections that are open and warm.

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

/// How many rows the table has: they are in memory, and no two selects in a row are of the same one.
pub const ROWS: u64 = 10_000;

pub const BOUND: &str = "SELECT name, price FROM points WHERE id = ?";

/// How the key is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// As a parameter of [`BOUND`], which has been prepared.
    Bound,
    /// In the statement's text.
    InText,
}

/// With its key in it.
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

/// What is read of a row.
fn check(id: i64, name: &str, price: &str) {
    let (whole, cents) = (id / 100, id % 100);
    assert_eq!(name.strip_prefix("item number "), Some(&*id.to_string()));
    assert_eq!(price, format!("{whole}.{cents:02}"));
}

/// A contender with connections.
pub trait Selects {
    fn name(&self) -> &'static str;

    /// Selects so many times on each of so many connections at once, and gives how long each select took.
    fn select(&mut self, connections: usize, times: usize, key: Key) -> Vec<Duration>;
}

/// The keys of a connection.
fn ids(connection: usize, times: usize) -> impl Iterator<Item = i64> {
    // Far from each other, and all of them in turn.
    let step = 6_151;
    let begin = connection as u64 * 131;
    (0..times as u64).map(move |time| ((begin + time * step) % ROWS + 1) as i64)
}
