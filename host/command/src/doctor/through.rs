//! `doctor --through`: the checks of the way through a running proxy, as a client of it.
//!
//! Without TLS it logs in only over a Unix socket or a loopback address, and never sends a password.

mod causes;
mod packets;
mod place;
mod plain_login;
mod told;

use std::fmt;

use rds_bridge::component::Session;
use rds_bridge::error::{Error, ErrorKind, Stage, plugin_name};
use rds_bridge::mysql::{Connection, Transport};
use rds_bridge::stages::InitialHandshakeReceived;
use rds_bridge_wire::HEADER_LENGTH;
use tokio::time::timeout;

use super::checks::{Failure, certificate, list};
use super::report::{Outcome, Report};
use crate::connection_arguments::ClientSettings;
use crate::exit::Exit;
use packets::Greeting;
pub(super) use place::Place;
use plain_login::Login;

const TCP_CHECKS: [&str; 7] = [
    "settings",
    "addresses",
    "TCP",
    "greeting",
    "TLS",
    "login",
    "SELECT",
];
const UNIX_CHECKS: [&str; 5] = ["settings", "Unix socket", "greeting", "login", "SELECT"];

const LOCAL: &str = "not used, and not needed: the connection does not leave this machine";

/// Checks each stage. Returns the exit code.
pub(super) async fn run(place: &Place, client: ClientSettings<'_>, report: &mut Report) -> Exit {
    report.begin();
    let detail = format!("{} through the proxy at {place}", client.user);
    report.add("settings", Outcome::Good, detail, &[]);
    let (all, done) = match place {
        Place::Tcp { host, port } => (&TCP_CHECKS[..], over_tcp(host, *port, client, report).await),
        Place::Unix(path) => (&UNIX_CHECKS[..], over_unix(path, client, report).await),
    };
    let (at, error) = match done {
        Ok(()) => return Exit::Success,
        Err(failure) => failure,
    };
    let (detail, error, exit) = causes::explained(error, place);
    report.add_failure(at, detail, &error);
    for name in all.iter().skip_while(|name| **name != at).skip(1) {
        report.add(name, Outcome::NotReached, "", &[]);
    }
    exit
}

fn at(check: &'static str) -> impl Fn(Error) -> Failure {
    move |error| (check, error)
}

async fn over_tcp(
    host: &str,
    port: u16,
    client: ClientSettings<'_>,
    report: &mut Report,
) -> Result<(), Failure> {
    let builder = client.builder(host, port);
    let bridge = builder.build().await.map_err(at("settings"))?;
    let ready = async { bridge.begin().await?.load_credentials().await };
    let ready = ready.await.map_err(at("addresses"))?;
    let resolved = ready.resolve().await.map_err(at("addresses"))?;
    report.add("addresses", Outcome::Good, list(resolved.addresses()), &[]);

    let connected = resolved.connect().await.map_err(at("TCP"))?;
    let peer = connected.peer_addr().ok();
    let detail = peer.map(|it| it.to_string()).unwrap_or_default();
    report.add("TCP", Outcome::Good, detail, &[]);

    let received = connected.read_initial_handshake().await;
    let received = received.map_err(at("greeting"))?;
    let payload = received.first_packet().get(HEADER_LENGTH..);
    let greeting = plain_login::greeting(payload.unwrap_or_default());
    let greeting = greeting.map_err(at("greeting"))?;
    greeted(&greeting, report);

    let is_local = peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    if is_local && !greeting.offers_tls() {
        report.add("TLS", Outcome::Good, LOCAL, &[]);
        let (mut stream, _) = received.into_stream();
        let session = plain_login(&mut stream, greeting, &client).await?;
        logged_in(&session, report);
        return select(Connection::over(stream, session), report).await;
    }
    select(inside_tls(received, report).await?, report).await
}

/// Logs in by the library's stages. Without TLS they refuse.
async fn inside_tls(
    received: InitialHandshakeReceived,
    report: &mut Report,
) -> Result<Connection, Failure> {
    let established = received.start_tls().await.map_err(at("TLS"))?;
    certificate(established.tls(), report);
    let user = established.log_in().await.map_err(at("login"))?;
    logged_in(user.session(), report);
    user.set_up().await.map_err(at("SELECT"))
}

#[cfg(unix)]
async fn over_unix(
    path: &std::path::Path,
    client: ClientSettings<'_>,
    report: &mut Report,
) -> Result<(), Failure> {
    let connected = tokio::net::UnixStream::connect(path).await;
    let failed = |error| {
        (
            "Unix socket",
            Error::new(Stage::Connect, ErrorKind::Io(error)),
        )
    };
    let mut stream = connected.map_err(failed)?;
    let detail = path.display().to_string();
    report.add("Unix socket", Outcome::Good, detail, &[]);

    let limit = client.timeout;
    let payload = timeout(limit, plain_login::read_first(&mut stream)).await;
    let late = |_| {
        Err(Error::new(
            Stage::InitialHandshake,
            ErrorKind::Timeout(limit),
        ))
    };
    let payload = payload.unwrap_or_else(late).map_err(at("greeting"))?;
    let greeting = plain_login::greeting(&payload).map_err(at("greeting"))?;
    greeted(&greeting, report);
    let session = plain_login(&mut stream, greeting, &client).await?;
    logged_in(&session, report);
    select(Connection::over(stream, session), report).await
}

#[cfg(not(unix))]
async fn over_unix(
    _: &std::path::Path,
    _: ClientSettings<'_>,
    _: &mut Report,
) -> Result<(), Failure> {
    let problem = "rds-bridge does not support Unix sockets on this system";
    Err(("Unix socket", Error::setting("through", problem)))
}

async fn plain_login<S: Transport>(
    stream: &mut S,
    greeting: Greeting,
    client: &ClientSettings<'_>,
) -> Result<Session, Failure> {
    let login = Login {
        user: &client.user,
        password: &client.password,
        database: client.database.as_deref(),
    };
    let limit = client.timeout;
    let done = timeout(limit, plain_login::log_in(stream, greeting, &login)).await;
    let late = |_| Err(Error::new(Stage::Login, ErrorKind::Timeout(limit)));
    done.unwrap_or_else(late).map_err(at("login"))
}

fn greeted(greeting: &Greeting, report: &mut Report) {
    let Greeting {
        server_version,
        connection_id,
        ..
    } = greeting;
    // The proxy greets with the database's own first packet.
    let detail =
        format!("the database answered: server {server_version}, connection {connection_id}");
    report.add("greeting", Outcome::Good, detail, &[]);
}

fn logged_in(session: &Session, report: &mut Report) {
    let plugin = plugin_name(session.auth_plugin);
    let detail = format!("the proxy accepted the login ({plugin}), and logged in to the database");
    report.add("login", Outcome::Good, detail, &[]);
}

/// Asks the database for its current user, and how the proxy's own connection is encrypted.
async fn select<S: Transport>(
    mut connection: Connection<S>,
    report: &mut Report,
) -> Result<(), Failure> {
    let sql = "SELECT CURRENT_USER(), @@version";
    let who: (String, String) = connection.query_one(sql, ()).await.map_err(at("SELECT"))?;
    let (user, version) = who;
    // MariaDB and MySQL have it in different tables. A database without it is no failure.
    let sql = "SHOW SESSION STATUS LIKE 'Ssl_cipher'";
    let cipher = connection.query_optional::<(String, String)>(sql, ()).await;
    let cipher = match cipher {
        Ok(Some((_, cipher))) if !cipher.is_empty() => {
            format!(", TLS from the proxy to the database with {cipher}")
        }
        _ => String::new(),
    };
    let detail = format!("{user}, server {version}{cipher}");
    report.add("SELECT", Outcome::Good, detail, &[]);
    // Every check is done, so a failure to close the connection does not matter.
    let _closed = connection.close().await;
    Ok(())
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}
