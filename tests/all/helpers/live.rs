//! Connections and settings for tests against a live server.

use std::net::SocketAddr;
use std::path::Path;

use rds_bridge::aws::Credentials;
use rds_bridge::mysql::{Connection, FromValue};
use rds_bridge::{Bridge, BridgeBuilder, Error};
use rds_bridge_test_support::expectation::{ENDPOINT, Expectation};
use rds_bridge_test_support::server::{PASSWORD, Server};
use rds_bridge_test_support::tls_peer::TlsPeer;

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}

/// A builder for a server. The endpoint is the name in the server's certificate.
pub(crate) fn to(server: &Server) -> BridgeBuilder {
    Bridge::builder()
        .endpoint(ENDPOINT)
        .connect_to(server.address().to_string())
        .ca_file(server.ca_file())
        .database("iamtest")
}

/// Connects. The test fails if that fails.
pub(crate) async fn connect(builder: BridgeBuilder) -> Connection {
    builder.build().await.unwrap().connect().await.unwrap()
}

/// Connects as a user with a password.
pub(crate) async fn connect_with_password(server: &Server) -> Connection {
    connect(to(server).user("password-user").password(PASSWORD)).await
}

/// Connects as the user with all privileges, with writes allowed.
pub(crate) async fn connect_as_admin(server: &Server) -> Connection {
    let builder = to(server).user("admin").password(PASSWORD);
    connect(builder.allow_writes(true)).await
}

/// The error of a connection that must fail.
pub(crate) fn connect_error(builder: BridgeBuilder) -> Error {
    block_on(async { builder.build().await?.connect().await }).unwrap_err()
}

/// The first value of the first row of a query.
pub(crate) async fn first_value<T: for<'a> FromValue<'a>>(
    connection: &mut Connection,
    sql: &str,
) -> T {
    let mut rows = connection.query(sql).await.unwrap();
    rows.next().await.unwrap().unwrap().get(0).unwrap()
}

pub(crate) fn credentials() -> Credentials {
    let expectation = Expectation::default();
    Credentials::new(&expectation.access_key_id, &expectation.secret_access_key)
}

/// The environment of a user of the command.
pub(crate) fn environment(server: &Server) -> Vec<(&'static str, String)> {
    environment_of(server.address(), &server.ca_file())
}

/// The variables in the form that `Command::envs` accepts.
pub(crate) fn borrowed<'v>(
    variables: &'v [(&'static str, String)],
) -> Vec<(&'static str, &'v str)> {
    let variables = variables.iter();
    variables
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

/// As [`environment`], for a scripted peer.
pub(crate) fn environment_of_peer(peer: &TlsPeer) -> Vec<(&'static str, String)> {
    environment_of(peer.address(), &peer.ca_file())
}

fn environment_of(address: SocketAddr, ca_file: &Path) -> Vec<(&'static str, String)> {
    let expectation = Expectation::default();
    vec![
        ("DB_HOST", ENDPOINT.to_owned()),
        ("DB_CONNECT_TO", address.to_string()),
        ("DB_USER", "lambda-user".to_owned()),
        ("DB_NAME", "iamtest".to_owned()),
        ("DB_CA_FILE", ca_file.display().to_string()),
        ("AWS_ACCESS_KEY_ID", expectation.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", expectation.secret_access_key),
    ]
}
