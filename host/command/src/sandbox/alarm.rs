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
        let engine = engine.clone();
        #[expect(unsafe_code, reason = "a signal's handler may do but little")]
        // SAFETY: `Engine::increment_epoch` is safe in a handler, as its documentation says: it adds to an atomic
        // number.
        unsafe {
            Self::every_tick(move || engine.increment_epoch())
        }
    }

    /// # Safety
    ///
    /// It is called by the signal's handler, and may do only what signal-safety(7) allows. It is dropped elsewhere.
    #[expect(unsafe_code, reason = "a signal's handler may do but little")]
    unsafe fn every_tick(tick: impl Fn() + Send + Sync + 'static) -> Option<Self> {
        if is_blocked() || IS_TAKEN.swap(true, Ordering::Acquire) {
            return None;
        }
        // SAFETY: as the caller says.
        let registered = unsafe { register(libc::SIGALRM, tick) };
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
    use std::sync::atomic::AtomicU32;
    use std::thread::sleep;

    use super::*;
    use rds_bridge::component;

    fn engine() -> Engine {
        component::Engine::on_demand().unwrap().wasmtime().clone()
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
            assert!(Alarm::start(&engine()).is_none());
            assert!(is_blocked());
        })
        .join()
        .unwrap();
    }

    #[test]
    fn it_ticks_until_it_is_dropped() {
        static TICKS: AtomicU32 = AtomicU32::new(0);
        // Another test may have it now.
        let alarm = loop {
            #[expect(unsafe_code, reason = "a signal's handler may do but little")]
            // SAFETY: it adds to an atomic number.
            let started = unsafe {
                Alarm::every_tick(|| {
                    TICKS.fetch_add(1, Ordering::Relaxed);
                })
            };
            match started {
                Some(alarm) => break alarm,
                None => sleep(TICK),
            }
        };
        assert!(Alarm::start(&engine()).is_none());
        sleep(TICK.saturating_mul(3));
        drop(alarm);
        let ticks = TICKS.load(Ordering::Relaxed);
        assert_ne!(ticks, 0);
        sleep(TICK.saturating_mul(3));
        assert_eq!(TICKS.load(Ordering::Relaxed), ticks);
    }
}
