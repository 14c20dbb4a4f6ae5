//! Capability flags that `mysql_common` does not name, and the flags that this crate never uses.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html>

use super::CapabilityFlags;

/// `MULTI_FACTOR_AUTHENTICATION`
pub const MULTI_FACTOR_AUTHENTICATION: CapabilityFlags =
    CapabilityFlags::from_bits_retain(0x1000_0000);

/// The flags that neither side of this crate sets, whatever it is asked for: it cannot compress packets, and it answers
/// one factor.
pub const UNSUPPORTED: CapabilityFlags = CapabilityFlags::CLIENT_COMPRESS
    .union(CapabilityFlags::CLIENT_ZSTD_COMPRESSION_ALGORITHM)
    .union(MULTI_FACTOR_AUTHENTICATION);

/// Whether a peer with these capabilities sends MariaDB's extended ones, too. MariaDB calls the first bit
/// `CLIENT_MYSQL`, and MySQL `CLIENT_LONG_PASSWORD`: every MySQL sets it, and a MariaDB that extends the protocol does
/// not.
///
/// Source: MariaDB, "Connection", "Initial Handshake Packet".
#[must_use]
pub fn sends_mariadb_capabilities(capabilities: CapabilityFlags) -> bool {
    !capabilities.contains(CapabilityFlags::CLIENT_LONG_PASSWORD)
}
