//! mysql, a blocking client, on rustls with the process's crypto provider.

use mysql::{Conn, OptsBuilder, SslOpts};

use super::mysql_async::MAX_ALLOWED_PACKET;
use crate::settings::Settings;
use crate::sign::sdk;

/// Opens a connection with a new token.
pub fn open(settings: &Settings) -> Conn {
    let tls = SslOpts::default()
        .with_root_cert_path(Some(settings.ca_file.clone()))
        // mysql verifies only the name that it connects to, which is an IP address here.
        .with_danger_skip_domain_validation(true);
    let opts = OptsBuilder::new()
        .ip_or_hostname(Some(settings.address.ip().to_string()))
        .tcp_port(settings.address.port())
        .user(Some(&settings.user))
        .pass(Some(sdk::token(settings)))
        .db_name(Some(&settings.database))
        .ssl_opts(tls)
        .prefer_socket(false)
        .enable_cleartext_plugin(true)
        .max_allowed_packet(Some(MAX_ALLOWED_PACKET));
    Conn::new(opts).expect("a connection")
}
