//! From TLS to a session that is prepared.

use std::sync::Arc;

use tokio::net::TcpStream;
use tracing::{Instrument, debug_span};

use super::Way;
use crate::bridge::Inner;
use crate::bridge::connect::STAGES;
use crate::bridge::phase::{authenticate, in_stage};
use crate::bridge::redial::SameServer;
use crate::connection::SessionSettings;
use crate::error::{Error, Stage};
use crate::guest::{Auth, ClientHandshake, Session};
use crate::mysql::{CancelHandle, Connection};
use crate::tls::TlsStream;

/// TLS stands, and the server's certificate is verified.
pub struct Secured {
    pub(super) way: Way,
    pub(super) handshake: ClientHandshake,
    pub(super) tls: TlsStream<TcpStream>,
    pub(super) auth: Auth,
}

impl Secured {
    /// What was agreed upon: the version, and the server's certificates.
    #[must_use]
    pub fn tls(&self) -> &rustls::CommonState {
        self.tls.state()
    }

    /// Proves who the user is.
    ///
    /// # Errors
    ///
    /// Of [`Stage::Login`]. [`Bridge::connect`](crate::Bridge::connect) tries once more with other credentials, or with
    /// a secret that was rotated, where there are any; who takes the stages alone is refused with the old ones again.
    pub async fn log_in(self) -> Result<LoggedIn, Error> {
        let way = self.way.clone();
        way.explain(self.authenticate().await)
    }

    pub(in crate::bridge) async fn authenticate(self) -> Result<LoggedIn, Error> {
        let Self {
            way,
            mut handshake,
            mut tls,
            auth,
        } = self;
        let step = handshake.tls_established(&auth);
        let step = step.map_err(in_stage(Stage::Login))?;
        let authenticating = authenticate(&mut handshake, &mut tls, step);
        let login = way
            .deadline
            .within(Stage::Login, way.bridge.timeouts.login, authenticating);
        let session = login
            .instrument(debug_span!(target: STAGES, "login"))
            .await?;
        Ok(LoggedIn {
            way,
            handshake,
            tls,
            session,
        })
    }
}

/// The server has let the user in.
pub struct LoggedIn {
    way: Way,
    handshake: ClientHandshake,
    tls: TlsStream<TcpStream>,
    session: Session,
}

impl LoggedIn {
    /// What was agreed upon.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Prepares the session: character set, and read-only unless writing is allowed. What goes with the first
    /// statement is not sent yet.
    ///
    /// # Errors
    ///
    /// Of [`Stage::Session`].
    pub async fn set_up(self) -> Result<Connection, Error> {
        let way = self.way.clone();
        way.explain(self.prepare().await)
    }

    pub(in crate::bridge) async fn prepare(self) -> Result<Connection, Error> {
        let Self {
            way: Way { bridge, deadline },
            handshake,
            tls,
            session,
        } = self;
        let cancel = CancelHandle::new(
            Arc::new(SameServer(Arc::clone(&bridge))),
            tls.io().peer_addr().ok(),
        );
        let lengths = Arc::clone(&bridge.result_lengths);
        let mut connection = Connection::new(tls, session, lengths, cancel);
        connection.set_limits(bridge.limits);
        let set_up = deadline.whole(Stage::Session, set_up(&bridge, connection));
        // While the server does its part; a command's still later.
        let tidying_up = async { bridge.engine.let_go(handshake) };
        let (connection, ()) = tokio::join!(set_up, tidying_up);
        connection
    }
}

/// The character set, and read-only unless writing was asked for. A guard rail: the boundary is the GRANT.
async fn set_up(bridge: &Inner, mut connection: Connection) -> Result<Connection, Error> {
    connection.set_protocol(bridge.protocol);
    if bridge.is_direct {
        connection.foresee_statement_ids();
    }
    let settings = SessionSettings {
        collation: bridge.collation.clone(),
        database: bridge.database.clone(),
        allow_writes: bridge.allow_writes,
        is_rds_proxy: bridge.is_rds_proxy(),
        is_direct: bridge.is_direct,
    };
    connection
        .set_up(settings)
        .instrument(debug_span!(target: STAGES, "session"))
        .await?;
    Ok(connection)
}
