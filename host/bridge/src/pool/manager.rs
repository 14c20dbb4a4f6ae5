//! Opening connections with retries, and the decision which of them are used again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use thiserror::Error;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::{debug, warn};

use super::connection_limit::{Permitted, Share};
use super::kept::{Generation, Kept};
use super::metrics::Counters;
use crate::bridge::Bridge;
use crate::connection::Leftovers;
use crate::connection_rate::ConnectionRate;
use crate::error::{Chain, Error, ErrorKind, Stage, TOO_MANY_CONNECTIONS};
use crate::mysql::Connection;

/// `ER_ACCESS_DENIED_ERROR`: a wrong token, or too many connections within a second.
const ACCESS_DENIED: u16 = 1045;
const FIRST_DELAY: Duration = Duration::from_millis(50);
const LONGEST_DELAY: Duration = Duration::from_secs(2);
/// With these delays, about ten seconds in total.
const RETRIES: usize = 8;

/// An attempt to connect is ended this long before the caller's limit, so that the caller receives its error.
const TO_TELL: Duration = Duration::from_millis(50);

tokio::task_local! {
    /// The instant at which the caller's attempts end. deadpool cannot pass it to `create`.
    static END: Instant;
}

/// Ends the attempts to connect in `getting` shortly before `limit`.
pub(super) async fn ending_within<T>(limit: Duration, getting: impl Future<Output = T>) -> T {
    let to_tell = TO_TELL.min(limit.checked_div(10).unwrap_or_default());
    match Instant::now().checked_add(limit.saturating_sub(to_tell)) {
        Some(end) => END.scope(end, getting).await,
        None => getting.await,
    }
}

fn end() -> Option<Instant> {
    END.try_with(|end| *end).ok()
}

#[derive(Debug)]
pub(super) struct Manager {
    pub(super) bridge: Bridge,
    pub(super) metrics: Counters,
    rate: Arc<ConnectionRate>,
    /// Of a limit that several pools have together.
    pub(super) share: Option<Share>,
    limits: Limits,
    /// How many times a connection has found its server demoted.
    demotions: AtomicU64,
    /// Whether a connection was lent to one user after another.
    has_several_users: AtomicBool,
}

/// Why no connection was opened.
#[derive(Debug, Error)]
pub(super) enum NotOpened {
    #[error(transparent)]
    Failed(#[from] Error),
    /// One was returned to the pool meanwhile.
    #[error("a connection was returned meanwhile")]
    Returned,
}

/// How long a connection is used, and when it is checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) lifetime: Duration,
    pub(super) idle: Duration,
    /// The idle time after which it is checked.
    pub(super) trust: Duration,
    /// The limit on that check, and on clearing a session.
    pub(super) check: Duration,
    /// [`PoolBuilder::always_reset`](super::PoolBuilder::always_reset).
    pub(super) always_reset: bool,
}

impl Manager {
    pub(super) fn new(
        bridge: Bridge,
        rate: Arc<ConnectionRate>,
        share: Option<Share>,
        limits: Limits,
    ) -> Self {
        Self {
            bridge,
            metrics: Counters::default(),
            rate,
            share,
            limits,
            demotions: AtomicU64::new(0),
            has_several_users: AtomicBool::new(false),
        }
    }

    /// Whether a retry may succeed: the server has too many connections, or it denies access although an earlier login
    /// of this pool succeeded. Before the first success, a denial may also come from the limit on new connections, so
    /// it is retried once.
    fn may_pass(&self, error: &Error, retries: usize) -> bool {
        match error.code() {
            Some(code) if TOO_MANY_CONNECTIONS.contains(&code) => true,
            Some(ACCESS_DENIED) => {
                retries == 0 || self.metrics.connected.load(Ordering::Relaxed) > 0
            }
            _ => false,
        }
    }

    /// Connects. Its statements may be those of several users, so the roles of its login are noted.
    async fn connect_before(&self, end: Option<Instant>) -> Result<Connection, Error> {
        let mut connection = self.bridge.connect_before(end).await?;
        connection.watch_roles().await?;
        Ok(connection)
    }

    /// Clears a connection for the next user: discards an unread reply, rolls back an open transaction, and resets a
    /// session that may hold state. Returns whether it succeeded.
    pub(super) async fn tidy_up(&self, kept: &mut Kept) -> bool {
        let needs_reset = self.needs_reset(kept);
        let connection = &mut kept.connection;
        let tidying = async {
            if needs_reset {
                connection.reset().await
            } else if connection.is_in_transaction() {
                connection.execute("ROLLBACK", ()).await.map(drop)
            } else {
                connection.ping().await
            }
        };
        let tidied = timeout(self.limits.check, tidying).await;
        let is_tidy = matches!(tidied, Ok(Ok(())));
        if is_tidy {
            kept.is_to_be_reset = false;
            if needs_reset {
                kept.lent_to = None;
            }
        }
        is_tidy
    }

    /// Resets a session that was lent to another user before.
    pub(super) async fn reset_for_another(&self, kept: &mut Kept) -> Result<(), Error> {
        self.has_several_users.store(true, Ordering::Relaxed);
        let limit = self.limits.check;
        let reset = timeout(limit, kept.connection.reset()).await;
        reset.unwrap_or_else(|_| Err(Error::new(Stage::Session, ErrorKind::Timeout(limit))))
    }

    fn needs_reset(&self, kept: &Kept) -> bool {
        kept.is_to_be_reset
            || self.limits.always_reset
            || kept.lent_to.is_some() && self.has_several_users.load(Ordering::Relaxed)
            || kept.connection.leftovers() != Leftovers::None
    }

    /// Whether the next user can have the connection as it is.
    pub(super) fn is_tidy(&self, kept: &Kept) -> bool {
        is_tidy(&kept.connection) && !self.needs_reset(kept)
    }

    /// Whether [`Self::tidy_up`] can clear the connection for the next user.
    pub(super) fn can_be_tidied_up(&self, kept: &Kept) -> bool {
        let connection = &kept.connection;
        let share = self.share.as_ref();
        let makes_room = share.is_some_and(Share::is_wanted_elsewhere);
        !makes_room && connection.is_usable() && connection.can_be_reset() && self.is_current(kept)
    }

    /// Offers a connection that was returned to those who wait for the limit that the pool shares.
    pub(super) fn offer(&self) {
        if let Some(share) = &self.share {
            share.offer();
        }
    }

    /// Begins a new generation if the server of this connection has become a replica, as a refused write or the check
    /// of the role has shown. All connections that were opened until now may lead to the same server.
    pub(super) fn note_demotion(&self, kept: &Kept) {
        if kept.connection.is_demoted() && self.is_current(kept) {
            self.demotions.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn is_current(&self, kept: &Kept) -> bool {
        kept.generation == self.generation()
    }

    fn generation(&self) -> Generation {
        Generation {
            demotions: self.demotions.load(Ordering::Relaxed),
            moves: self.bridge.moves(),
        }
    }

    /// Keeps a new connection with the number of demotions before it was begun, and with the number of moves by now:
    /// connecting may itself have led to another server.
    fn keep(
        &self,
        connection: Connection,
        demotions: u64,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Kept {
        self.metrics.connected.fetch_add(1, Ordering::Relaxed);
        let moves = self.bridge.moves();
        Kept::new(connection, Generation { demotions, moves }, permit)
    }

    /// Asks the server for the members of its cluster, for a failover to come. Returns whether the connection can be
    /// used again.
    pub(super) async fn read_topology(&self, kept: &mut Kept) -> bool {
        let reading = self.bridge.read_topology(&mut kept.connection);
        match timeout(self.limits.check, reading).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(error = %Chain(&error), "cannot read the cluster's topology"),
            Err(_) => return false,
        }
        self.is_tidy(kept) || self.tidy_up(kept).await
    }

    /// Opens a connection, with retries.
    async fn open(&self) -> Result<Kept, NotOpened> {
        let mut delays = ExponentialBuilder::default()
            .with_min_delay(FIRST_DELAY)
            .with_max_delay(LONGEST_DELAY)
            .with_max_times(RETRIES)
            .with_jitter()
            .build();
        let mut retries = 0_usize;
        let mut last_refusal: Option<Error> = None;
        let end = end();
        let permit = match &self.share {
            Some(share) => match share.permit().await {
                Permitted::Open(permit) => Some(permit),
                Permitted::Reuse => return Err(NotOpened::Returned),
            },
            None => None,
        };
        loop {
            last_refusal = match (last_refusal, end) {
                (Some(refusal), Some(end)) => match timeout_at(end, self.rate.wait()).await {
                    Ok(()) => Some(refusal),
                    Err(_) => return Err(refusal.into()),
                },
                (refusal, _) => {
                    self.rate.wait().await;
                    refusal
                }
            };
            let demotions = self.demotions.load(Ordering::Relaxed);
            let error = match self.connect_before(end).await {
                Ok(connection) => return Ok(self.keep(connection, demotions, permit)),
                Err(error) => error,
            };
            if error.server_error().is_some() && error.stage() == Stage::Login {
                self.metrics.refused.fetch_add(1, Ordering::Relaxed);
            }
            let delay = match self.may_pass(&error, retries) {
                true => delays.next().filter(|delay| ends_after(end, *delay)),
                false => None,
            };
            let Some(delay) = delay else {
                // An earlier refusal is more useful than the timeout of the last attempt.
                let is_cut_short = matches!(error.kind(), ErrorKind::Timeout(_))
                    && !ends_after(end, Duration::ZERO);
                return Err(match last_refusal {
                    Some(refusal) if is_cut_short => refusal.into(),
                    _ => error.into(),
                });
            };
            debug!(code = error.code(), ?delay, "login refused; retrying");
            last_refusal = Some(error);
            sleep(delay).await;
            retries = retries.saturating_add(1);
        }
    }

    async fn check(&self, kept: &mut Kept, idle: Duration) -> bool {
        let is_current = self.is_current(kept);
        let connection = &mut kept.connection;
        let is_clean = !kept.is_to_be_reset && connection.leftovers() == Leftovers::None;
        if !is_current || !is_clean || !is_tidy(connection) || connection.has_ended() {
            return false;
        }
        if idle < self.limits.trust {
            return true;
        }
        let checked = timeout(self.limits.check, Box::pin(connection.check_server())).await;
        // The others may lead to the same server.
        self.note_demotion(kept);
        matches!(checked, Ok(Ok(())))
    }
}

/// Whether time is left after a delay.
fn ends_after(end: Option<Instant>, delay: Duration) -> bool {
    end.is_none_or(|end| end.saturating_duration_since(Instant::now()) > delay)
}

fn is_tidy(connection: &Connection) -> bool {
    connection.is_usable() && !connection.is_replying() && !connection.holds_transaction()
}

impl managed::Manager for Manager {
    type Type = Kept;
    type Error = NotOpened;

    async fn create(&self) -> Result<Kept, NotOpened> {
        // On the heap, so that the futures which await a connection of the pool stay small.
        Box::pin(self.open()).await
    }

    async fn recycle(&self, kept: &mut Kept, metrics: &Metrics) -> RecycleResult<NotOpened> {
        let idle = metrics.last_used().max(kept.idle());
        let counter = if metrics.age() > self.limits.lifetime {
            &self.metrics.over_age
        } else if idle > self.limits.idle {
            &self.metrics.idle
        } else if self.check(kept, idle).await {
            return Ok(());
        } else {
            &self.metrics.lost
        };
        counter.fetch_add(1, Ordering::Relaxed);
        Err(RecycleError::message("connection is not reusable"))
    }
}
