//! Spin's MySQL interface with asynchronous functions, `spin:mysql@3.0.0`, for guests that were written for Spin.
//!
//! An address selects one of the databases that the host has granted, and values have the types that
//! [`crate::spin`] describes. The rows stream: they are not held in memory as a whole. An error behind rows, and every
//! refused statement, reaches the guest as an error.

mod bindings;
mod connection;

use wasmtime::component::Linker;

use crate::ctx::{HasRds, RdsCtx};
use bindings::spin::mysql::mysql;

/// Adds `spin:mysql@3.0.0` to a linker.
///
/// # Errors
///
/// The linker has the interface already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    ctx: fn(&mut T) -> &mut RdsCtx,
) -> wasmtime::Result<()> {
    mysql::add_to_linker::<T, HasRds>(linker, ctx)
}
