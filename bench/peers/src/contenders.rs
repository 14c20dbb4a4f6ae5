//! Who is measured.
//!
//! Each signs a token for every connection, trusts the server's authority alone, verifies the
//! certificate for the endpoint's name, and resumes TLS sessions, unless it says otherwise.

pub mod bare;
pub mod mysql;
pub mod mysql_async;
pub mod ours;
pub mod sqlx;

use tokio::runtime::Runtime;

/// Somebody who can connect, log in, ask `SELECT 1` and close.
pub trait Contender: Sync {
    fn name(&self) -> &'static str;

    /// Does it so many times, one after the other, on the calling thread.
    fn connect(&self, times: u32);
}

/// Those that are asynchronous get the same runtime: one thread, the caller's.
pub(crate) fn runtime() -> Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().expect("a runtime")
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}
