//! Ctrl-C, or the system's request to end (SIGTERM): the statement is ended on the server, where it would otherwise go
//! on, nothing is kept, and no file is left half-written.
//!
//! Requests are counted by the signals' handler itself. A command has one thread, and while rows come without a pause
//! the runtime does not get to deliver a signal: what loops over rows asks [`check`].

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

use crate::error::Error;
use crate::exit::Exit;

/// How often the process was asked to end.
static REQUESTS: AtomicUsize = AtomicUsize::new(0);
/// The exit code with which the next request ends the process at once; below 0, it does not.
static AT_ONCE: AtomicI32 = AtomicI32::new(-1);

/// Requests after which the process ends whatever it does: it may wait where no request reaches it.
#[cfg(unix)]
const PATIENCE: usize = 3;

/// From here on a request does not end the process by itself, so that what is in place can be taken away.
///
/// SIGINT, and SIGTERM where there is one. Not SIGHUP: `nohup` has it ignored, and it is to stay so.
pub(crate) fn catch() -> Result<(), Error> {
    #[cfg(unix)]
    {
        use std::sync::OnceLock;
        static CAUGHT: OnceLock<()> = OnceLock::new();
        if CAUGHT.set(()).is_ok() {
            for number in [libc::SIGINT, libc::SIGTERM] {
                #[expect(unsafe_code, reason = "a signal's handler may do but little")]
                // SAFETY: the handler calls what is async-signal-safe alone: atomics, and _exit(2).
                let caught = unsafe { signal_hook_registry::register(number, request) };
                caught.map_err(Error::Runtime)?;
            }
        }
    }
    Ok(())
}

#[cfg(unix)]
fn request() {
    let number = REQUESTS.fetch_add(1, Ordering::SeqCst).saturating_add(1);
    let at_once = AT_ONCE.load(Ordering::SeqCst);
    let exit = match number {
        PATIENCE.. => Exit::Interrupted as i32,
        _ => at_once,
    };
    if exit >= 0 {
        #[expect(unsafe_code, reason = "nothing else ends a process from a handler")]
        // SAFETY: _exit(2) is async-signal-safe, and takes any number.
        unsafe {
            libc::_exit(exit)
        }
    }
}

/// From here on a request ends the process at once, with this exit code: all is done but for what is still to be said,
/// which may wait for a terminal.
pub(crate) fn release(exit: Exit) {
    AT_ONCE.store(exit as i32, Ordering::SeqCst);
}

/// Whether the process was asked to end.
#[inline]
pub(crate) fn is_requested() -> bool {
    REQUESTS.load(Ordering::Relaxed) > 0
}

/// For loops that may not pause.
#[inline]
pub(crate) fn check() -> Result<(), Error> {
    match is_requested() {
        true => Err(Error::Interrupted),
        false => Ok(()),
    }
}

/// Waits until the process was asked to end so many times.
pub(crate) async fn requested(number: usize) {
    #[cfg(unix)]
    if catch().is_ok()
        && let Ok(mut interrupt) = signal(SignalKind::interrupt())
        && let Ok(mut terminate) = signal(SignalKind::terminate())
    {
        // Those that came before these were listened to are counted.
        while REQUESTS.load(Ordering::SeqCst) < number {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        return;
    }
    while tokio::signal::ctrl_c().await.is_ok() {
        if REQUESTS.fetch_add(1, Ordering::SeqCst).saturating_add(1) >= number {
            return;
        }
    }
    std::future::pending().await
}

/// Where nothing has to be ended on a server.
///
/// On the heap: a command's future would have the room of this one three times, and clear and move it.
pub(crate) fn or_interrupted<'f, T: 'f>(
    future: impl Future<Output = T> + 'f,
) -> impl Future<Output = Result<T, Error>> + 'f {
    let future = Box::pin(future);
    async {
        tokio::select! {
            biased;
            done = future => Ok(done),
            () = requested(1) => Err(Error::Interrupted),
        }
    }
}
