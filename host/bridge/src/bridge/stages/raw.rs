//! What a proxy needs of a connection: the session that its client requests, and the bytes after the login.

use std::fmt;
use std::sync::Arc;

use tokio::net::TcpStream;
use tracing::{Instrument, debug_span};

use super::{Attempt, InitialHandshakeReceived, LoggedIn, TlsEstablished};
use crate::bridge::Inner;
use crate::bridge::connect::STAGES;
use crate::bridge::deadline::Deadline;
use crate::bridge::phase::{authenticate, in_stage};
use crate::component::{
    CallError, ClientHandshake, Config, ConnectionAttribute, HandshakeError, Instance, Session,
};
use crate::error::{Error, Stage};
use crate::tls::TlsStream;

/// The session that the client of a proxy requests. The proxy logs in with it in the client's place.
///
/// The capabilities determine how packets are laid out after the login. A proxy that copies them without change needs
/// the same flags on both of its connections.
#[derive(Clone, Debug)]
pub struct RequestedSession {
    /// The database user; `None` for the bridge's.
    pub user: Option<String>,
    /// The default database; `None` for a session without one. The bridge's own database is not used.
    pub database: Option<String>,
    /// The `CLIENT_*` flags to set where the server has them, with the manual's bit values. The component adds those
    /// that the login needs, and never sets compression or multi-factor authentication.
    pub capabilities: u32,
    /// MariaDB's extended capabilities to set, if the server has sent its own.
    pub mariadb_capabilities: u32,
    /// The longest packet that the client accepts, in bytes.
    pub max_packet_size: u32,
    /// The id of the session's collation, not 0. Above 255 only for [`RawConnection::change_user`]: a login has one
    /// byte for it.
    pub character_set: u16,
    /// Connection attributes, in the order in which they are sent, at most 65,535 bytes in all.
    pub connection_attributes: Vec<(String, String)>,
}

impl RequestedSession {
    /// Calls `begin` with the parameters of the component's connection phase.
    fn with_config<T>(
        &self,
        user: &str,
        begin: impl FnOnce(&Config<'_>) -> Result<T, CallError<HandshakeError>>,
    ) -> Result<T, CallError<HandshakeError>> {
        let attributes = self.connection_attributes.iter();
        let attributes: Vec<ConnectionAttribute<'_>> = attributes
            .map(|(name, value)| ConnectionAttribute { name, value })
            .collect();
        begin(&Config {
            db_user: user,
            database: self.database.as_deref(),
            connection_attributes: &attributes,
            character_set: self.character_set,
            capabilities: Some(self.capabilities),
            mariadb_capabilities: self.mariadb_capabilities,
            max_packet_size: Some(self.max_packet_size),
        })
    }

    pub(super) fn begin_handshake(
        &self,
        instance: Instance,
        user: &str,
    ) -> Result<ClientHandshake, Error> {
        self.with_config(user, |config| ClientHandshake::start_in(instance, config))
            .map_err(in_stage(Stage::Tls))
    }

    /// The bridge, as the user that this session requests.
    fn bridge(&self, bridge: &Arc<Inner>) -> Arc<Inner> {
        match &self.user {
            Some(user) if *user != bridge.user => Arc::new(Inner {
                user: user.clone(),
                ..Inner::clone(bridge)
            }),
            _ => Arc::clone(bridge),
        }
    }
}

impl InitialHandshakeReceived {
    /// As [`Self::start_tls`], for a session that the client of a proxy requests. If it names another user than the
    /// bridge's, the token is signed for that user.
    ///
    /// # Errors
    ///
    /// As [`Self::start_tls`]; [`Stage::Tls`] if a field of the session is invalid.
    pub async fn start_tls_for(
        mut self,
        session: &RequestedSession,
    ) -> Result<TlsEstablished, Error> {
        let attempt = &mut self.ready.attempt;
        attempt.bridge = session.bridge(&attempt.own);
        self.start(Some(session)).await
    }
}

impl LoggedIn {
    /// Ends the stages without setting up the session: the caller speaks the command phase itself.
    #[must_use]
    pub fn into_raw(self) -> RawConnection {
        let Self {
            attempt,
            handshake,
            tls,
            session,
        } = self;
        attempt.bridge.engine.logged_in(handshake);
        RawConnection {
            attempt,
            tls,
            session,
        }
    }
}

/// A connection after its login, as a stream of packets. Nothing is sent on it, or read from it, but by the caller.
pub struct RawConnection {
    pub(super) attempt: Attempt,
    pub(super) tls: TlsStream<TcpStream>,
    pub(super) session: Session,
}

impl RawConnection {
    /// What client and server agreed upon.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The decrypted stream.
    pub fn stream(&mut self) -> &mut TlsStream<TcpStream> {
        &mut self.tls
    }

    /// Logs in again on this connection, as another user or with another session, by `COM_CHANGE_USER`. The token is
    /// new. The capabilities cannot change: those of `session` are ignored.
    ///
    /// Call it when the server has answered every command. After an error of [`Stage::Credentials`] or
    /// [`Stage::Token`], nothing was sent, and the session is unchanged. After one of [`Stage::Login`], the connection
    /// is of no further use: the server closes it if it refuses the user.
    ///
    /// # Errors
    ///
    /// [`Stage::Credentials`], [`Stage::Token`] and [`Stage::Login`].
    pub async fn change_user(&mut self, session: &RequestedSession) -> Result<(), Error> {
        let own = Arc::clone(&self.attempt.own);
        let bridge = session.bridge(&own);
        let attempt = Attempt {
            deadline: Deadline::from_timeouts(&bridge.timeouts),
            bridge,
            own,
            moves: self.attempt.moves,
        };
        let changing = self.change(&attempt, session);
        let changing = attempt.deadline.whole(Stage::Login, changing);
        let changed = changing.instrument(debug_span!(target: STAGES, "change_user"));
        let changed = attempt.explain(changed.await)?;
        // The server says these once, in its first packet.
        self.session = Session {
            server_version: std::mem::take(&mut self.session.server_version),
            connection_id: self.session.connection_id,
            ..changed
        };
        self.attempt = attempt;
        Ok(())
    }

    async fn change(
        &mut self,
        attempt: &Attempt,
        session: &RequestedSession,
    ) -> Result<Session, Error> {
        let bridge = &attempt.bridge;
        let authenticator = bridge.authenticator().await?;
        let mut instance = bridge.instance()?;
        let auth = bridge.auth(&authenticator, &mut instance)?;
        let user = bridge.user_with(&authenticator);
        let Session {
            capabilities,
            mariadb_capabilities,
            ..
        } = self.session;
        let begun = session.with_config(user, |config| {
            ClientHandshake::change_user_in(
                instance,
                config,
                capabilities,
                mariadb_capabilities,
                &auth,
            )
        });
        let mut handshake = begun.map_err(in_stage(Stage::Login))?;
        let first = handshake.receive(&[]).map_err(in_stage(Stage::Login))?;
        let changed = authenticate(&mut handshake, &mut self.tls, first).await;
        bridge.engine.logged_in(handshake);
        changed
    }
}

impl fmt::Debug for RawConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawConnection")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}
