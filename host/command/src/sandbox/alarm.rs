//! Drives an engine's epoch from the process's timer.

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use rds_bridge::component::TICK;
use rds_bridge::component::wasmtime::Engine;
use signal_hook_registry::{SigId, register, unregister};

/// [`TICK`] in the unit of `setitimer`.
const TICK_MICROSECONDS: libc::suseconds_t = 100_000;
const _: () = assert!(TICK.as_micros() == 100_000);

/// Whether the timer is in use: a process has only one.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Sends `SIGALRM` at every tick until it is dropped. The system or the standard library restarts the calls that it
/// interrupts.
pub(super) struct Alarm(SigId);

impl Alarm {
    /// Returns `None` if the timer is in use or unavailable.
    pub(super) fn start(engine: &Engine) -> Option<Self> {
        if is_blocked() || IS_TAKEN.swap(true, Ordering::Acquire) {
            return None;
        }
        let engine = engine.clone();
        #[expect(
            unsafe_code,
            reason = "a signal handler may call only what is async-signal-safe"
        )]
        // SAFETY: `Engine::increment_epoch` is documented as signal-safe: it increments an atomic number. The engine is
        // dropped where the handler is unregistered, not in the handler.
        let registered = unsafe { register(libc::SIGALRM, move || engine.increment_epoch()) };
        let Ok(id) = registered else {
            IS_TAKEN.store(false, Ordering::Release);
            return None;
        };
        // If the timer cannot be set, dropping the alarm releases the signal and the timer.
        Some(Self(id)).filter(|_| every(TICK_MICROSECONDS).is_ok())
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        // If that fails, a later signal finds no handler registered here.
        let _stopped = every(0);
        unregister(self.0);
        IS_TAKEN.store(false, Ordering::Release);
    }
}

/// Whether `SIGALRM` is blocked, which a process inherits from its parent. If the system does not tell, assume so.
fn is_blocked() -> bool {
    #[expect(unsafe_code, reason = "the system takes a pointer to the result")]
    // SAFETY: pthread_sigmask(3) with a null set changes nothing. If it succeeds, it has written the whole result,
    // which is read only then. A set of zeros is a valid value of that type.
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
    use std::time::Instant;

    use super::*;
    use rds_bridge::aws::Credentials;
    use rds_bridge::component::{self, CallError, ConnectRequest, Fault, Lifetime};

    fn engine() -> component::Engine {
        component::Engine::on_demand().unwrap()
    }

    /// Whether a call is ended that is running when the epoch moves on: calls of one tick's time, one after the other.
    fn is_ended(engine: &component::Engine, ticks: u32) -> bool {
        let of_one_tick = component::Engine::from_component(engine.component(), 1).unwrap();
        let mut instance = of_one_tick.instantiate().unwrap();
        // Signing with it takes most of the time.
        let credentials =
            Credentials::new("akid", "secret").with_session_token(&"/".repeat(65_536));
        let request = || ConnectRequest {
            host: "db.example.com",
            port: 3306,
            region: "us-east-1",
            db_user: "u",
        };
        let lifetime = Lifetime {
            signed_at: 1_724_709_600,
            expires_in_seconds: 900,
        };
        let begun = Instant::now();
        while begun.elapsed() < TICK.saturating_mul(ticks) {
            match instance.steps(&credentials, request(), lifetime) {
                Ok(_) => {}
                Err(CallError::Fault(Fault::Trap(_))) => return true,
                Err(error) => panic!("{error}"),
            }
        }
        false
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
            assert!(Alarm::start(engine().component().engine()).is_none());
            assert!(is_blocked());
        })
        .join()
        .unwrap();
    }

    #[test]
    fn it_ticks_until_it_is_dropped() {
        let engine = engine();
        let wasmtime = engine.component().engine();
        // Another test may have it now.
        let alarm = loop {
            match Alarm::start(wasmtime) {
                Some(alarm) => break alarm,
                None => sleep(TICK),
            }
        };
        assert!(Alarm::start(wasmtime).is_none());
        assert!(is_ended(&engine, 100));
        drop(alarm);
        assert!(!is_ended(&engine, 3));
    }
}
