//! An error contains the certificates that were refused.

use std::time::{Duration, SystemTime};

use rds_bridge::clock::Clock;
use rds_bridge::error::Category;
use rds_bridge::tls::Certificate;
use rds_bridge::{Bridge, Error, Stage};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rds_bridge_test_support::tls_peer::TlsPeer;
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, connect_error, credentials, to};

const AUTHORITY: &str = "CN=rds-bridge tests: authority";

#[apply(on_each_server)]
fn a_good_one_is_not_among_them(product: Product) {
    let builder = to(Server::shared(product))
        .user("no-grant")
        .database("mysql")
        .credentials(credentials());
    let error = connect_error(builder);
    assert_eq!(error.code(), Some(1044));
    assert_eq!(error.refused_certificates(), []);
}

#[test]
fn without_a_root_there_is_nobody_to_trust() {
    let builder = Bridge::builder()
        .endpoint(ENDPOINT)
        .user("lambda-user")
        .credentials(credentials())
        .tls_roots(rustls::RootCertStore::empty());
    let error = block_on(builder.build()).unwrap_err();
    assert_eq!(error.stage(), Stage::Settings);
    assert_eq!(error.category(), Category::Settings);
    assert!(error.to_string().contains("tls_roots"), "{error}");
}

#[derive(Debug)]
struct In2019;

impl Clock for In2019 {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_550_000_000)
    }
}

/// Certificates are not issued for a future time, so this machine's clock must be wrong.
#[test]
fn one_that_is_not_valid_yet_tells_of_the_clock() {
    let peer = TlsPeer::silent_in_tls();
    let bridge = Bridge::builder()
        .endpoint(ENDPOINT)
        .connect_to(peer.address().to_string())
        .ca_file(peer.ca_file())
        .user("lambda-user")
        .credentials(credentials())
        .clock(In2019);
    block_on(async {
        let bridge = bridge.build().await.unwrap();
        // The second attempt behaves like the first: no session is resumed, and no certificate is left from the first.
        for _ in 0..2 {
            let error: Error = bridge.connect().await.unwrap_err();
            assert!(error.to_string().contains("not valid yet"), "{error}");
            assert!(error.causes()[0].why.contains("clock is slow"), "{error:?}");
            let [presented, authority]: &[Certificate] = error.refused_certificates() else {
                panic!("{error:?}");
            };
            assert_eq!(presented.issuer, AUTHORITY);
            assert_eq!(authority.subject, AUTHORITY);
            assert!(presented.dns_names.contains(&ENDPOINT.to_owned()));
        }
    });
}
