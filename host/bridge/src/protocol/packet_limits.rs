//! Limits on the size of a reply's packets, by their kind.
//!
//! The protocol allows 1 GiB for each. The limits are what servers send in practice: without them, a hostile server
//! could make the client allocate 1 GiB with any packet.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The largest `max_allowed_packet` of any server, and so of any row.
pub(crate) const MAX_ROW_BYTES: usize = 1 << 30;
/// The range of the limit on a row. At least [`CONTROL_PACKET_LIMIT`], since the packet that ends the rows must fit.
pub(crate) const ROW_LIMITS: RangeInclusive<usize> = CONTROL_PACKET_LIMIT..=MAX_ROW_BYTES;
/// The default `max_allowed_packet` of MySQL 8 and 9, 64 MiB; MariaDB's is 16 MiB.
pub(crate) const DEFAULT_MAX_ROW_BYTES: usize = 64 << 20;
/// The limit on a packet that is not a row: a column definition, an error, the end of a reply. Names have at most 256
/// characters, and messages at most 512 bytes.
pub(crate) const CONTROL_PACKET_LIMIT: usize = 64 << 10;
/// The limit on all column definitions of one result together. Servers allow 4,096 columns.
pub(crate) const DEFINITIONS_LIMIT: usize = 16 << 20;
/// How many results without rows one reply may have. A procedure returns a result for each `SELECT` that it executes.
pub(crate) const EMPTY_RESULTS_LIMIT: u32 = 1 << 20;

/// The caller's limits on reading replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReadLimits {
    /// The limit on a row's payload, within [`ROW_LIMITS`].
    pub(crate) max_row_bytes: usize,
    /// How long a read may wait for the next bytes; `None` waits without limit.
    pub(crate) idle: Option<Duration>,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self {
            max_row_bytes: DEFAULT_MAX_ROW_BYTES,
            idle: None,
        }
    }
}
