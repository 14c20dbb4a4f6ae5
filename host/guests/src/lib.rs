//! MySQL databases for the guests of a Wasmtime host, by name and without credentials.
//!
//! A host adds the package `rds:mysql` to its linker. Its guests then open a database by a name that the host has
//! granted. The host has the endpoint, the credentials and TLS; the guest has none of them.
//!
//! ```no_run
//! use rds_bridge::pool::Pool;
//! use rds_bridge_guests::{Databases, Grant, RdsCtx, Statements, Tenant, add_to_linker};
//! use wasmtime::component::Linker;
//! use wasmtime::{Engine, Store};
//!
//! /// What the store of a guest has.
//! struct State {
//!     rds: RdsCtx,
//! }
//!
//! # fn host(pool: Pool) -> Result<(), Box<dyn std::error::Error>> {
//! // Once for the process. The credentials stay in the pool.
//! let databases = Databases::new().with("orders", pool);
//! let engine = Engine::default();
//! let mut linker = Linker::<State>::new(&engine);
//! add_to_linker(&mut linker, |state| &mut state.rds)?;
//!
//! // Once for each tenant.
//! let mut grant = Grant::new("orders", Statements::Any);
//! grant.max_sessions = Some(2);
//! grant.max_bytes = std::num::NonZeroU64::new(8 << 20);
//! grant.max_seconds = std::num::NonZeroU32::new(5);
//! let tenant = Tenant::new(&databases, [grant])?;
//!
//! // Once for each call of a guest.
//! let store = Store::new(&engine, State { rds: RdsCtx::new(&tenant) });
//! # drop(store);
//! # Ok(())
//! # }
//! ```
//!
//! The functions wait for the server, so the host must call its guests with Wasmtime's `async` functions
//! (`instantiate_async`, `call_async`). The guests need not be asynchronous. `rds:mysql` does not depend on WASI.
//!
//! | | |
//! |---|---|
//! | [`Databases`] | pools by name, and the statements that the host has named |
//! | [`Tenant`] | the owner of guests: its grants, and their limits on all of its guests together |
//! | [`RdsCtx`] | the state of one store |
//! | [`add_to_linker`], [`add_catalog_to_linker`] | the interfaces: all of them, or only named statements |
//! | [`spin`] | Spin's interface, for existing guests |
//! | `p3` | interfaces with asynchronous functions: an experiment, behind the feature `p3` |
//! | [`epoch`] | a deadline that does not count the time for which a guest waits |
//!
//! This crate's API contains Wasmtime's types, so that a host must use the same release of Wasmtime: 48, which is
//! supported until August 2028.
//!
//! # What the host must decide
//!
//! - *What the database user may do.* A read-only session is only a guard rail: a guest that writes SQL can undo
//!   it. Limit the guest by the user's GRANT, by [`Statements::Named`](Statements), or by `catalog` without `client`.
//! - *How much*: connections, statements, rows, bytes and seconds of each [`Grant`]; handles, batches and statements of
//!   each [`RdsCtx`]. The memory of the guest itself is the store's limit
//!   ([`wasmtime::Store::limiter`]); values that a guest passes are bounded by
//!   [`wasmtime::Store::set_hostcall_fuel`].
//! - *What becomes of the errors* that a guest does not learn: [`Tenant::on_error`].

mod accounts;
mod address;
mod bindings;
mod calls;
mod catalog;
mod columnar;
mod connection;
mod ctx;
mod databases;
pub mod epoch;
mod failure;
mod granted;
mod handles;
mod linker;
#[cfg(feature = "p3")]
pub mod p3;
mod rows;
mod session;
mod shape;
pub mod spin;
mod statement;
#[cfg(feature = "p3")]
mod streams;
mod tenant;
mod tenant_error;
mod transaction;
mod types;
mod values;
mod waited;

pub use ctx::RdsCtx;
pub use databases::Databases;
pub use linker::{add_catalog_to_linker, add_to_linker};
pub use rds_bridge_access::{Access, Grant, Statement, Statements};
pub use tenant::{HiddenError, Tenant};
pub use tenant_error::TenantError;
