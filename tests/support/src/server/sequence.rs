//! Generated rows: `seq_1_to_N` of MariaDB's storage engine SEQUENCE, and a replacement for MySQL.

use super::Product;

impl Product {
    /// A table expression for a `FROM` clause. Its only column is `seq`, and its rows are the numbers from 1 to `last`
    /// in this order. The server stores no row, however many there are.
    ///
    /// # Panics
    ///
    /// If `last` is 0.
    #[must_use]
    pub fn sequence(self, last: u64) -> String {
        match self {
            Self::MariaDb => format!("seq_1_to_{last}"),
            Self::MySql => cross_join_of_digits(last),
        }
    }
}

/// A derived table that the server merges into the query: a cross join of the digits of each number, the highest digit
/// first.
fn cross_join_of_digits(last: u64) -> String {
    let highest = last.checked_sub(1).expect("there is a row");
    let digits = highest.to_string();
    let mut tables = Vec::new();
    let mut terms = Vec::new();
    let mut weight = 1_u64;
    for (index, digit) in digits.chars().rev().enumerate() {
        // The highest digit has only the values that occur; all others have 0 to 9.
        let is_highest = index.saturating_add(1) == digits.len();
        let most = if is_highest { digit } else { '9' };
        let rows: Vec<String> = ('0'..=most).map(|row| format!("ROW({row})")).collect();
        tables.push(format!("(VALUES {}) d{index} (n)", rows.join(",")));
        terms.push(format!("{weight} * d{index}.n"));
        weight = weight.saturating_mul(10);
    }
    // The server varies the last table fastest, so the highest digit comes first.
    tables.reverse();
    let sum = format!("1 + {}", terms.join(" + "));
    // Without the hints the server joins block by block, in an order of its own.
    format!(
        "(SELECT /*+ NO_BNL() JOIN_FIXED_ORDER() */ {sum} AS seq FROM {} WHERE {sum} <= {last}) sequence",
        tables.join(" JOIN "),
    )
}
