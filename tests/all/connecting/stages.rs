//! `rds_bridge::stages`: a program that connects stage by stage.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use aws_credential_types::Credentials as SdkCredentials;
use aws_credential_types::provider::{ProvideCredentials, future};
use rds_bridge::error::ErrorKind;
use rds_bridge::stages::{CredentialsReady, Resolved, TcpConnected, TlsEstablished};
use rds_bridge::tls::Certificate;
use rds_bridge::{Bridge, BridgeBuilder, Error, Stage, Timeouts};
use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, credentials, to};
use crate::helpers::never::Never;
use crate::helpers::secret_forms::search;

/// A builder for logins with a token.
fn with_token(server: &Server) -> BridgeBuilder {
    to(server).user("lambda-user").credentials(credentials())
}

fn with_password(server: &Server, password: &str) -> BridgeBuilder {
    to(server).user("password-user").password(password)
}

async fn build(builder: BridgeBuilder) -> Bridge {
    builder.build().await.unwrap()
}

async fn ready(bridge: &Bridge) -> CredentialsReady {
    let connecting = bridge.begin().await.unwrap();
    connecting.load_credentials().await.unwrap()
}

async fn resolved(bridge: &Bridge) -> Resolved {
    ready(bridge).await.resolve().await.unwrap()
}

#[apply(on_each_server)]
fn each_stage_shows_its_result(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let bridge = build(with_token(server)).await;
        let ready = ready(&bridge).await;
        assert_eq!(ready.user(), bridge.user());
        assert!(ready.credentials().is_some());
        assert!(ready.token().unwrap().is_some());
        let resolved = ready.resolve().await.unwrap();
        assert_eq!(resolved.addresses(), [server.address()]);
        let connected = resolved.connect().await.unwrap();
        assert_eq!(connected.peer_addr().unwrap(), server.address());
        let greeted = connected.read_initial_handshake().await.unwrap();
        let connection_id = connection_id(greeted.first_packet());
        let established = greeted.start_tls().await.unwrap();
        let chain = established.tls().peer_certificates().unwrap();
        let leaf = Certificate::from_der(&chain[0]).unwrap();
        assert!(leaf.dns_names.contains(&bridge.host().to_owned()), "{leaf}");
        let logged_in = established.log_in().await.unwrap();
        let id = logged_in.session().connection_id;
        assert_eq!(id, connection_id);
        let mut connection = logged_in.set_up().await.unwrap();
        let mut rows = connection.query("SELECT CONNECTION_ID()").await.unwrap();
        let row = rows.next().await.unwrap().unwrap();
        assert_eq!(row.get::<u64>(0).unwrap(), u64::from(id));
        drop(rows);
        // The session is read-only, like one of `Bridge::connect`.
        let refused = connection.execute("CREATE TABLE t (a INT)", ()).await;
        assert_eq!(refused.unwrap_err().code(), Some(1792));
    });
}

#[apply(on_each_server)]
fn a_password_needs_no_token(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let bridge = build(with_password(server, PASSWORD)).await;
        let ready = ready(&bridge).await;
        assert!(ready.credentials().is_none());
        assert!(ready.token().unwrap().is_none());
    });
}

/// Each stage fails with the error and the causes of `Bridge::connect`.
#[apply(on_each_server)]
fn each_stage_fails_as_connect_does(product: Product) {
    let server = Server::shared(product);
    let assert_same = |own: Error, of_connect: Error, stage: Stage| {
        assert_eq!(own.stage(), stage);
        assert_eq!(own.to_string(), of_connect.to_string());
        assert_eq!(own.causes(), of_connect.causes());
        assert!(!own.causes().is_empty(), "{own}");
    };
    block_on(async {
        let timeouts = Timeouts {
            credentials: Duration::from_millis(100),
            ..Timeouts::default()
        };
        let builder = to(server).user("lambda-user").credentials_provider(Never);
        let bridge = build(builder.timeouts(timeouts)).await;
        let own = bridge.begin().await.unwrap().load_credentials().await;
        let of_connect = bridge.connect().await.unwrap_err();
        assert_same(own.unwrap_err(), of_connect, Stage::Credentials);

        let bridge = build(with_token(server).connect_to("no.such.host.invalid")).await;
        let own = ready(&bridge).await.resolve().await.unwrap_err();
        assert_same(own, bridge.connect().await.unwrap_err(), Stage::Resolve);

        let bridge = build(with_token(server).connect_to(closed_port().to_string())).await;
        let own = resolved(&bridge).await.connect().await.unwrap_err();
        assert_same(own, bridge.connect().await.unwrap_err(), Stage::Connect);

        let bridge = build(with_token(server).tls_server_name("another.example.com")).await;
        let connected = resolved(&bridge).await.connect().await.unwrap();
        let own = start_tls(connected).await.unwrap_err();
        assert_same(own, bridge.connect().await.unwrap_err(), Stage::Tls);

        let bridge = build(with_password(server, "another")).await;
        let connected = resolved(&bridge).await.connect().await.unwrap();
        let established = start_tls(connected).await.unwrap();
        let own = established.log_in().await.unwrap_err();
        assert_same(own, bridge.connect().await.unwrap_err(), Stage::Login);
    });
}

async fn start_tls(connected: TcpConnected) -> Result<TlsEstablished, Error> {
    let greeted = connected.read_initial_handshake().await?;
    greeted.start_tls().await
}

/// The `thread id` of a `Protocol::HandshakeV10`: `int<4>` after the `string<NUL>` of the version.
fn connection_id(packet: &[u8]) -> u32 {
    let payload = &packet[4..];
    assert_eq!(payload[0], 10);
    let version_end = payload.iter().position(|byte| *byte == 0).unwrap();
    let id = payload[version_end + 1..].first_chunk().unwrap();
    u32::from_le_bytes(*id)
}

/// A port at which nothing listens: it was free a moment ago.
fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

#[apply(on_each_server)]
fn the_whole_limit_includes_pauses_between_stages(product: Product) {
    let server = Server::shared(product);
    let whole = Duration::from_millis(200);
    let timeouts = Timeouts {
        whole,
        ..Timeouts::default()
    };
    block_on(async {
        let bridge = build(with_token(server).timeouts(timeouts)).await;
        let resolved = resolved(&bridge).await;
        sleep(whole);
        let error = resolved.connect().await.unwrap_err();
        assert_eq!(error.stage(), Stage::Connect);
        let is_late = matches!(error.kind(), ErrorKind::Timeout(limit) if *limit == whole);
        assert!(is_late, "{error}");
    });
}

/// Returns credentials that the server refuses at first, and the right ones afterwards.
#[derive(Debug, Default)]
struct Renewed {
    was_asked: AtomicBool,
}

impl ProvideCredentials for Renewed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let expected = Expectation::default();
        let secret = match self.was_asked.swap(true, Ordering::SeqCst) {
            true => expected.secret_access_key,
            false => "revoked".to_owned(),
        };
        let credentials = SdkCredentials::new(expected.access_key_id, secret, None, None, "a test");
        future::ProvideCredentials::ready(Ok(credentials))
    }
}

#[apply(on_each_server)]
fn a_refused_login_goes_on_with_newer_credentials(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let builder = to(server).user("lambda-user");
        let bridge = build(builder.credentials_provider(Renewed::default())).await;
        let resolved = resolved(&bridge).await;
        let connected = resolved.clone().connect().await.unwrap();
        let refusal = start_tls(connected).await.unwrap().log_in().await;
        let refusal = refusal.unwrap_err();
        assert_eq!(refusal.code(), Some(1045));
        let reloaded = resolved.reload_credentials(refusal).await.unwrap();
        let established = start_tls(reloaded.connect().await.unwrap()).await;
        let established = established.unwrap();
        let logged_in = established.log_in().await.unwrap();
        logged_in.set_up().await.unwrap();
    });
}

#[apply(on_each_server)]
fn a_refusal_stands_without_newer_credentials(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let bridge = build(with_password(server, "another")).await;
        let resolved = resolved(&bridge).await;
        let connected = resolved.clone().connect().await.unwrap();
        let refusal = start_tls(connected).await.unwrap().log_in().await;
        let still = resolved.reload_credentials(refusal.unwrap_err()).await;
        assert_eq!(still.unwrap_err().code(), Some(1045));
    });
}

#[apply(on_each_server)]
fn debug_shows_no_secret(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        for builder in [with_password(server, PASSWORD), with_token(server)] {
            let bridge = build(builder).await;
            let connecting = bridge.begin().await.unwrap();
            let mut shown = format!("{connecting:?}");
            let ready = connecting.load_credentials().await.unwrap();
            shown += &format!("{ready:?}");
            let resolved = ready.resolve().await.unwrap();
            shown += &format!("{resolved:?}");
            let connected = resolved.connect().await.unwrap();
            shown += &format!("{connected:?}");
            let greeted = connected.read_initial_handshake().await.unwrap();
            shown += &format!("{greeted:?}");
            let established = greeted.start_tls().await.unwrap();
            shown += &format!("{established:?}");
            shown += &format!("{:?}", established.log_in().await.unwrap());
            search("Debug of the stages", &shown);
        }
    });
}
