//! Prediction of the id that MySQL will assign to the next prepared statement of a connection.
//!
//! MySQL numbers the statements of a connection from 1. It also counts statements that it refuses to prepare and those
//! of the SQL statement `PREPARE`, and does not restart after `COM_RESET_CONNECTION` (observed on 9.7; in the server's
//! source, `Prepared_statement` uses the next value of the session's `statement_id_counter`). With the predicted id,
//! `COM_STMT_EXECUTE` can be sent in the same flight as `COM_STMT_PREPARE`.
//!
//! A wrong prediction must not execute another statement. Therefore an id is predicted only if it is higher than every
//! id that the server has assigned on this connection, and only if no statement can have been prepared without the
//! connection's knowledge. After a wrong prediction, no further ids are predicted.

use super::{Connection, Transport};

/// What is known of the next id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextId {
    /// It is exactly this one.
    Is(u32),
    /// It is this one or a higher one: a procedure may have prepared statements, or a reply was not awaited.
    AtLeast(u32),
    /// Nothing is known: the server does not number statements in this way, or may not be MySQL.
    Unknown,
}

impl NextId {
    /// The next id on a connection on which nothing was prepared.
    pub(super) const FIRST: Self = Self::Is(1);

    /// The predicted id, if there is one.
    pub(super) fn predicted(self) -> Option<u32> {
        match self {
            Self::Is(id) => Some(id),
            Self::AtLeast(_) | Self::Unknown => None,
        }
    }

    /// Notes that a statement is being prepared. Returns the previous value for [`Self::given`] or [`Self::refused`];
    /// if the reply is not awaited, neither of them is called.
    pub(super) fn take(&mut self) -> Self {
        let before = *self;
        self.forget();
        before
    }

    /// Notes that statements may have been prepared without the connection's knowledge.
    pub(super) fn forget(&mut self) {
        if let Self::Is(id) = *self {
            *self = Self::AtLeast(id);
        }
    }

    /// Notes that the server has prepared a statement and has assigned it this id.
    pub(super) fn given(&mut self, before: Self, id: u32) {
        let is_as_counted = match before {
            Self::Is(next) => id == next,
            Self::AtLeast(least) => id >= least,
            Self::Unknown => false,
        };
        *self = match id.checked_add(1) {
            Some(next) if is_as_counted => Self::Is(next),
            _ => Self::Unknown,
        };
    }

    /// Notes that the server has refused to prepare a statement, which MySQL has counted.
    pub(super) fn refused(&mut self, before: Self) {
        *self = match before {
            Self::Is(id) => id.checked_add(1).map_or(Self::Unknown, Self::Is),
            other => other,
        };
    }
}

impl<S: Transport> Connection<S> {
    /// Enables the prediction of ids on MySQL, so that a statement can be executed in the flight that prepares it. Call
    /// it before the first statement, and only if no proxy is in between: a proxy may not accept a second command
    /// before it has answered the first (ProxySQL closes the connection).
    pub(crate) fn predict_statement_ids(&mut self) {
        if !self.can_pipeline_execute {
            self.next_id = NextId::FIRST;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_as_mysql_does() {
        let mut next = NextId::FIRST;
        for id in [1, 2] {
            let before = next.take();
            assert_eq!(next.predicted(), None);
            next.given(before, id);
        }
        let before = next.take();
        next.refused(before);
        assert_eq!(next.predicted(), Some(4));
    }

    #[test]
    fn another_id_ends_it() {
        for (mut next, id) in [
            (NextId::Is(3), 2),
            (NextId::Is(3), 4),
            (NextId::AtLeast(3), 2),
            (NextId::Is(u32::MAX), u32::MAX),
        ] {
            let before = next.take();
            next.given(before, id);
            assert_eq!(next, NextId::Unknown);
            let before = next.take();
            next.given(before, 1);
            assert_eq!(next, NextId::Unknown);
        }
    }

    /// After a reply that was not awaited, the count is too low until the server assigns the next id.
    #[test]
    fn a_lost_count_is_found_again() {
        let mut next = NextId::Is(3);
        next.take();
        next.forget();
        assert_eq!(next, NextId::AtLeast(3));
        let before = next.take();
        next.refused(before);
        assert_eq!(next, NextId::AtLeast(3));
        let before = next.take();
        next.given(before, 7);
        assert_eq!(next.predicted(), Some(8));
    }
}
