//! The system's timer as an engine's ticker.

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use rds_bridge::component::TICK;
use rds_bridge::component::wasmtime::Engine;
use signal_hook_registry::{SigId, register, unregister};

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
        let engine = engine.clone();
        #[expect(unsafe_code, reason = "a signal's handler may do but little")]
        // SAFETY: `Engine::increment_epoch` is safe in a handler, as its documentation says: it adds to an atomic
        // number. The engine is not dropped in the handler, but where the handler is unregistered.
        let registered = unsafe { register(libc::SIGALRM, move || engine.increment_epoch()) };
        let Ok(id) = registered else {
            IS_TAKEN.store(false, Ordering::Release);
            return None;
        };
        // Where the timer cannot be set, dropping the alarm gives back the signal and the timer.
        Some(Self(id)).filter(|_| every(TICK_MICROSECONDS).is_ok())
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        // A timer that goes on all the same has no handler.
        let _stopped = every(0);
        unregister(self.0);
        IS_TAKEN.store(false, Ordering::Release);
    }
}

/// A process inherits blocked signals from its parent. Where the system does not answer, the signal counts as blocked.
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
