//! The checks, in the order of the way.

use std::net::SocketAddr;
use std::time::Duration;

use rustls::ProtocolVersion;
use secrecy::ExposeSecret;
use tokio::net::TcpStream;

use super::clock;
use super::report::{Outcome, Report};
use crate::aws::{Credentials, IdentityError, caller_identity, region_of_endpoint};
use crate::bridge::{Bridge, BridgeBuilder, Inner, Login, connect};
use crate::cli::error::Chain;
use crate::cli::exit::Exit;
use crate::clock::{date, unix_seconds};
use crate::error::{Cause, Error, causes, plugin_name};
use crate::guest::Auth;
use crate::mysql::Connection;
use crate::net;
use crate::tls::{Certificate, TlsStream};

/// AWS's answer is worth so much waiting.
const IDENTITY_LIMIT: Duration = Duration::from_secs(5);
/// A certificate that ends sooner is worth a word.
const CERTIFICATE_DAYS: i64 = 30;

/// All checks, in this order.
const NAMES: [&str; 10] = [
    "settings",
    "name",
    "credentials",
    "identity",
    "token",
    "addresses",
    "TCP",
    "TLS",
    "login",
    "SELECT 1",
];

pub(super) async fn walk(builder: BridgeBuilder, offline: bool, report: &mut Report) -> Exit {
    let (at, error) = match stages(builder, offline, report).await {
        Ok(()) => return Exit::Success,
        Err(failure) => failure,
    };
    let exit = Exit::of(&error);
    report.add_failure(at, Chain(&error).to_string(), &error);
    let behind = NAMES.iter().skip_while(|name| **name != at).skip(1);
    for name in behind {
        report.add(name, Outcome::NotReached, "", &[]);
    }
    exit
}

type Failure = (&'static str, Error);

async fn stages(builder: BridgeBuilder, offline: bool, report: &mut Report) -> Result<(), Failure> {
    report.begin();
    let bridge = builder.build().await.map_err(|error| ("settings", error))?;
    settings(&bridge, report);
    let inner = bridge.inner();
    let explained = |at| move |error| (at, causes::attach(error, inner));
    name(inner, offline, report).await;

    let auth = auth(inner, offline, report).await?;
    let addresses = connect::resolve(inner)
        .await
        .map_err(explained("addresses"))?;
    report.add("addresses", Outcome::Good, list(&addresses), &[]);

    let tcp = connect::tcp(inner, &addresses)
        .await
        .map_err(explained("TCP"))?;
    let peer = tcp.peer_addr().map(|it| it.to_string()).unwrap_or_default();
    report.add("TCP", Outcome::Good, peer, &[]);

    let started = connect::start_handshake(inner, tcp, &auth).await;
    let (handshake, tls) = started.map_err(explained("TLS"))?;
    certificate(&tls, inner, report);

    let login = connect::finish_handshake(inner, handshake, tls).await;
    let mut connection = login.map_err(explained("login"))?;
    logged_in(&connection, report);

    let server_time = select(&mut connection)
        .await
        .map_err(explained("SELECT 1"))?;
    report.add("SELECT 1", Outcome::Good, "the server answers", &[]);
    if let Some(ours) = unix_seconds(inner.clock.now()) {
        clock::compare(report, ours, server_time, "the server");
    }
    // All has been seen: whether the server hears our good-bye is no matter.
    let _closed = connection.close().await;
    Ok(())
}

fn settings(bridge: &Bridge, report: &mut Report) {
    let inner = bridge.inner();
    let region = match &inner.endpoint.region {
        Some((region, source)) => format!(", region {region} ({source})"),
        None => String::new(),
    };
    let address = if inner.address.host == inner.endpoint.host {
        String::new()
    } else {
        format!(", through {}:{}", inner.address.host, inner.address.port)
    };
    let (user, host, port) = (bridge.user(), bridge.host(), bridge.port());
    let detail = format!("{user} at {host}:{port}{region}{address}");
    report.add("settings", Outcome::Good, detail, &[]);
}

/// Whether the name is one that RDS gives, or an alias of one: a token for an alias is good nowhere.
async fn name(inner: &Inner, offline: bool, report: &mut Report) {
    let host = &inner.endpoint.host;
    if region_of_endpoint(host).is_some() {
        report.add("name", Outcome::Good, "an RDS endpoint's own", &[]);
        return;
    }
    let endpoint = match offline {
        true => None,
        false => net::rds_endpoint_behind(host).await.ok().flatten(),
    };
    let (detail, remedy) = match endpoint {
        Some(endpoint) => (
            format!("an alias of {endpoint}"),
            format!("give {endpoint} as the host, or --resolve-cname"),
        ),
        None => (
            "not one that RDS gives".to_owned(),
            "give the name that RDS shows (….rds.amazonaws.com), and the way there with --connect-to"
                .to_owned(),
        ),
    };
    let why = "a token is good for the endpoint's own name alone".to_owned();
    report.add("name", Outcome::Doubtful, detail, &[Cause { why, remedy }]);
}

async fn auth(inner: &Inner, offline: bool, report: &mut Report) -> Result<Auth, Failure> {
    let cached = match &inner.login {
        Login::Iam(cached) => cached,
        Login::Password(password) => {
            report.add("credentials", Outcome::Good, "a password", &[]);
            return Ok(Auth::Password(password.clone()));
        }
    };
    let credentials = inner
        .credentials(cached)
        .await
        .map_err(|error| ("credentials", error))?;
    let lasting = match (&credentials.session_token, credentials.expires_at) {
        (None, _) => "long-term".to_owned(),
        (Some(_), Some(until)) => format!("temporary, until {}", date(until)),
        (Some(_), None) => "temporary".to_owned(),
    };
    let detail = format!("{}, {lasting}", credentials.access_key_id);
    report.add("credentials", Outcome::Good, detail, &[]);
    if !offline {
        identity(inner, &credentials, report).await;
    }
    let token = inner
        .token(&credentials)
        .map_err(|error| ("token", error))?;
    let length = token.text.expose_secret().len();
    let detail = format!("{length} bytes, good until {}", date(token.valid_until));
    report.add("token", Outcome::Good, detail, &[]);
    Ok(Auth::IamToken(token.text))
}

/// Whose the credentials are. That AWS cannot be asked from here is no obstacle: signing asks nobody.
async fn identity(inner: &Inner, credentials: &Credentials, report: &mut Report) {
    let Some((region, _)) = &inner.endpoint.region else {
        return;
    };
    let asked = tokio::time::timeout(IDENTITY_LIMIT, caller_identity(credentials, region)).await;
    let server_time = match asked {
        Ok(Ok(identity)) => {
            let detail = format!("{} (account {})", identity.arn, identity.account);
            report.add("identity", Outcome::Good, detail, &[]);
            identity.server_time
        }
        Ok(Err(error @ IdentityError::Refused { .. })) => {
            let cause = Cause {
                why:
                    "the credentials are wrong, expired or revoked, or this machine's clock is off"
                        .to_owned(),
                remedy: "get fresh ones: the database will refuse what these sign".to_owned(),
            };
            report.add(
                "identity",
                Outcome::Doubtful,
                Chain(&error).to_string(),
                &[cause],
            );
            match error {
                IdentityError::Refused { server_time, .. } => server_time,
                IdentityError::NoAnswer(_) => None,
            }
        }
        Ok(Err(_)) | Err(_) => {
            let cause = Cause {
                why: "there is no way to AWS's STS from here, as in a subnet without one"
                    .to_owned(),
                remedy: "nothing, if the rest is good; --offline leaves this out".to_owned(),
            };
            report.add(
                "identity",
                Outcome::Doubtful,
                "AWS does not answer",
                &[cause],
            );
            None
        }
    };
    if let (Some(theirs), Some(ours)) = (server_time, unix_seconds(inner.clock.now())) {
        clock::compare(report, ours, theirs, "AWS");
    }
}

fn certificate(tls: &TlsStream<TcpStream>, inner: &Inner, report: &mut Report) {
    let version = match tls.state().protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS 1.3",
    };
    let leaf = tls.state().peer_certificates().and_then(<[_]>::first);
    let leaf = leaf.and_then(|leaf| Certificate::from_der(leaf).ok());
    let Some(leaf) = leaf else {
        report.add("TLS", Outcome::Good, version, &[]);
        return;
    };
    let detail = format!("{version}, certificate {leaf}");
    let now = unix_seconds(inner.clock.now()).and_then(|now| i64::try_from(now).ok());
    let left = leaf
        .not_after
        .unix_timestamp()
        .saturating_sub(now.unwrap_or_default());
    let days = left.checked_div(86_400).unwrap_or_default();
    if days >= CERTIFICATE_DAYS {
        report.add("TLS", Outcome::Good, detail, &[]);
        return;
    }
    let cause = Cause {
        why: format!("the certificate ends in {days} days"),
        remedy: "see that RDS renews it, or rotate it: aws rds modify-db-instance \
                 --ca-certificate-identifier"
            .to_owned(),
    };
    report.add("TLS", Outcome::Doubtful, detail, &[cause]);
}

fn logged_in(connection: &Connection, report: &mut Report) {
    let session = connection.session();
    let detail = format!(
        "server {}, connection {}, by {}",
        session.server_version,
        session.connection_id,
        plugin_name(session.auth_plugin)
    );
    report.add("login", Outcome::Good, detail, &[]);
}

async fn select(connection: &mut Connection) -> Result<u64, Error> {
    let mut rows = connection.query("SELECT 1, UNIX_TIMESTAMP()").await?;
    let mut time = 0;
    if let Some(row) = rows.next().await? {
        time = row.get(1)?;
    }
    rows.finish().await?;
    Ok(time)
}

fn list(addresses: &[SocketAddr]) -> String {
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    addresses.join(", ")
}
