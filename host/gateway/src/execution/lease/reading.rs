//! Results that are read while they are sent.

use rds_bridge::ErrorKind;
use rds_bridge::mysql::Connection;

use super::Lease;
use crate::execution::Failure;
use crate::execution::leaves_nothing::leaves_nothing;

impl Lease {
    /// The connection, for statements whose results are read by the caller. From now on, dropping the lease kills the
    /// statement that the connection executes; [`Self::end_reading`] ends that.
    pub(crate) fn begin_reading<'s>(
        &mut self,
        statements: impl IntoIterator<Item = &'s str>,
    ) -> Result<&mut Connection, Failure> {
        let connection = self.connection.as_mut().ok_or(Failure::SessionLost)?;
        if !statements.into_iter().all(leaves_nothing) {
            connection.reset_when_dropped();
        }
        self.is_executing = true;
        Ok(connection)
    }

    /// Notes that the connection executes nothing: the last reply was read to its end.
    pub(crate) fn end_reading(&mut self) {
        self.is_executing = false;
    }

    /// Notes that the last reply was an error. After the silence of a server that is still there, the statement may be
    /// running.
    pub(crate) fn end_reading_after(&mut self, failure: &Failure) {
        self.is_executing = may_be_running(failure);
    }
}

fn may_be_running(failure: &Failure) -> bool {
    match failure {
        Failure::Database(error) => matches!(error.kind(), ErrorKind::Timeout(_)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rds_bridge::{Error, Stage};

    use super::*;

    #[test]
    fn a_silent_server_may_be_executing() {
        let failure = |kind| Failure::Database(Error::new(Stage::Rows, kind));
        let silent = ErrorKind::Timeout(Duration::from_secs(1));
        assert!(may_be_running(&failure(silent)));
        assert!(!may_be_running(&failure(ErrorKind::Closed)));
    }
}
