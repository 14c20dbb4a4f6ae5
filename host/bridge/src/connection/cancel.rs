//! Cancelling the statement that a connection is executing, from outside of that connection.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::SetOnce;
use tokio::time::timeout;

use super::Connection;
use super::loan::Loan;
use crate::error::{Error, ErrorKind, NotCancelled, Stage};

/// How many connections are tried: a load balancer may lead to another server at the same address.
const ATTEMPTS: usize = 4;
/// The server says which session it is in its first reply: how long that is waited for.
const FIRST_REPLY: Duration = Duration::from_millis(500);

/// Cancels the statement that its connection is executing. Cheap to clone; it does not borrow the connection, and
/// does not keep it open.
///
/// [`Connection::cancel_handle`](crate::mysql::Connection::cancel_handle) gives it.
#[derive(Clone, Default)]
pub struct CancelHandle {
    /// How to reach the same server; none where that is not known.
    way: Option<(Arc<dyn Redial>, SocketAddr)>,
    session: Arc<SetOnce<ServerSession>>,
    loan: Loan,
}

/// Makes another connection as the one whose statement is cancelled was made: as the same user, and to the very same
/// address.
pub(crate) trait Redial: Send + Sync {
    /// Whether an RDS Proxy is at the other end.
    fn is_rds_proxy(&self) -> bool;

    fn redial(&self, peer: SocketAddr) -> Redialling<'_>;
}

/// On the heap: it is seldom needed, and what awaits it would carry its room along.
pub(crate) type Redialling<'a> =
    Pin<Box<dyn Future<Output = Result<Connection, Error>> + Send + 'a>>;

/// Which session of which server it is, as the server says inside TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerSession {
    /// `CONNECTION_ID()`
    pub(crate) id: u64,
    /// What differs between any two servers: compared, and not read otherwise.
    pub(crate) server: String,
    /// The greeting had another number.
    pub(crate) is_relayed: bool,
}

impl CancelHandle {
    pub(crate) fn new(redial: Arc<dyn Redial>, peer: Option<SocketAddr>) -> Self {
        Self {
            way: peer.map(|peer| (redial, peer)),
            ..Self::default()
        }
    }

    /// Ends the loan of the connection: handles that were cloned before cancel nothing any more. Returns false if a
    /// `KILL QUERY` has no answer yet: it could end a statement of the next user.
    pub(crate) fn end_loan(&mut self) -> bool {
        let is_over = self.loan.end();
        self.loan = Loan::default();
        is_over
    }

    /// Tells which session it is. The first to tell is believed.
    pub(crate) fn set_session(&self, session: ServerSession) {
        let _is_known = self.session.set(session);
    }

    pub(crate) fn session(&self) -> Option<&ServerSession> {
        self.session.get()
    }

    /// Ends the statement that the connection is executing (`KILL QUERY`), if it is executing one. The connection
    /// stays usable.
    ///
    /// It makes a connection of its own, as the same user, to the very address that the connection to be cancelled
    /// has: a fresh look-up of the name may lead elsewhere. It compares what the two servers say of themselves inside
    /// TLS before it sends anything, so that no other server's statement is hit.
    ///
    /// `Ok` means that the server was told. The statement mostly fails with 1317 then; but it may have come to its
    /// end before, and some end as if they had succeeded: `SELECT SLEEP(100)` on MySQL gives a row with 1. Treat
    /// whatever it still gives as cut off, and roll back.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotCancelled`], as always through an RDS Proxy, and once a connection of a pool has been given
    /// back; those of [`Bridge::connect`](crate::Bridge::connect); 1094 where the connection has ended already; 1095
    /// where the statement runs as another user: in a procedure with `SQL SECURITY DEFINER`. After each of them the
    /// statement may still be running.
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
                // The server was told: whether it hears our good-bye does not matter.
                let _closed = connection.close().await;
                return Ok(());
            }
        }
        Err(not_cancelled(NotCancelled::AnotherServer))
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
