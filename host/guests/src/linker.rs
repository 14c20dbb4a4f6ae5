//! The functions that give a linker the interfaces.

use wasmtime::component::Linker;

use crate::bindings::rds::mysql::{catalog, client, results, types};
use crate::ctx::{HasRds, RdsCtx};

/// Adds all interfaces of `rds:mysql@0.2.0` to a linker.
///
/// # Errors
///
/// The linker has one of the interfaces already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    ctx: fn(&mut T) -> &mut RdsCtx,
) -> wasmtime::Result<()> {
    client::add_to_linker::<T, HasRds>(linker, ctx)?;
    add_catalog_to_linker(linker, ctx)
}

/// Adds `catalog` and the interfaces that it uses to a linker, without `client`. Guests can then execute the statements
/// that the host has named, and cannot write SQL. A component that imports `client` cannot be instantiated.
///
/// # Errors
///
/// As [`add_to_linker`].
pub fn add_catalog_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    ctx: fn(&mut T) -> &mut RdsCtx,
) -> wasmtime::Result<()> {
    types::add_to_linker::<T, HasRds>(linker, ctx)?;
    results::add_to_linker::<T, HasRds>(linker, ctx)?;
    catalog::add_to_linker::<T, HasRds>(linker, ctx)
}
