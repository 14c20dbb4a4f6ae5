//! sqlx on rustls with ring.

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::{ConnectOptions, MySqlConnection};

use crate::settings::Settings;
use crate::sign::sdk;

/// Opens a connection with a new token and the default options: sqlx sets the session's SQL mode, time zone and
/// character set, which takes a round trip.
pub async fn open(settings: &Settings) -> MySqlConnection {
    let options = MySqlConnectOptions::new()
        .host(&settings.address.ip().to_string())
        .port(settings.address.port())
        .username(&settings.user)
        .password(&sdk::token(settings))
        .database(&settings.database)
        // sqlx verifies only the name that it connects to, which is an IP address here.
        .ssl_mode(MySqlSslMode::VerifyCa)
        .ssl_ca(&settings.ca_file)
        .enable_cleartext_plugin(true);
    options.connect().await.expect("a connection")
}
