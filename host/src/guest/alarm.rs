//! The system's timer as an engine's ticker.

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook_registry::{SigId, register, unregister};
use wasmtime::Engine;

use super::limits::TICK;

/// [`TICK`], as the system takes it.
const TICK_MICROSECONDS: libc::suseconds_t = 100_000;
const _: () = assert!(TICK.as_micros() == 100_000);

/// A process has one timer of this kind.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// `SIGALRM` at every tick until it is dropped, whatever the process does meanwhile. What it interrupts, the system
/// or the standard library begins once more.
pub(super) struct Alarm(SigId);

impl Alarm {
    /// None if the timer is taken, or cannot be had.
    pub(super) fn start(engine: &Engine) -> Option<Self> {
        if is_blocked() || IS_TAKEN.swap(true, Ordering::Acquire) {
            return None;
        }
        let started = Self::register(engine);
        if started.is_none() {
            IS_TAKEN.store(false, Ordering::Release);
        }
        started
    }

    fn register(engine: &Engine) -> Option<Self> {
        let engine = engine.clone();
        #[expect(unsafe_code, reason = "a signal's handler may do but little")]
        // SAFETY: `Engine::increment_epoch` is safe in a handler, as its documentation says: it adds to an atomic
        // number. The engine is not dropped there, but by who unregisters the handler.
        let registered = unsafe { register(libc::SIGALRM, move || engine.increment_epoch()) };
        let alarm = registered.ok()?;
        match every(TICK_MICROSECONDS) {
            Ok(()) => Some(Self(alarm)),
            Err(_) => {
                unregister(alarm);
                None
            }
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        // If it goes on all the same, nobody hears it.
        let _stopped = every(0);
        unregister(self.0);
        IS_TAKEN.store(false, Ordering::Release);
    }
}

/// Whoever has started this process may not let it hear the signal: that is inherited. Where it cannot be told, it is
/// taken for blocked.
fn is_blocked() -> bool {
    #[expect(unsafe_code, reason = "the system takes a pointer to the answer")]
    // SAFETY: pthread_sigmask(3): without a set nothing is changed, and it writes a whole set where it succeeds, which
    // alone is looked at then; a set of zeros is a value of that type.
    unsafe {
        let mut blocked: libc::sigset_t = std::mem::zeroed();
        libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), &raw mut blocked) != 0
            || libc::sigismember(&raw const blocked, libc::SIGALRM) != 0
    }
}

/// Sets the timer; 0 stops it.
fn every(microseconds: libc::suseconds_t) -> io::Result<()> {
    let interval = libc::timeval {
        tv_sec: 0,
        tv_usec: microseconds,
    };
    let timer = libc::itimerval {
        it_interval: interval,
        it_value: interval,
    };
    #[expect(unsafe_code, reason = "the system takes a pointer to the setting")]
    // SAFETY: setitimer(2): it reads what the first pointer points to, and writes nothing where the second is null.
    let done = unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, ptr::null_mut()) };
    match done {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;
    use crate::guest::engine_config::engine_config;
    use crate::guest::machine_code::MachineCode;
    use crate::guest::{Engine, Guest};

    /// Whether a call that had a tick's time when this began would be ended by now.
    fn ticks(guest: &mut Guest) -> bool {
        guest.store.set_epoch_deadline(1);
        sleep(TICK.saturating_mul(3));
        let (functions, store) = guest.presign_functions().unwrap();
        functions.call_inspect(store, "").is_err()
    }

    #[test]
    fn where_the_signal_is_blocked_it_does_not_start() {
        std::thread::spawn(|| {
            assert!(!is_blocked());
            #[expect(unsafe_code, reason = "the system takes a pointer to a set")]
            // SAFETY: pthread_sigmask(3): a set that was made empty, with one signal in it, for this thread alone.
            unsafe {
                let mut blocked: libc::sigset_t = std::mem::zeroed();
                libc::sigemptyset(&raw mut blocked);
                libc::sigaddset(&raw mut blocked, libc::SIGALRM);
                libc::pthread_sigmask(libc::SIG_BLOCK, &raw const blocked, ptr::null_mut());
            }
            let engine = wasmtime::Engine::new(&engine_config()).unwrap();
            assert!(Alarm::start(&engine).is_none());
            assert!(is_blocked());
        })
        .join()
        .unwrap();
    }

    #[test]
    fn it_ticks_until_it_is_dropped() {
        let mut config = engine_config();
        let machine_code = MachineCode::choose(&mut config);
        let engine = wasmtime::Engine::new(&config).unwrap();
        let component = machine_code.load(&engine).unwrap();
        let guest = || Engine::from_component(&component, 1).unwrap().instantiate();
        // Another test may have it now.
        let alarm = loop {
            match Alarm::start(&engine) {
                Some(alarm) => break alarm,
                None => sleep(TICK),
            }
        };
        assert!(Alarm::start(&engine).is_none());
        assert!(ticks(&mut guest().unwrap()));
        drop(alarm);
        assert!(!ticks(&mut guest().unwrap()));
    }
}
