//! mysql_async on rustls, with the process's crypto provider, and tokens by the signer of the AWS SDK for Rust.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Result, SslOpts};

use super::{Contender, block_on};
use crate::settings::Settings;
use crate::sign::sdk;

pub struct MysqlAsync<'a> {
    name: &'static str,
    settings: &'a Settings,
    /// Clones of it share the TLS configuration, and so the sessions.
    opts: OptsBuilder,
}

/// What it asks the server for after login, unless it is told. MariaDB's defaults.
pub const MAX_ALLOWED_PACKET: usize = 16 << 20;
const WAIT_TIMEOUT_SECONDS: usize = 28_800;

impl<'a> MysqlAsync<'a> {
    /// As it is by default. It asks for the server's settings, which takes a round trip.
    pub fn asking(settings: &'a Settings) -> Self {
        Self {
            name: "mysql_async, default",
            settings,
            opts: options(settings),
        }
    }

    /// Told the server's settings: nothing is asked of the server before the statement.
    pub fn told(settings: &'a Settings) -> Self {
        Self {
            name: "mysql_async",
            settings,
            opts: told(options(settings)),
        }
    }

    async fn connect_once(&self) -> Result<()> {
        let mut connection = open(&self.opts, self.settings).await?;
        let one: Option<u64> = connection.query_first("SELECT 1").await?;
        assert_eq!(one, Some(1));
        connection.disconnect().await
    }
}

impl Contender for MysqlAsync<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn connect(&self, times: u32) {
        block_on(async {
            for _ in 0..times {
                self.connect_once().await.expect("a connection");
            }
        });
    }
}

/// Over TCP, always: by default it would change over to the server's Unix socket, where there is no TLS.
pub fn options(settings: &Settings) -> OptsBuilder {
    let tls = SslOpts::default()
        .with_root_certs(vec![settings.ca_file.clone().into()])
        .with_disable_built_in_roots(true)
        .with_danger_tls_hostname_override(Some(settings.endpoint.clone()));
    OptsBuilder::default()
        .ip_or_hostname(settings.address.ip().to_string())
        .tcp_port(settings.address.port())
        .user(Some(&settings.user))
        .db_name(Some(&settings.database))
        .ssl_opts(tls)
        .prefer_socket(false)
        .enable_cleartext_plugin(true)
}

/// With the server's settings, so that it does not ask for them.
pub fn told(options: OptsBuilder) -> OptsBuilder {
    options
        .max_allowed_packet(Some(MAX_ALLOWED_PACKET))
        .wait_timeout(Some(WAIT_TIMEOUT_SECONDS))
}

/// A connection with a fresh token.
pub async fn open(opts: &OptsBuilder, settings: &Settings) -> Result<Conn> {
    let opts: Opts = opts.clone().pass(Some(sdk::token(settings))).into();
    Conn::new(opts).await
}
