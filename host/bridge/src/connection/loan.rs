//! The loan of a pool's connection to one user. When it ends, the user's cancel handles stop working, so that none of
//! them ends a statement of the next user.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A loan, shared by the connection and its user's cancel handles. That of a connection outside of a pool never ends.
#[derive(Clone, Default)]
pub(super) struct Loan(Arc<Mutex<Status>>);

#[derive(Default)]
struct Status {
    has_ended: bool,
    /// How many `KILL QUERY` commands may have reached the server, and have no reply.
    kills: usize,
}

/// A `KILL QUERY` without a reply. If this is dropped, it still counts: the command may reach the server later.
pub(super) struct Kill<'a>(&'a Loan);

impl Loan {
    /// Notes a `KILL QUERY`. It is called before the command is sent. Returns `None` if the loan has ended.
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

    /// Ends the loan: no further `KILL QUERY` can begin. Returns whether the server has replied to every earlier one.
    pub(super) fn end(&self) -> bool {
        let mut status = self.status();
        status.has_ended = true;
        status.kills == 0
    }

    /// A poisoned lock is used as it is, since no code panics while it holds the lock.
    fn status(&self) -> MutexGuard<'_, Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kill<'_> {
    /// Notes the server's reply: the command was executed or refused.
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

    /// This happens if the future of a cancellation is dropped, or its connection is lost.
    #[test]
    fn a_kill_that_is_dropped_has_no_answer() {
        let loan = Loan::default();
        assert!(loan.begin_kill().is_some());
        assert!(!loan.end());
    }
}
