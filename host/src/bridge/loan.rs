//! Whose a pool's connection is: a handle that has outlived its loan must not end the statement of the next user.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A connection in the hands of one user. Shared by the connection and the cancel handles of that user.
#[derive(Clone, Default)]
pub(super) struct Loan(Arc<Mutex<Status>>);

#[derive(Default)]
struct Status {
    has_ended: bool,
    /// `KILL QUERY` commands that were begun, and whose reply has not come.
    kills: usize,
}

/// While it is held, a `KILL QUERY` may be on its way.
pub(super) struct Kill<'a>(&'a Loan);

impl Loan {
    /// Nothing if the connection has been given back.
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

    /// Nobody begins a `KILL QUERY` any more. Whether none is on its way, either.
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

impl Drop for Kill<'_> {
    fn drop(&mut self) {
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
    fn its_end_tells_of_a_kill_on_its_way() {
        let loan = Loan::default();
        let handle = loan.clone();
        let kill = handle.begin_kill().unwrap();
        assert!(!loan.end());
        drop(kill);
        assert!(loan.end());
    }
}
