//! The checks, in the order of the way.

use std::net::SocketAddr;
use std::time::SystemTime;

use rustls::{CommonState, ProtocolVersion};
use secrecy::ExposeSecret;

use super::caller::Caller;
use super::clock;
use super::report::{Outcome, Report};
use crate::error::words;
use crate::exit::Exit;
use rds_bridge::aws::{EndpointKind, region_of_endpoint};
use rds_bridge::clock::{SystemClock, date, unix_seconds};
use rds_bridge::error::{Cause, Error, plugin_name};
use rds_bridge::mysql::Connection;
use rds_bridge::net::{SystemResolver, resolve_rds_alias};
use rds_bridge::tls::Certificate;
use rds_bridge::{Bridge, BridgeBuilder};

/// A certificate that ends sooner is worth a word.
const CERTIFICATE_DAYS: i64 = 30;

/// All checks, in this order: first to the proof of who the user is, and with a secret to the settings that are
/// in it; then to the rows.
const TO_A_TOKEN: [&str; 5] = ["settings", "name", "credentials", "identity", "token"];
const BY_A_SECRET: [&str; 4] = ["credentials", "identity", "secret", "settings"];
const TO_THE_ROWS: [&str; 5] = ["addresses", "TCP", "TLS", "login", "SELECT 1"];

pub(super) async fn walk(builder: BridgeBuilder, offline: bool, report: &mut Report) -> Exit {
    let first = match builder.has_secret() {
        true => &BY_A_SECRET[..],
        false => &TO_A_TOKEN[..],
    };
    let (at, error) = match stages(builder, offline, report).await {
        Ok(()) => return Exit::Success,
        Err(failure) => failure,
    };
    let exit = Exit::of(&error);
    report.add_failure(at, words(&error), &error);
    let all = first.iter().chain(&TO_THE_ROWS);
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
    let established = greeted.map_err(at("TLS"))?.start_tls().await;
    let established = established.map_err(at("TLS"))?;
    certificate(established.tls(), report);

    let logged_in = established.log_in().await.map_err(at("login"))?;
    let mut connection = logged_in.set_up().await.map_err(at("login"))?;
    session(&connection, report);

    let server_time = select(&mut connection).await.map_err(at("SELECT 1"))?;
    report.add("SELECT 1", Outcome::Good, "the server answers", &[]);
    if let Some(ours) = unix_seconds(SystemTime::now()) {
        clock::compare(report, ours, server_time, "the server");
    }
    // All has been seen: whether the server hears our good-bye is no matter.
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

/// Warns where the roots of the endpoint's region are not among those that are trusted.
fn roots(bridge: &Bridge, report: &mut Report) {
    let region = region_of_endpoint(bridge.host());
    let region = region.as_deref().or(bridge.region());
    if let (Some(region), Some(cause)) = (region, bridge.missing_roots()) {
        let detail =
            format!("RDS's of {region} are not trusted: a certificate from there will be refused");
        report.add("roots", Outcome::Doubtful, detail, &[cause]);
    }
}

/// Whether the name is one that RDS gives, or an alias of one: a token for an alias is good nowhere.
async fn name(host: &str, offline: bool, report: &mut Report) {
    if region_of_endpoint(host).is_some() {
        report.add("name", Outcome::Good, "an RDS endpoint's own", &[]);
        return;
    }
    if let EndpointKind::GlobalWriter { .. } = EndpointKind::of_endpoint(host) {
        let cause = Cause::new(
            "the primary cluster may be in another region after a switchover",
            "give --resolve-cname and no region: the cluster's endpoint is then looked up for each connection",
        );
        let detail = "the writer of an Aurora global database";
        report.add("name", Outcome::Doubtful, detail, &[cause]);
        return;
    }
    let endpoint = match offline {
        true => None,
        false => resolve_rds_alias(&SystemResolver, host)
            .await
            .ok()
            .flatten(),
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
    let why = "a token is good for the endpoint's own name alone";
    let cause = Cause::new(why, remedy);
    report.add("name", Outcome::Doubtful, detail, &[cause]);
}

/// Checks the name, the credentials and the token. A secret was checked when the bridge was built.
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
            report.add("credentials", Outcome::Good, "a password", &[]);
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
        let detail = format!("{length} bytes, good until {}", date(token.valid_until));
        report.add("token", Outcome::Good, detail, &[]);
    }
    Ok(())
}

fn certificate(tls: &CommonState, report: &mut Report) {
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
        format!("the certificate ends in {days} days"),
        "see that RDS renews it, or rotate it: aws rds modify-db-instance --ca-certificate-identifier",
    );
    report.add("TLS", Outcome::Doubtful, detail, &[cause]);
}

fn session(connection: &Connection, report: &mut Report) {
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
