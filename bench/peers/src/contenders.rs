//! The contenders: the clients that are measured.
//!
//! Unless it says otherwise, each signs a token for every connection, trusts only the server's authority, verifies the
//! certificate for the endpoint's name, and resumes TLS sessions.

pub mod bare;
pub mod mysql;
pub mod mysql_async;
pub mod ours;
pub mod sqlx;

use tokio::runtime::Runtime;

/// A client that can connect, log in, execute `SELECT 1` and close the connection.
pub trait Contender: Sync {
    fn name(&self) -> &'static str;

    /// Does all that `times` times, sequentially on the calling thread.
    fn connect(&self, times: u32);
}

/// The runtime of all asynchronous contenders. It runs on the calling thread only.
pub fn runtime() -> Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().expect("a runtime")
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}
