//! The interfaces with asynchronous functions, `rds:mysql@0.3.0`: an experiment, behind the feature `p3`.
//!
//! A guest that imports them executes statements on several connections at the same time, and reads rows as a `stream`.
//! The databases, grants, limits and errors are those of [`add_to_linker`](crate::add_to_linker), and a linker may have
//! both versions. The guest's exports that call them should be `async` functions, which the host calls in
//! [`Store::run_concurrent`](wasmtime::Store::run_concurrent).
//!
//! Wasmtime 48 calls its support for asynchronous components very incomplete
//! ([`Config::wasm_component_model_async`](wasmtime::Config::wasm_component_model_async)). Therefore a minor release of
//! this crate may change this module.

mod bindings;
mod calls;
mod catalog;
mod connection;
mod rows;
pub mod spin;
mod stream;
mod transaction;

use wasmtime::component::Linker;

use crate::ctx::{HasRds, RdsCtx};
use bindings::rds::mysql::{catalog as catalog_interface, client, results};

/// The interface that has no functions, and whose types are those of 0.2.
const TYPES: &str = "rds:mysql/types@0.3.0";

/// Adds all interfaces of `rds:mysql@0.3.0` to a linker.
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

/// Adds `catalog` and the interfaces that it uses to a linker, without `client`, as
/// [`add_catalog_to_linker`](crate::add_catalog_to_linker) does.
///
/// # Errors
///
/// As [`add_to_linker`].
pub fn add_catalog_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    ctx: fn(&mut T) -> &mut RdsCtx,
) -> wasmtime::Result<()> {
    linker.instance(TYPES)?;
    results::add_to_linker::<T, HasRds>(linker, ctx)?;
    catalog_interface::add_to_linker::<T, HasRds>(linker, ctx)
}
