//! TLS with servers that cannot be trusted: each leads to an error of its own, and none receives a secret.

use rds_bridge::component::HandshakeError;
use rds_bridge::error::{Category, ErrorKind};
use rds_bridge::{Error, Stage};
use rds_bridge_test_support::certificates::ServerCertificate;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server, Tls};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, connect_error, credentials, to};

fn refusal(product: Product, options: &Options) -> (Error, Server) {
    let server = Server::start(product, options);
    let builder = to(&server).user("lambda-user").credentials(credentials());
    let error = connect_error(builder);
    assert_eq!(error.category(), Category::Tls, "{error}");
    // The plugin logs a line for each token that it receives.
    assert!(!server.error_log().contains("[AWSAuthenticationPlugin]"));
    (error, server)
}

fn with_certificate(certificate: ServerCertificate) -> Options {
    Options {
        certificate,
        ..Options::default()
    }
}

#[apply(on_each_server)]
fn certificates_that_are_not_good(product: Product) {
    for (certificate, words) in [
        (ServerCertificate::Expired, "has expired"),
        (ServerCertificate::WrongName, "is for another name"),
        (
            ServerCertificate::UnknownAuthority,
            "was issued by an unknown authority",
        ),
    ] {
        let (error, _server) = refusal(product, &with_certificate(certificate));
        assert_eq!(error.stage(), Stage::Tls);
        assert!(error.to_string().contains(words), "{error}");
        assert!(!error.causes().is_empty());
    }
}

#[apply(on_each_server)]
fn a_server_without_tls_gets_nothing(product: Product) {
    let options = Options {
        tls: Tls::Off,
        ..Options::default()
    };
    let (error, _server) = refusal(product, &options);
    assert_eq!(error.stage(), Stage::Tls);
    assert!(matches!(
        error.kind(),
        ErrorKind::Handshake(HandshakeError::TlsNotOffered)
    ));
}

/// MySQL no longer supports TLS 1.1. A MariaDB server can be configured to offer nothing newer.
#[test]
fn tls_1_1_is_too_old() {
    let options = Options {
        tls: Tls::Versions("TLSv1.1".to_owned()),
        ..Options::default()
    };
    let (error, _server) = refusal(Product::MariaDb, &options);
    assert!(error.causes()[0].why.contains("1.2"), "{error}");
}

#[apply(on_each_server)]
fn the_bundled_roots_do_not_know_the_tests_authority(product: Product) {
    let server = Server::shared(product);
    let bridge = |extra: bool| {
        let builder = rds_bridge::Bridge::builder()
            .endpoint(rds_bridge_test_support::expectation::ENDPOINT)
            .connect_to(server.address().to_string())
            .user("lambda-user")
            .credentials(credentials());
        match extra {
            true => builder.extra_ca_file(server.ca_file()),
            false => builder,
        }
    };
    let connect = |extra| block_on(async { bridge(extra).build().await?.connect().await });
    assert!(matches!(
        connect(false).unwrap_err().kind(),
        ErrorKind::Tls(_)
    ));
    connect(true).unwrap();
}

/// Otherwise the server would ask for another key share, which costs a round trip.
#[apply(on_each_server)]
fn the_first_handshake_offers_a_key_share_that_the_server_accepts(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let builder = to(server).user("lambda-user").credentials(credentials());
        let connection = builder.build().await.unwrap().connect().await.unwrap();
        assert_eq!(
            connection.tls().handshake_kind(),
            Some(rustls::HandshakeKind::Full)
        );
    });
}

#[apply(on_each_server)]
fn sessions_are_resumed(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let builder = to(server).user("lambda-user").credentials(credentials());
        let bridge = builder.build().await.unwrap();
        let mut first = bridge.connect().await.unwrap();
        first.ping().await.unwrap();
        first.close().await.unwrap();
        let second = bridge.connect().await.unwrap();
        assert_eq!(
            second.tls().handshake_kind(),
            Some(rustls::HandshakeKind::Resumed)
        );
    });
}
