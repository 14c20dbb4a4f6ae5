//! What a request may still return of its rows.

use std::num::NonZeroU64;

use super::Failure;

/// What a request may still return of its rows: a number of them, and of their bytes as the server sends them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Allowance {
    rows: Left<u64>,
    bytes: Left<usize>,
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

    /// Takes a row of this length.
    ///
    /// # Errors
    ///
    /// [`Failure::TooManyRows`] or [`Failure::ResultTooLarge`].
    pub(crate) fn take(&mut self, length: usize) -> Result<(), Failure> {
        if let Some(limit) = self.rows.limit {
            let left = self.rows.left.checked_sub(1);
            self.rows.left = left.ok_or(Failure::TooManyRows { limit })?;
        }
        if let Some(limit) = self.bytes.limit {
            let left = self.bytes.left.checked_sub(length);
            self.bytes.left = left.ok_or(Failure::ResultTooLarge { limit })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_bytes_are_taken_until_none_are_left() {
        let mut unlimited = Allowance::new();
        assert!((0..100).all(|_| unlimited.take(usize::MAX).is_ok()));
        let mut rows = Allowance::new().with_rows(NonZeroU64::new(2));
        assert!(rows.take(9).is_ok() && rows.take(0).is_ok());
        let refused = rows.take(0).unwrap_err();
        assert!(matches!(refused, Failure::TooManyRows { limit: 2 }));
        let mut bytes = Allowance::new().with_bytes(Some(5));
        assert!(bytes.take(2).is_ok() && bytes.take(3).is_ok() && bytes.take(0).is_ok());
        let refused = bytes.take(1).unwrap_err();
        assert!(matches!(refused, Failure::ResultTooLarge { limit: 5 }));
    }
}
