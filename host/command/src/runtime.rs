//! The single-threaded runtime of the command.

use super::error::Error;

pub(super) fn block_on<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Check for signals and timers at every pause, even if there is always more to read.
        .event_interval(1)
        .build()
        .map_err(Error::Runtime)?;
    let done = runtime.block_on(future);
    // Do not wait for a resolver that hangs in its thread.
    runtime.shutdown_background();
    done
}
