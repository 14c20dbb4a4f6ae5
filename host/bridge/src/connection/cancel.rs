//! Cancelling the statement that a connection is executing, over another connection.

use std::fmt;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::SetOnce;
use tokio::time::timeout;

use super::loan::Loan;
use super::{Connection, Transport};
use crate::error::{Error, ErrorKind, NotCancelled, Stage};

/// How many connections are tried, since a load balancer may connect the same address to another server.
const ATTEMPTS: usize = 4;
/// How long to wait for the session's identity, which the server returns before the first statement's result.
const FIRST_REPLY: Duration = Duration::from_millis(500);

/// Cancels the statement that its connection is executing. Cheap to clone. It neither borrows the connection nor keeps
/// it open.
///
/// [`Connection::cancel_handle`](crate::mysql::Connection::cancel_handle) returns it.
#[derive(Clone, Default)]
pub struct CancelHandle {
    /// How to connect to the same server; `None` if that is not known.
    way: Option<(Arc<dyn Redial>, SocketAddr)>,
    session: Arc<SetOnce<ServerSession>>,
    loan: Loan,
}

/// Opens another connection like the one whose statement is cancelled: as the same user, and to the same address.
pub(crate) trait Redial: Send + Sync {
    /// Whether the connection leads to an RDS Proxy.
    fn is_rds_proxy(&self) -> bool;

    fn redial(&self, peer: SocketAddr) -> Redialling<'_>;
}

/// On the heap, so that the futures which await it stay small: it is seldom needed.
pub(crate) type Redialling<'a> =
    Pin<Box<dyn Future<Output = Result<Connection, Error>> + Send + 'a>>;

/// The identity of a session and its server, as the server returns it inside TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerSession {
    /// `CONNECTION_ID()`
    pub(crate) id: u64,
    /// A text that differs between any two servers. It is only compared.
    pub(crate) server: String,
    /// The greeting had another connection id.
    pub(crate) is_relayed: bool,
}

impl CancelHandle {
    pub(crate) fn new(redial: Arc<dyn Redial>, peer: Option<SocketAddr>) -> Self {
        Self {
            way: peer.map(|peer| (redial, peer)),
            ..Self::default()
        }
    }

    /// Ends the loan of the connection: existing clones of the handle no longer cancel anything. Returns `false` if a
    /// `KILL QUERY` has no reply yet, which could end a statement of the next user.
    pub(crate) fn end_loan(&mut self) -> bool {
        let is_over = self.loan.end();
        self.loan = Loan::default();
        is_over
    }

    /// Sets the session's identity. Later calls are ignored.
    pub(crate) fn set_session(&self, session: ServerSession) {
        let _is_known = self.session.set(session);
    }

    pub(crate) fn session(&self) -> Option<&ServerSession> {
        self.session.get()
    }

    /// Ends the statement that the connection is executing (`KILL QUERY`), if there is one. The connection stays
    /// usable.
    ///
    /// It opens another connection, as the same user, to the address of the connection: resolving the name again may
    /// lead elsewhere. Before it sends `KILL QUERY`, it compares the identities that the two servers return inside TLS,
    /// so that it cannot end another server's statement.
    ///
    /// `Ok` means that the server has accepted the command. The statement then usually fails with error 1317. But it
    /// may have ended before, and some statements end as if they had succeeded: `SELECT SLEEP(100)` on MySQL returns a
    /// row with 1. Treat its further results as incomplete, and roll back.
    ///
    /// # Errors
    ///
    /// After each of these errors, the statement may still be running:
    ///
    /// - [`ErrorKind::NotCancelled`]: always through an RDS Proxy, and after a pool's connection was returned.
    /// - Those of [`Bridge::connect`](crate::Bridge::connect).
    /// - The server's error 1094: the connection has ended.
    /// - The server's error 1095: the statement runs as another user, in a procedure with `SQL SECURITY DEFINER`.
    pub async fn cancel(&self) -> Result<(), Error> {
        let Some((redial, peer)) = &self.way else {
            return Err(not_cancelled(NotCancelled::UnknownSession));
        };
        if redial.is_rds_proxy() {
            return Err(not_cancelled(NotCancelled::Proxy));
        }
        let Ok(session) = timeout(FIRST_REPLY, self.session.wait()).await else {
            return Err(not_cancelled(NotCancelled::UnknownSession));
        };
        if session.is_relayed {
            return Err(not_cancelled(NotCancelled::Relayed));
        }
        if self.loan.has_ended() {
            return Err(not_cancelled(NotCancelled::GivenBack));
        }
        for _ in 0..ATTEMPTS {
            let mut connection = redial.redial(*peer).await?;
            let found = connection.server_session().await?;
            if found.is_some_and(|found| found.server == session.server) {
                let Some(kill) = self.loan.begin_kill() else {
                    let _closed = connection.close().await;
                    return Err(not_cancelled(NotCancelled::GivenBack));
                };
                let sql = format!("KILL QUERY {}", session.id);
                let killed = connection.execute(&sql, ()).await;
                if killed
                    .as_ref()
                    .map_or_else(|it| it.server_error().is_some(), |_| true)
                {
                    kill.answered();
                }
                killed?;
                // The statement is cancelled, so an error of closing does not matter.
                let _closed = connection.close().await;
                return Ok(());
            }
        }
        Err(not_cancelled(NotCancelled::AnotherServer))
    }

    /// As [`Self::cancel`], for the connection of this handle, after the future that executed the statement was dropped.
    /// Since nothing else reads from the connection then, it reads the replies that come before the statement's: one of
    /// them has the session's identity.
    ///
    /// # Errors
    ///
    /// As [`Self::cancel`].
    pub async fn cancel_on<S: Transport>(
        &self,
        connection: &mut Connection<S>,
    ) -> Result<(), Error> {
        let mut cancelled = pin!(self.cancel());
        tokio::select! {
            cancelled = cancelled.as_mut() => cancelled,
            // After an error, the identity may be known all the same.
            _read = connection.await_set_up() => cancelled.await,
        }
    }
}

fn not_cancelled(why: NotCancelled) -> Error {
    Error::new(Stage::Statement, ErrorKind::NotCancelled(why))
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelHandle")
            .field("peer", &self.way.as_ref().map(|(_, peer)| peer))
            .field("session", &self.session.get())
            .finish_non_exhaustive()
    }
}
