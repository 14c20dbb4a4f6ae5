//! The runtime of a command: one thread.

use super::error::Error;

pub(super) fn block_on<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Signals and timers are looked at whenever the command pauses, also where there is always more to read.
        .event_interval(1)
        .build()
        .map_err(Error::Runtime)?;
    let done = runtime.block_on(future);
    // A resolver that hangs in its thread is not waited for.
    runtime.shutdown_background();
    done
}
