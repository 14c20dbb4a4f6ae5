//! The stage from a TCP connection to TLS.

use std::net::SocketAddr;

use tokio::net::TcpStream;
use tracing::{Instrument, debug_span};

use super::{Attempt, CredentialsReady, TlsEstablished};
use crate::bridge::connect::STAGES;
use crate::bridge::phase::{agree_on_tls, in_stage, tls};
use crate::component::{ClientHandshake, Config, ConnectionAttribute};
use crate::error::{Error, Stage};

/// `utf8mb4_general_ci`, which every server knows. Setting up the session replaces it with the server's default collation.
const CHARACTER_SET: u8 = 45;

/// The server has accepted the connection.
#[must_use]
pub struct TcpConnected {
    pub(super) ready: CredentialsReady,
    pub(super) tcp: TcpStream,
}

impl TcpConnected {
    /// The address that accepted the connection.
    ///
    /// # Errors
    ///
    /// The system's error from `getpeername`.
    pub fn peer_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }

    /// Reads the server's greeting, requests TLS and makes the TLS handshake. The token is signed meanwhile.
    ///
    /// # Errors
    ///
    /// [`Stage::Tls`], with the certificates that were refused; [`Stage::Token`]; [`Stage::Settings`] if the clock is
    /// before 1970.
    pub async fn start_tls(self) -> Result<TlsEstablished, Error> {
        let CredentialsReady {
            attempt,
            authenticator,
        } = self.ready;
        let bridge = &attempt.bridge;
        let user = bridge.user_with(&authenticator);
        let mut handshake = begin_handshake(&attempt, user)?;
        let establishing = async {
            let (tcp, ssl_request) = agree_on_tls(&mut handshake, self.tcp).await?;
            let tls = tls(&bridge.tls, bridge.server_name.clone(), ssl_request, tcp);
            // Signs while the server computes its part of the TLS handshake. The instance of the MySQL handshake is idle
            // until TLS is established.
            let signing = async {
                let signing = debug_span!(target: STAGES, "token");
                signing.in_scope(|| bridge.auth(&authenticator, handshake.instance()))
            };
            tokio::try_join!(tls, signing)
        };
        let limit = bridge.timeouts.tls;
        let establishing = attempt.deadline.within(Stage::Tls, limit, establishing);
        let established = establishing
            .instrument(debug_span!(target: STAGES, "tls"))
            .await;
        let (tls, auth) = attempt.explain(established)?;
        Ok(TlsEstablished {
            attempt,
            handshake,
            tls,
            auth,
        })
    }
}

/// Starts the component's connection phase. Nothing is read or written yet.
fn begin_handshake(attempt: &Attempt, user: &str) -> Result<ClientHandshake, Error> {
    let bridge = &attempt.bridge;
    let attributes: Vec<ConnectionAttribute<'_>> = bridge
        .attributes
        .iter()
        .map(|(name, value)| ConnectionAttribute { name, value })
        .collect();
    let config = Config {
        db_user: user,
        database: bridge.database.as_deref(),
        connection_attributes: &attributes,
        character_set: CHARACTER_SET,
    };
    ClientHandshake::start(&attempt.engine()?, &config).map_err(in_stage(Stage::Tls))
}
