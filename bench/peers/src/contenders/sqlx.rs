//! sqlx on rustls and ring.

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::{ConnectOptions, MySqlConnection};

use crate::settings::Settings;
use crate::sign::sdk;

/// A connection with a fresh token, as it is by default: it sets the session's mode, time zone and
/// character set, which takes a round trip.
pub async fn open(settings: &Settings) -> MySqlConnection {
    let options = MySqlConnectOptions::new()
        .host(&settings.address.ip().to_string())
        .port(settings.address.port())
        .username(&settings.user)
        .password(&sdk::token(settings))
        .database(&settings.database)
        // It has no way to name the server other than by what it connects to.
        .ssl_mode(MySqlSslMode::VerifyCa)
        .ssl_ca(&settings.ca_file)
        .enable_cleartext_plugin(true);
    options.connect().await.expect("a connection")
}
