//! Results that are read while they are sent.

use rds_bridge::mysql::Connection;

use super::Lease;
use crate::execution::Failure;

impl Lease {
    /// The connection, for statements whose results are read by the caller. From now on, dropping the lease kills the
    /// statement that the connection executes; [`Self::end_reading`] ends that.
    pub(crate) fn begin_reading(&mut self) -> Result<&mut Connection, Failure> {
        let connection = self.connection.as_mut().ok_or(Failure::SessionLost)?;
        self.is_executing = true;
        Ok(connection)
    }

    /// Notes that the connection executes nothing: the last reply was read to its end, or was an error.
    pub(crate) fn end_reading(&mut self) {
        self.is_executing = false;
    }
}
