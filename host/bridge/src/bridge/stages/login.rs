//! The stages from TLS to a session that is set up.

use std::sync::Arc;

use tokio::net::TcpStream;
use tracing::{Instrument, debug_span};

use super::Attempt;
use crate::bridge::Inner;
use crate::bridge::connect::STAGES;
use crate::bridge::phase::{authenticate, in_stage};
use crate::bridge::redial::SameServer;
use crate::component::{Auth, ClientHandshake, Session};
use crate::connection::SessionSettings;
use crate::error::{Error, Stage};
use crate::mysql::{CancelHandle, Connection};
use crate::tls::TlsStream;

/// TLS is established, and the server's certificate is verified.
#[must_use]
pub struct TlsEstablished {
    pub(super) attempt: Attempt,
    pub(super) handshake: ClientHandshake,
    pub(super) tls: TlsStream<TcpStream>,
    pub(super) auth: Auth,
}

impl TlsEstablished {
    /// The negotiated version and the server's certificates.
    #[must_use]
    pub fn tls(&self) -> &rustls::CommonState {
        self.tls.state()
    }

    /// Logs the user in.
    ///
    /// # Errors
    ///
    /// [`Stage::Login`]. The bridge keeps the credentials or the secret that were refused:
    /// [`Resolved::reload_credentials`](super::Resolved::reload_credentials) replaces them.
    pub async fn log_in(self) -> Result<LoggedIn, Error> {
        let Self {
            attempt,
            mut handshake,
            mut tls,
            auth,
        } = self;
        let step = handshake.tls_established(auth);
        let step = step.map_err(in_stage(Stage::Login))?;
        let limit = attempt.bridge.timeouts.login;
        let authenticating = authenticate(&mut handshake, &mut tls, step);
        let login = attempt
            .deadline
            .within(Stage::Login, limit, authenticating)
            .instrument(debug_span!(target: STAGES, "login"));
        let session = attempt.explain(login.await)?;
        Ok(LoggedIn {
            attempt,
            handshake,
            tls,
            session,
        })
    }
}

/// The user is logged in.
#[must_use]
pub struct LoggedIn {
    pub(super) attempt: Attempt,
    pub(super) handshake: ClientHandshake,
    pub(super) tls: TlsStream<TcpStream>,
    pub(super) session: Session,
}

impl LoggedIn {
    /// What client and server agreed upon.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Sets up the session: character set, collation, `autocommit`, and read-only unless writing is allowed. Where
    /// commands can be pipelined, they go out with the first statement, and this sends nothing.
    ///
    /// # Errors
    ///
    /// [`Stage::Session`].
    pub async fn set_up(self) -> Result<Connection, Error> {
        let Self {
            attempt,
            handshake,
            tls,
            session,
        } = self;
        let bridge = &attempt.bridge;
        let cancel = CancelHandle::new(
            Arc::new(SameServer(Arc::clone(bridge))),
            tls.io().peer_addr().ok(),
        );
        let lengths = Arc::clone(&bridge.result_lengths);
        let mut connection = Connection::new(tls, session, lengths, cancel);
        connection.set_limits(bridge.limits);
        if let Some(cluster) = &bridge.cluster {
            connection.set_watch(cluster.watch(attempt.moves));
        }
        let setting_up = attempt
            .deadline
            .whole(Stage::Session, set_up(bridge, connection));
        // Frees the instance while the server works.
        let freeing = async { bridge.engine.logged_in(handshake) };
        let (connection, ()) = tokio::join!(setting_up, freeing);
        attempt.explain(connection)
    }
}

/// Read-only is a guard rail: the boundary is the user's GRANT.
async fn set_up(bridge: &Inner, mut connection: Connection) -> Result<Connection, Error> {
    connection.set_protocol(bridge.protocol);
    if bridge.is_direct {
        connection.predict_statement_ids();
    }
    let settings = SessionSettings {
        collation: bridge.collation.clone(),
        database: bridge.database.clone(),
        allow_writes: bridge.allow_writes,
        is_rds_proxy: bridge.is_rds_proxy(),
        is_direct: bridge.is_direct,
        role: bridge.role,
    };
    connection
        .set_up(settings)
        .instrument(debug_span!(target: STAGES, "session"))
        .await?;
    Ok(connection)
}
