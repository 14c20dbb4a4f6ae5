//! Interruption by Ctrl-C or SIGTERM: the statement is ended on the server, where it would otherwise keep running, and
//! no incomplete file is left.
//!
//! The signal handler itself counts the requests. The command has one thread, and while rows arrive without a pause the
//! runtime cannot deliver a signal, so loops over rows call [`check`].

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

use crate::error::Error;
use crate::exit::Exit;

/// How many times the process was asked to end.
static REQUESTS: AtomicUsize = AtomicUsize::new(0);
/// The exit code with which the next request ends the process immediately; below 0, it does not.
static EXIT_CODE: AtomicI32 = AtomicI32::new(-1);

/// After this many requests the process ends unconditionally, because it may be blocked where it does not check them.
#[cfg(unix)]
const MAX_REQUESTS: usize = 3;

/// From now on a request does not end the process by itself, so that temporary files can be removed.
///
/// Catches SIGINT, and SIGTERM where it exists. Not SIGHUP, which must stay ignored under `nohup`.
pub(crate) fn catch() -> Result<(), Error> {
    #[cfg(unix)]
    {
        use std::sync::OnceLock;
        static CAUGHT: OnceLock<()> = OnceLock::new();
        if CAUGHT.set(()).is_ok() {
            for number in [libc::SIGINT, libc::SIGTERM] {
                #[expect(
                    unsafe_code,
                    reason = "a signal handler may call only what is async-signal-safe"
                )]
                // SAFETY: the handler uses only what is async-signal-safe: atomics, and _exit(2).
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
    let exit = match number {
        MAX_REQUESTS.. => Exit::Interrupted as i32,
        _ => EXIT_CODE.load(Ordering::SeqCst),
    };
    if exit >= 0 {
        #[expect(unsafe_code, reason = "nothing else ends a process from a handler")]
        // SAFETY: _exit(2) is async-signal-safe, and accepts any number.
        unsafe {
            libc::_exit(exit)
        }
    }
}

/// From now on a request ends the process immediately, with this exit code: only messages are left to print, which may
/// block on a terminal.
pub(crate) fn release(exit: Exit) {
    EXIT_CODE.store(exit as i32, Ordering::SeqCst);
}

/// Whether the process was asked to end.
#[inline]
pub(crate) fn is_requested() -> bool {
    REQUESTS.load(Ordering::Relaxed) > 0
}

/// Fails if the process was asked to end. For loops that may not yield to the runtime.
#[inline]
pub(crate) fn check() -> Result<(), Error> {
    if is_requested() {
        Err(Error::Interrupted)
    } else {
        Ok(())
    }
}

/// Waits until the process was asked to end this many times.
pub(crate) async fn requested(number: usize) {
    #[cfg(unix)]
    if catch().is_ok()
        && let Ok(mut interrupt) = signal(SignalKind::interrupt())
        && let Ok(mut terminate) = signal(SignalKind::terminate())
    {
        // The count also includes requests from before these streams existed.
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

/// Runs a future until it completes or the process is asked to end. For work that needs no clean-up on the server.
///
/// The future is on the heap: otherwise the command's future would contain, clear and move its bytes three times.
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
