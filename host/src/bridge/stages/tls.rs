//! From a TCP connection to TLS, the token signed meanwhile.

use std::net::SocketAddr;

use tokio::net::TcpStream;
use tracing::{Instrument, debug_span};

use super::{Proven, Secured, Way};
use crate::bridge::connect::STAGES;
use crate::bridge::phase::{agree_on_tls, in_stage, tls};
use crate::error::{Error, Stage};
use crate::guest::{ClientHandshake, Config, ConnectionAttribute};

/// `utf8mb4_general_ci`, known to every server. What prepares the session puts the server's own default in its place.
const CHARACTER_SET: u8 = 45;

/// The server has taken the connection.
pub struct Reached {
    pub(super) proven: Proven,
    pub(super) tcp: TcpStream,
}

impl Reached {
    /// Which of the addresses it was.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn peer_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }

    /// Reads the greeting, asks for TLS, and makes it. A token is signed meanwhile.
    ///
    /// # Errors
    ///
    /// Of [`Stage::Tls`], with the certificates that were refused, and of [`Stage::Token`].
    pub async fn start_tls(self) -> Result<Secured, Error> {
        let way = self.proven.way.clone();
        way.explain(self.secure().await)
    }

    pub(in crate::bridge) async fn secure(self) -> Result<Secured, Error> {
        let Self {
            proven: Proven { way, proof },
            tcp,
        } = self;
        let bridge = &way.bridge;
        let mut handshake = begin_handshake(&way, bridge.user_with(&proof))?;
        let securing = async {
            let (tcp, ssl_request) = agree_on_tls(&mut handshake, tcp).await?;
            let tls = tls(&bridge.tls, bridge.server_name.clone(), ssl_request, tcp);
            // Signed while the server makes its part of the TLS handshake. The guest of the handshake waits, as this
            // does.
            let signing = async {
                let signing = debug_span!(target: STAGES, "token");
                signing.in_scope(|| bridge.auth(&proof, handshake.guest()))
            };
            tokio::try_join!(tls, signing)
        };
        let securing = way
            .deadline
            .within(Stage::Tls, bridge.timeouts.tls, securing);
        let (tls, auth) = securing
            .instrument(debug_span!(target: STAGES, "tls"))
            .await?;
        Ok(Secured {
            way,
            handshake,
            tls,
            auth,
        })
    }
}

/// The connection phase, before anything has come. The component will say what to do.
fn begin_handshake(way: &Way, user: &str) -> Result<ClientHandshake, Error> {
    let bridge = &way.bridge;
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
    ClientHandshake::start(&way.engine()?, &config).map_err(in_stage(Stage::Tls))
}
