//! Epoch deadlines that do not count the time for which a guest waits for the server.

use std::time::Duration;

use wasmtime::{Store, UpdateDeadline};

use crate::ctx::RdsCtx;

/// Stops the guest after a number of ticks of the engine's epoch, not counting those for which its calls waited for
/// the server.
///
/// Wasmtime checks the deadline when the guest runs again. After a query of ten seconds, a guest that has computed for
/// only a millisecond would therefore have exceeded its deadline. This function sets the deadline. Each time the guest
/// reaches it, the function extends it by the ticks for which the guest has waited since. If the guest has not waited,
/// it traps ([`wasmtime::Trap::Interrupt`]). `tick` is the interval at which the host calls
/// [`Engine::increment_epoch`](wasmtime::Engine::increment_epoch). The engine needs
/// [`Config::epoch_interruption`](wasmtime::Config::epoch_interruption).
///
/// An asynchronous guest can compute while a statement is pending, and that time is not counted either.
///
/// To limit the whole time of a request, waiting included, drop the future of the guest's call when that time
/// has passed.
pub fn count_only_own_time<T: Send + 'static>(
    store: &mut Store<T>,
    ticks: u64,
    tick: Duration,
    ctx: fn(&mut T) -> &mut RdsCtx,
) {
    store.set_epoch_deadline(ticks);
    let (mut waited, mut given_back) = (Duration::ZERO, 0_u64);
    store.epoch_deadline_callback(move |mut store| {
        // Rounded once, over the sum: a guest gains nothing from many short waits.
        waited = waited.saturating_add(ctx(store.data_mut()).take_waited());
        let owed = whole_ticks(waited, tick).saturating_sub(given_back);
        given_back = given_back.saturating_add(owed);
        Ok(match owed {
            0 => UpdateDeadline::Interrupt,
            ticks => UpdateDeadline::Continue(ticks),
        })
    });
}

/// Rounded up: a wait that touches two ticks is behind both.
fn whole_ticks(waited: Duration, tick: Duration) -> u64 {
    if waited.is_zero() {
        return 0;
    }
    let ticks = waited.as_nanos().div_ceil(tick.as_nanos().max(1));
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_given_back_in_whole_ticks() {
        let tick = Duration::from_millis(10);
        assert_eq!(whole_ticks(Duration::ZERO, tick), 0);
        assert_eq!(whole_ticks(Duration::from_nanos(1), tick), 1);
        assert_eq!(whole_ticks(Duration::from_millis(10), tick), 1);
        assert_eq!(whole_ticks(Duration::from_millis(11), tick), 2);
        assert_eq!(
            whole_ticks(Duration::MAX, Duration::from_nanos(1)),
            u64::MAX
        );
        assert_eq!(whole_ticks(tick, Duration::ZERO), 10_000_000);
    }
}
