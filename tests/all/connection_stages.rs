//! The way to a session, stage by stage, as a program takes it: `rds_bridge::stages`.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::sleep;
use std::time::Duration;

use rds_bridge::error::ErrorKind;
use rds_bridge::tls::Certificate;
use rds_bridge::{Bridge, BridgeBuilder, Error, Stage, Timeouts};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::live::{block_on, credentials, to};

/// With a token.
fn signing(server: &Server) -> BridgeBuilder {
    to(server).user("lambda-user").credentials(credentials())
}

async fn build(builder: BridgeBuilder) -> Bridge {
    builder.build().await.unwrap()
}

#[apply(on_each_server)]
fn each_tells_what_it_has_found(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let bridge = build(signing(server)).await;
        let proven = bridge.begin().await.unwrap().credentials().await.unwrap();
        assert_eq!(proven.user(), bridge.user());
        assert!(proven.credentials().is_some());
        assert!(proven.token().unwrap().is_some());
        let resolved = proven.resolve().await.unwrap();
        assert_eq!(resolved.addresses(), [server.address()]);
        let reached = resolved.connect().await.unwrap();
        assert_eq!(reached.peer_addr().unwrap(), server.address());
        let secured = reached.start_tls().await.unwrap();
        let chain = secured.tls().peer_certificates().unwrap();
        let leaf = Certificate::from_der(&chain[0]).unwrap();
        assert!(leaf.dns_names.contains(&bridge.host().to_owned()), "{leaf}");
        let logged_in = secured.log_in().await.unwrap();
        let id = logged_in.session().connection_id;
        let mut connection = logged_in.set_up().await.unwrap();
        let mut rows = connection.query("SELECT CONNECTION_ID()").await.unwrap();
        let row = rows.next().await.unwrap().unwrap();
        assert_eq!(row.get::<u64>(0).unwrap(), u64::from(id));
        drop(rows);
        // Read-only, as from Bridge::connect.
        let refused = connection.execute_to_end("CREATE TABLE t (a INT)").await;
        assert_eq!(refused.unwrap_err().code(), Some(1792));
    });
}

#[apply(on_each_server)]
fn a_password_needs_no_token(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let bridge = build(to(server).user("password-user").password(PASSWORD)).await;
        let proven = bridge.begin().await.unwrap().credentials().await.unwrap();
        assert!(proven.credentials().is_none());
        assert!(proven.token().unwrap().is_none());
    });
}

/// A stage fails as `Bridge::connect` does there.
#[apply(on_each_server)]
fn a_failure_is_that_of_connect(product: Product) {
    let server = Server::shared(product);
    let as_connect = |mine: Error, whole: Error, stage: Stage| {
        assert_eq!(mine.stage(), stage);
        assert_eq!(mine.to_string(), whole.to_string());
        assert_eq!(mine.causes(), whole.causes());
        assert!(!mine.causes().is_empty(), "{mine}");
    };
    block_on(async {
        let bridge = build(to(server).user("password-user").password("another")).await;
        let resolved = bridge.begin().await.unwrap().credentials().await.unwrap();
        let resolved = resolved.resolve().await.unwrap();
        let secured = resolved.connect().await.unwrap().start_tls().await.unwrap();
        let mine = secured.log_in().await.unwrap_err();
        as_connect(mine, bridge.connect().await.unwrap_err(), Stage::Login);

        let bridge = build(signing(server).tls_server_name("another.example.com")).await;
        let resolved = bridge.begin().await.unwrap().credentials().await.unwrap();
        let resolved = resolved.resolve().await.unwrap();
        let reached = resolved.connect().await.unwrap();
        let mine = reached.start_tls().await.unwrap_err();
        as_connect(mine, bridge.connect().await.unwrap_err(), Stage::Tls);

        let nobody = nobody_listens().to_string();
        let bridge = build(signing(server).connect_to(nobody)).await;
        let resolved = bridge.begin().await.unwrap().credentials().await.unwrap();
        let resolved = resolved.resolve().await.unwrap();
        let mine = resolved.connect().await.unwrap_err();
        as_connect(mine, bridge.connect().await.unwrap_err(), Stage::Connect);
    });
}

/// A port that was free a moment ago.
fn nobody_listens() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

#[apply(on_each_server)]
fn a_pause_between_stages_is_part_of_the_time(product: Product) {
    let server = Server::shared(product);
    let whole = Duration::from_millis(200);
    let timeouts = Timeouts {
        whole,
        ..Timeouts::default()
    };
    block_on(async {
        let bridge = build(signing(server).timeouts(timeouts)).await;
        let proven = bridge.begin().await.unwrap().credentials().await.unwrap();
        let resolved = proven.resolve().await.unwrap();
        sleep(whole);
        let error = resolved.connect().await.unwrap_err();
        assert_eq!(error.stage(), Stage::Connect);
        let is_late = matches!(error.kind(), ErrorKind::Timeout(limit) if *limit == whole);
        assert!(is_late, "{error}");
    });
}

/// Nothing of it is shown.
#[apply(on_each_server)]
fn no_stage_shows_a_secret(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let bridge = build(to(server).user("password-user").password(PASSWORD)).await;
        let connecting = bridge.begin().await.unwrap();
        let mut shown = format!("{connecting:?}");
        let proven = connecting.credentials().await.unwrap();
        shown += &format!("{proven:?}");
        let resolved = proven.resolve().await.unwrap();
        shown += &format!("{resolved:?}");
        let reached = resolved.connect().await.unwrap();
        shown += &format!("{reached:?}");
        let secured = reached.start_tls().await.unwrap();
        shown += &format!("{secured:?}");
        shown += &format!("{:?}", secured.log_in().await.unwrap());
        assert!(!shown.contains(PASSWORD), "{shown}");
    });
}
