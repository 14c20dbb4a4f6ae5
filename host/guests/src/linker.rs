//! The functions that give a linker the interfaces.

use wasmtime::component::{HasData, Linker};

use crate::bindings::rds::mysql::{catalog, client, results, types};
use crate::ctx::RdsCtx;

/// Where [`RdsCtx`] is in the data of a store.
struct HasRds;

impl HasData for HasRds {
    type Data<'a> = &'a mut RdsCtx;
}

/// Gives the guests of a linker all of `rds:mysql@0.2.0`.
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

/// Gives the guests of a linker `catalog` and what it needs, without `client`: they execute the statements that the host
/// has named, and cannot write SQL. A component that imports `client` cannot be instantiated.
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
