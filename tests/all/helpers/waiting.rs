//! Waiting for what another process does at its own pace.

use std::time::Duration;

use rds_bridge_test_support::server::Server;

/// With the pauses between them, the attempts take a minute at the least.
const ATTEMPTS: u32 = 3_000;
const PAUSE: Duration = Duration::from_millis(20);

/// Attempts until one succeeds, and returns its result. An attempt that fails returns what it has observed: the last
/// observation is the message of the panic after too many attempts.
#[track_caller]
pub(crate) fn until<T>(mut attempt: impl FnMut() -> Result<T, String>) -> T {
    let mut observed = String::new();
    for _ in 0..ATTEMPTS {
        match attempt() {
            Ok(result) => return result,
            Err(observation) => observed = observation,
        }
        std::thread::sleep(PAUSE);
    }
    panic!("after {ATTEMPTS} attempts: {observed}");
}

/// Waits until a server executes a statement with these words on a connection. Meanwhile, other tasks run.
pub(crate) async fn until_executing(server: &Server, connection_id: u32, words: &str) {
    let sql = format!("SELECT info FROM information_schema.processlist WHERE id = {connection_id}");
    let mut executing = String::new();
    for _ in 0..ATTEMPTS {
        executing = server.execute_as_admin(&sql);
        if executing.contains(words) {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("after {ATTEMPTS} attempts, connection {connection_id} executes: {executing}");
}
