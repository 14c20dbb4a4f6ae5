//! The component's share of a connection: a signature and a connection phase, in a new instance.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rds_bridge::aws::Credentials;
use rds_bridge::component::{
    Auth, ClientHandshake, Config, ConnectRequest, ConnectionAttribute, Engine, Lifetime, Step,
};

use crate::settings::Settings;

/// The packets with which MySQL 8 begins the connection phase and RDS continues it for a token.
const INITIAL_HANDSHAKE: &[u8] =
    b"\x4a\0\0\0\n8.0.18\0\x19\0\0\0\x114aB0c\x06g\0\xff\xff\xff\x02\0\xff\xc7\x15\
    \0\0\0\0\0\0\0\0\0\0tL\x03s\x0f[4\rl4. \0caching_sha2_password\0";
const AUTH_SWITCH_REQUEST: &[u8] = b"\x16\0\0\x03\xFEmysql_clear_password\0";
const OK: &[u8] = b"\x07\0\0\x05\0\0\0\x02\0\0\0";

pub struct ComponentShare<'a> {
    settings: &'a Settings,
    credentials: Credentials,
    engine: Engine,
}

impl<'a> ComponentShare<'a> {
    pub fn new(settings: &'a Settings) -> Self {
        let (id, secret) = (&settings.access_key_id, &settings.secret_access_key);
        Self {
            settings,
            credentials: Credentials::new(id, secret.as_str()),
            engine: Engine::new().expect("an engine"),
        }
    }

    /// The time to create an instance, sign a token with it, perform the connection phase with it, and drop it.
    pub fn measure(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let lifetime = Lifetime {
            signed_at: now.expect("a time after 1970").as_secs(),
            expires_in_seconds: 900,
        };
        let request = ConnectRequest {
            host: &self.settings.endpoint,
            port: self.settings.port,
            region: &self.settings.region,
            db_user: &self.settings.user,
        };
        let config = Config {
            database: Some(&self.settings.database),
            connection_attributes: &[ConnectionAttribute {
                name: "_client_name",
                value: "rds-bridge",
            }],
            ..Config::new(&self.settings.user)
        };
        let start = Instant::now();
        let mut handshake = ClientHandshake::start(&self.engine, &config).expect("a handshake");
        let step = handshake.receive(INITIAL_HANDSHAKE);
        assert!(matches!(step, Ok(Step::StartTls(_))));
        let token = handshake
            .instance()
            .presign_in_sandbox(&self.credentials, request, lifetime);
        let auth = Auth::IamToken(token.expect("a token"));
        let step = handshake.tls_established(auth);
        assert!(matches!(step, Ok(Step::Write(_))));
        let step = handshake.receive(AUTH_SWITCH_REQUEST);
        assert!(matches!(step, Ok(Step::Write(_))));
        assert!(matches!(handshake.receive(OK), Ok(Step::Ready(_))));
        drop(handshake);
        start.elapsed()
    }
}
