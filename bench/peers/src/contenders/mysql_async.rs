//! mysql_async on rustls with the process's crypto provider. The AWS SDK for Rust signs the tokens.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Result, SslOpts};

use super::{Contender, block_on};
use crate::settings::Settings;
use crate::sign::sdk;

pub struct MysqlAsync<'a> {
    name: &'static str,
    settings: &'a Settings,
    /// Clones share the TLS configuration, and so the sessions to resume.
    opts: OptsBuilder,
}

/// The settings that mysql_async queries after the login unless it has them. These are MariaDB's defaults.
pub const MAX_ALLOWED_PACKET: usize = 16 << 20;
const WAIT_TIMEOUT_SECONDS: usize = 28_800;

impl<'a> MysqlAsync<'a> {
    /// The default configuration, which queries the server's settings with an additional round trip.
    pub fn asking(settings: &'a Settings) -> Self {
        Self {
            name: "mysql_async, default",
            settings,
            opts: options(settings),
        }
    }

    /// Configured with the server's settings, so that it sends no query before the statement.
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

/// The options of all connections. They insist on TCP: by default mysql_async switches to the server's Unix socket,
/// which has no TLS.
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

/// Adds the server's settings, so that mysql_async does not query them.
pub fn told(options: OptsBuilder) -> OptsBuilder {
    options
        .max_allowed_packet(Some(MAX_ALLOWED_PACKET))
        .wait_timeout(Some(WAIT_TIMEOUT_SECONDS))
}

/// Opens a connection with a new token.
pub async fn open(opts: &OptsBuilder, settings: &Settings) -> Result<Conn> {
    let opts: Opts = opts.clone().pass(Some(sdk::token(settings))).into();
    Conn::new(opts).await
}
