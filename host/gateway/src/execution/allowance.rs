//! What a request may still return of its rows.

use std::num::NonZeroU64;

use super::{Failure, RowCount};

/// What a row costs in memory beside the bytes that the server sends, in bytes.
const ROW: usize = 64;
/// What a value costs likewise. A NULL has one bit, or one byte, as the server sends it.
const VALUE: usize = 16;

/// What a request may still return of its rows: a number of them, and of their bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowance {
    rows: Left<u64>,
    bytes: Left<usize>,
    /// Whether each row, and each value, costs memory beside the bytes that the server sends.
    is_held: bool,
    /// The rows that were taken.
    taken: RowCount,
}

/// A limit, and what is left of it. `None` is unlimited.
#[derive(Clone, Copy, Debug, Default)]
struct Left<N> {
    limit: Option<N>,
    left: N,
}

impl Allowance {
    /// Without a limit.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn with_rows(mut self, limit: Option<NonZeroU64>) -> Self {
        let limit = limit.map(NonZeroU64::get);
        self.rows = Left {
            limit,
            left: limit.unwrap_or_default(),
        };
        self
    }

    pub(crate) fn with_bytes(mut self, limit: Option<usize>) -> Self {
        self.bytes = Left {
            limit,
            left: limit.unwrap_or_default(),
        };
        self
    }

    /// Adds the rows that are taken to this number.
    pub(crate) fn counted(mut self, taken: &RowCount) -> Self {
        self.taken = taken.clone();
        self
    }

    /// The rows are held in memory.
    pub(crate) fn held(mut self) -> Self {
        self.is_held = true;
        self
    }

    /// Takes a row with this number of values, and this length as the server sends it.
    ///
    /// # Errors
    ///
    /// [`Failure::TooManyRows`] or [`Failure::ResultTooLarge`].
    pub(crate) fn take(&mut self, length: usize, values: usize) -> Result<(), Failure> {
        if let Some(limit) = self.rows.limit {
            let left = self.rows.left.checked_sub(1);
            self.rows.left = left.ok_or(Failure::TooManyRows { limit })?;
        }
        if let Some(limit) = self.bytes.limit {
            let length = match self.is_held {
                true => values
                    .saturating_mul(VALUE)
                    .saturating_add(ROW)
                    .saturating_add(length),
                false => length,
            };
            let left = self.bytes.left.checked_sub(length);
            self.bytes.left = left.ok_or(Failure::ResultTooLarge { limit })?;
        }
        self.taken.add_one();
        Ok(())
    }

    /// Checks the length of what was written of the rows, which is held in memory.
    ///
    /// # Errors
    ///
    /// [`Failure::ResultTooLarge`].
    pub(crate) fn check_written(&self, length: usize) -> Result<(), Failure> {
        match self.bytes.limit {
            Some(limit) if length > limit => Err(Failure::ResultTooLarge { limit }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_bytes_are_taken_until_none_are_left() {
        let mut unlimited = Allowance::new();
        assert!((0..100).all(|_| unlimited.take(usize::MAX, 9).is_ok()));
        let mut rows = Allowance::new().with_rows(NonZeroU64::new(2));
        assert!(rows.take(9, 1).is_ok() && rows.take(0, 1).is_ok());
        let refused = rows.take(0, 1).unwrap_err();
        assert!(matches!(refused, Failure::TooManyRows { limit: 2 }));
        let mut bytes = Allowance::new().with_bytes(Some(5));
        assert!(bytes.take(2, 9).is_ok() && bytes.take(3, 9).is_ok() && bytes.take(0, 9).is_ok());
        let refused = bytes.take(1, 9).unwrap_err();
        assert!(matches!(refused, Failure::ResultTooLarge { limit: 5 }));
        assert!(bytes.check_written(5).is_ok() && bytes.check_written(6).is_err());
    }

    /// 1,000 NULLs are 125 bytes of the binary protocol.
    #[test]
    fn a_row_of_nulls_that_is_held_costs_memory() {
        let limit = Allowance::new().with_bytes(Some(10_000));
        let (mut streamed, mut held) = (limit.clone(), limit.held());
        assert!(streamed.take(125, 1_000).is_ok());
        assert!(held.take(125, 1_000).is_err());
        assert!(held.take(125, 100).is_ok());
    }
}
