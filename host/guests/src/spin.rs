//! Spin's MySQL interface, for guests that were written for Spin.
//!
//! A guest of Spin opens a connection by an address, in which it expects a host, a user and a password. Here the address
//! only selects one of the databases that the host has granted: its host is the database's name (`mysql://orders`), or
//! the address is mapped to a name by [`RdsCtx::spin_address`]. The rest of it is ignored. An address with a password
//! is refused, unless [`RdsCtx::ignore_guest_password`] is called. No error message contains the address.
//!
//! Spin's types have no case for `DECIMAL`, `YEAR`, `BIT`, `JSON`, dates and times. In Spin a query for them fails. Here
//! they are returned as `str` (digits, ISO dates, JSON), `BIT` as `uint64`, geometry and vectors as `binary`; the type of
//! such a column is `other`.

pub(crate) mod bindings;
mod connection;
pub(crate) mod error;
mod query;
#[cfg(feature = "p3")]
pub(crate) mod shape;
mod traps;
pub(crate) mod values;

use wasmtime::component::Linker;

use crate::ctx::{HasRds, RdsCtx};
use bindings::fermyon::spin::{mysql, rdbms_types};
pub use traps::add_traps_to_linker;

/// Adds `fermyon:spin/mysql@2.0.0` to a linker.
///
/// # Errors
///
/// The linker has the interface already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    ctx: fn(&mut T) -> &mut RdsCtx,
) -> wasmtime::Result<()> {
    rdbms_types::add_to_linker::<T, HasRds>(linker, ctx)?;
    mysql::add_to_linker::<T, HasRds>(linker, ctx)
}
