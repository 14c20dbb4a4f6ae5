//! How large a packet of a reply may be, by its kind.
//!
//! The protocol itself allows 1 GiB for each. A server is believed only what servers send: without a limit
//! of its own, one that is hostile could make a client allocate by as much with every packet.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The most that `max_allowed_packet` can be on any server, so no row is larger.
pub(crate) const MAX_ROW_BYTES: usize = 1 << 30;
/// What the limit on a row may be. What ends the rows has to be read, too.
pub(crate) const ROW_LIMITS: RangeInclusive<usize> = CONTROL_PACKET_LIMIT..=MAX_ROW_BYTES;
/// What `max_allowed_packet` is by default: of MySQL 8 and 9 64 MiB, of MariaDB 16 MiB.
pub(crate) const DEFAULT_MAX_ROW_BYTES: usize = 64 << 20;
/// Of a packet that is not a row: a column definition, an error, the end of a reply. Names have at most 256
/// characters and messages 512 bytes.
pub(crate) const CONTROL_PACKET_LIMIT: usize = 64 << 10;
/// Of all column definitions of one result. Servers allow 4,096 columns.
pub(crate) const DEFINITIONS_LIMIT: usize = 16 << 20;
/// Results of one reply that may have no rows: a procedure gives one for each `SELECT` that it executes.
pub(crate) const EMPTY_RESULTS_LIMIT: u32 = 1 << 20;

/// What a caller limits in reading replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReadLimits {
    /// Within [`ROW_LIMITS`].
    pub(crate) max_row_bytes: usize,
    /// How long nothing may come; for ever without it.
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
