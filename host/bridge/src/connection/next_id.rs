//! Which id MySQL will give to the next statement that it prepares on a connection.
//!
//! MySQL counts the statements of a connection from 1, those that it refuses to prepare and those of the SQL
//! statement `PREPARE` too, and goes on counting after `COM_RESET_CONNECTION` (observed on 9.7; in the server's
//! source, `Prepared_statement` takes the next value of the session's `statement_id_counter`). So
//! `COM_STMT_EXECUTE` can follow `COM_STMT_PREPARE` before the server has replied to it.
//!
//! A wrong id must not execute anything else. Therefore an id is predicted only while it is higher than every id
//! that the server has given to this connection, and only while nothing can have been prepared that the connection
//! does not know of. A server that gives another id than the one predicted is not asked in this way again.

use super::{Connection, Transport};

/// The id that comes next, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextId {
    /// Exactly this one.
    Is(u32),
    /// This one or a higher one: a procedure may have prepared statements, or a reply was not awaited.
    AtLeast(u32),
    /// The server does not count so, or it is not known to be a MySQL server.
    Unknown,
}

impl NextId {
    /// On a connection on which nothing has been prepared.
    pub(super) const FIRST: Self = Self::Is(1);

    /// The id with which a statement can be executed before the server has said that it is prepared.
    pub(super) fn predicted(self) -> Option<u32> {
        match self {
            Self::Is(id) => Some(id),
            Self::AtLeast(_) | Self::Unknown => None,
        }
    }

    /// A statement is being prepared. Gives what was known before, for [`Self::given`] or [`Self::refused`]: if
    /// the reply is not awaited, neither is called.
    pub(super) fn take(&mut self) -> Self {
        let before = *self;
        self.forget();
        before
    }

    /// Something may have been prepared that the connection does not know of.
    pub(super) fn forget(&mut self) {
        if let Self::Is(id) = *self {
            *self = Self::AtLeast(id);
        }
    }

    /// The server has prepared a statement and has given it this id.
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

    /// The server has refused to prepare a statement. MySQL has counted it.
    pub(super) fn refused(&mut self, before: Self) {
        *self = match before {
            Self::Is(id) => id.checked_add(1).map_or(Self::Unknown, Self::Is),
            other => other,
        };
    }
}

impl<S: Transport> Connection<S> {
    /// From now on a statement may be executed in the flight that prepares it on a MySQL server, too. To be called
    /// before the first statement, and only where the server itself is at the other end: a proxy between may not
    /// take a second command before it has answered the first (ProxySQL closes the connection).
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

    /// A reply that was not awaited leaves the count behind, and the next id that is given puts it right.
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
