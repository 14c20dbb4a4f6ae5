//! The checks, in the order of a connection's stages.

use std::net::SocketAddr;
use std::time::SystemTime;

use rustls::{CommonState, ProtocolVersion};
use secrecy::ExposeSecret;

use super::Doctor;
use super::caller::Caller;
use super::clock;
use super::report::{Outcome, Report};
use crate::error::words_without_stage;
use crate::exit::Exit;
use rds_bridge::aws::{EndpointKind, region_of_endpoint};
use rds_bridge::clock::{SystemClock, date, unix_seconds};
use rds_bridge::error::{Cause, Error, plugin_name};
use rds_bridge::mysql::Connection;
use rds_bridge::net::{SystemResolver, resolve_rds_alias};
use rds_bridge::tls::Certificate;
use rds_bridge::{Bridge, BridgeBuilder};

/// A certificate that expires sooner gets a warning.
const CERTIFICATE_DAYS: i64 = 30;

// The checks in order: first those of the proof of identity, a token or a secret, then those of the connection. A
// secret also contains settings, so they are checked after it.
const TOKEN_CHECKS: [&str; 5] = ["settings", "name", "credentials", "identity", "token"];
const SECRET_CHECKS: [&str; 4] = ["credentials", "identity", "secret", "settings"];
const CONNECTION_CHECKS: [&str; 6] = ["addresses", "TCP", "greeting", "TLS", "login", "SELECT 1"];

pub(super) async fn run(builder: BridgeBuilder, arguments: &Doctor, report: &mut Report) -> Exit {
    let first = if builder.has_secret() {
        &SECRET_CHECKS[..]
    } else {
        &TOKEN_CHECKS[..]
    };
    let (at, error) = match stages(builder, arguments.offline, report).await {
        Ok(()) => return Exit::Success,
        Err((at, error)) => (at, arguments.connection.explained(error)),
    };
    let exit = Exit::for_error(&error);
    report.add_failure(at, words_without_stage(&error), &error);
    let all = first.iter().chain(&CONNECTION_CHECKS);
    for name in all.skip_while(|name| **name != at).skip(1) {
        report.add(name, Outcome::NotReached, "", &[]);
    }
    exit
}

pub(super) type Failure = (&'static str, Error);

async fn stages(builder: BridgeBuilder, offline: bool, report: &mut Report) -> Result<(), Failure> {
    report.begin();
    let has_secret = builder.has_secret();
    let bridge = bridge(builder, offline, report).await?;
    settings(&bridge, report);
    let at = |at| move |error| (at, error);

    prove(&bridge, has_secret, offline, report).await?;
    roots(&bridge, report);
    // A new attempt, so that the requests to AWS do not count towards its time limit.
    let connecting = bridge.begin().await.map_err(at("addresses"))?;
    let ready = connecting
        .load_credentials()
        .await
        .map_err(at("credentials"))?;
    let resolved = ready.resolve().await.map_err(at("addresses"))?;
    let addresses = list(resolved.addresses());
    report.add("addresses", Outcome::Good, addresses, &[]);

    let connected = resolved.connect().await.map_err(at("TCP"))?;
    let peer = connected.peer_addr().map(|it| it.to_string());
    report.add("TCP", Outcome::Good, peer.unwrap_or_default(), &[]);

    let greeted = connected.read_initial_handshake().await;
    let greeted = greeted.map_err(at("greeting"))?;
    report.add(
        "greeting",
        Outcome::Good,
        "the server sent its first packet",
        &[],
    );
    let established = greeted.start_tls().await;
    let established = established.map_err(at("TLS"))?;
    certificate(established.tls(), report);

    let logged_in = established.log_in().await.map_err(at("login"))?;
    let mut connection = logged_in.set_up().await.map_err(at("login"))?;
    session(&connection, report);

    let server_time = select(&mut connection).await.map_err(at("SELECT 1"))?;
    report.add("SELECT 1", Outcome::Good, "the server answered", &[]);
    if let Some(ours) = unix_seconds(SystemTime::now()) {
        clock::compare(report, ours, server_time, "the server");
    }
    // Every check is done, so a failure to close the connection does not matter.
    let _closed = connection.close().await;
    Ok(())
}

#[cfg_attr(
    not(feature = "secrets-manager"),
    expect(unused_variables, reason = "only a secret is reported on")
)]
async fn bridge(
    builder: BridgeBuilder,
    offline: bool,
    report: &mut Report,
) -> Result<Bridge, Failure> {
    #[cfg(feature = "secrets-manager")]
    if builder.has_secret() {
        return super::secret::build(builder, offline, report).await;
    }
    builder.build().await.map_err(|error| ("settings", error))
}

fn settings(bridge: &Bridge, report: &mut Report) {
    let region = match (bridge.region(), bridge.region_source()) {
        (Some(region), Some(source)) => format!(", region {region} ({source})"),
        _ => String::new(),
    };
    let address = match bridge.address_host() {
        host if host == bridge.host() => String::new(),
        host => format!(", through {host}:{}", bridge.address_port()),
    };
    let (user, host, port) = (bridge.user(), bridge.host(), bridge.port());
    let detail = format!("{user} at {host}:{port}{region}{address}");
    report.add("settings", Outcome::Good, detail, &[]);
}

/// Warns if the trusted roots do not include those of the endpoint's region.
fn roots(bridge: &Bridge, report: &mut Report) {
    let region = region_of_endpoint(bridge.host());
    let region = region.as_deref().or(bridge.region());
    if let (Some(region), Some(cause)) = (region, bridge.missing_roots()) {
        let detail = format!(
            "the RDS roots of {region} are not trusted, so its certificates will be refused"
        );
        report.add("roots", Outcome::Doubtful, detail, &[cause]);
    }
}

/// Checks that the name is an RDS endpoint. A token that is signed for an alias is valid nowhere.
async fn name(host: &str, offline: bool, report: &mut Report) {
    if region_of_endpoint(host).is_some() {
        report.add("name", Outcome::Good, "an RDS endpoint", &[]);
        return;
    }
    if let EndpointKind::GlobalWriter { .. } = EndpointKind::of_endpoint(host) {
        let cause = Cause::new(
            "the primary cluster may be in another region after a switchover",
            "add --resolve-cname and omit the region, so that each connection looks up the cluster's endpoint",
        );
        let detail = "the writer of an Aurora global database";
        report.add("name", Outcome::Doubtful, detail, &[cause]);
        return;
    }
    let endpoint = if offline {
        None
    } else {
        let resolved = resolve_rds_alias(&SystemResolver, host).await;
        resolved.ok().flatten()
    };
    let (detail, remedy) = match endpoint {
        Some(endpoint) => (
            format!("an alias of {endpoint}"),
            format!("give {endpoint} as --hostname, or add --resolve-cname"),
        ),
        None => (
            "not an RDS endpoint".to_owned(),
            "give the endpoint that the RDS console shows (….rds.amazonaws.com) as --hostname, and the address to \
             connect to as --connect-to"
                .to_owned(),
        ),
    };
    let why = "a token is valid only for the endpoint for which it is signed";
    let cause = Cause::new(why, remedy);
    report.add("name", Outcome::Doubtful, detail, &[cause]);
}

/// Checks the name, the credentials and the token. A secret was already checked when the bridge was built.
async fn prove(
    bridge: &Bridge,
    has_secret: bool,
    offline: bool,
    report: &mut Report,
) -> Result<(), Failure> {
    let signs = bridge.region().is_some();
    let at = if signs { "name" } else { "addresses" };
    // Before `begin`, so that the look-up does not count towards its time limit.
    if signs {
        name(bridge.host(), offline, report).await;
    }
    let connecting = bridge.begin().await.map_err(|error| (at, error))?;
    let ready = connecting.load_credentials().await;
    let ready = ready.map_err(|error| ("credentials", error))?;
    let Some(credentials) = ready.credentials() else {
        if !has_secret {
            let detail = "a password, so no AWS credentials are needed";
            report.add("credentials", Outcome::Good, detail, &[]);
        }
        return Ok(());
    };
    let caller = Caller {
        credentials,
        region: bridge.region().filter(|_| !offline),
        clock: &SystemClock,
    };
    caller.report(report).await;
    let token = ready.token().map_err(|error| ("token", error))?;
    if let Some(token) = token {
        let length = token.text.expose_secret().len();
        let detail = format!("{length} bytes, valid until {}", date(token.valid_until));
        report.add("token", Outcome::Good, detail, &[]);
    }
    Ok(())
}

pub(super) fn certificate(tls: &CommonState, report: &mut Report) {
    let version = match tls.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS 1.3",
    };
    let leaf = tls.peer_certificates().and_then(<[_]>::first);
    let leaf = leaf.and_then(|leaf| Certificate::from_der(leaf).ok());
    let Some(leaf) = leaf else {
        report.add("TLS", Outcome::Good, version, &[]);
        return;
    };
    let detail = format!("{version}, certificate {leaf}");
    let now = unix_seconds(SystemTime::now()).and_then(|now| i64::try_from(now).ok());
    let left = leaf
        .not_after
        .unix_timestamp()
        .saturating_sub(now.unwrap_or_default());
    let days = left.checked_div(86_400).unwrap_or_default();
    if days >= CERTIFICATE_DAYS {
        report.add("TLS", Outcome::Good, detail, &[]);
        return;
    }
    let cause = Cause::new(
        match days {
            1 => "the certificate expires in 1 day".to_owned(),
            _ => format!("the certificate expires in {days} days"),
        },
        "check that RDS renews it, or rotate it: aws rds modify-db-instance --db-instance-identifier NAME \
         --ca-certificate-identifier CA (aws rds describe-certificates lists the CAs)",
    );
    report.add("TLS", Outcome::Doubtful, detail, &[cause]);
}

fn session(connection: &Connection, report: &mut Report) {
    let session = connection.session();
    let detail = format!(
        "server {}, connection {}, authenticated by {}",
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

pub(super) fn list(addresses: &[SocketAddr]) -> String {
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    addresses.join(", ")
}
