//! The loan of a pool's connection to one user. When it ends, the user's cancel handles stop working, so that none of
//! them ends a statement of the next user.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared by the connection and the cancel handles of its user. A connection of no pool has one that never ends.
#[derive(Clone, Default)]
pub(super) struct Loan(Arc<Mutex<Status>>);

#[derive(Default)]
struct Status {
    has_ended: bool,
    /// `KILL QUERY` commands that the server may have received, and has not answered.
    kills: usize,
}

/// A `KILL QUERY` without an answer. Dropped, it stays one: the command may still reach the server.
pub(super) struct Kill<'a>(&'a Loan);

impl Loan {
    /// Call it before the command is sent. `None` if the loan has ended.
    pub(super) fn begin_kill(&self) -> Option<Kill<'_>> {
        let mut status = self.status();
        if status.has_ended {
            return None;
        }
        status.kills = status.kills.saturating_add(1);
        Some(Kill(self))
    }

    pub(super) fn has_ended(&self) -> bool {
        self.status().has_ended
    }

    /// From now on no `KILL QUERY` can begin. Returns whether the server has answered all that did.
    pub(super) fn end(&self) -> bool {
        let mut status = self.status();
        status.has_ended = true;
        status.kills == 0
    }

    /// Nothing panics while it holds the lock.
    fn status(&self) -> MutexGuard<'_, Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kill<'_> {
    /// The server has answered: the command is executed, or refused.
    pub(super) fn answered(self) {
        let mut status = self.0.status();
        status.kills = status.kills.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::Loan;

    #[test]
    fn no_kill_begins_after_its_end() {
        let loan = Loan::default();
        assert!(loan.end());
        assert!(loan.clone().begin_kill().is_none());
    }

    #[test]
    fn its_end_tells_of_a_kill_without_an_answer() {
        let loan = Loan::default();
        let handle = loan.clone();
        let kill = handle.begin_kill().unwrap();
        assert!(!loan.end());
        kill.answered();
        assert!(loan.end());
    }

    /// As when the future of a cancellation is given up, or its connection is lost.
    #[test]
    fn a_kill_that_is_dropped_has_no_answer() {
        let loan = Loan::default();
        assert!(loan.begin_kill().is_some());
        assert!(!loan.end());
    }
}
