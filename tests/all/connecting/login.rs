//! The library logs in to a real server, with tokens that the server's plugin verifies and with passwords.

use std::time::{Duration, SystemTime};

use rds_bridge::aws::Credentials;
use rds_bridge::clock::Clock;
use rds_bridge::error::Category;
use rds_bridge::{BridgeBuilder, Error, Stage};
use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, credentials, to};

type Item = (u32, String, String);

fn items(builder: BridgeBuilder) -> Result<Vec<Item>, Error> {
    block_on(async {
        let bridge = builder.build().await?;
        let mut connection = bridge.connect().await?;
        let mut rows = connection.query("SELECT * FROM items ORDER BY id").await?;
        let mut items = Vec::new();
        while let Some(row) = rows.next().await? {
            items.push((row.get("id")?, row.get("name")?, row.get(2)?));
        }
        connection.close().await?;
        Ok(items)
    })
}

fn with_token(server: &Server) -> BridgeBuilder {
    to(server).user("lambda-user").credentials(credentials())
}

#[apply(on_each_server)]
fn with_a_token(product: Product) {
    let items = items(with_token(Server::shared(product))).unwrap();
    assert_eq!(items[0], (1, "apple".to_owned(), "1.25".to_owned()));
    assert_eq!(items.len(), 3);
}

#[apply(on_each_server)]
fn with_a_password(product: Product) {
    let users: &[&str] = match product {
        Product::MySql => &["password-user"],
        Product::MariaDb => &["password-user", "ed25519-user"],
    };
    for user in users {
        let builder = to(Server::shared(product)).user(*user).password(PASSWORD);
        assert_eq!(items(builder).unwrap().len(), 3, "{user}");
    }
}

#[apply(on_each_server)]
fn with_tokens_of_every_length(product: Product) {
    let server = Server::start(product, &Options::default());
    for length in [1, 300, 1_000, 4_000, 8_000] {
        let session_token = "t".repeat(length);
        server.expect(&Expectation {
            session_token: Some(session_token.clone()),
            ..Expectation::default()
        });
        let credentials = credentials().with_session_token(&session_token);
        let builder = to(&server).user("lambda-user").credentials(credentials);
        assert_eq!(items(builder).unwrap().len(), 3, "{length}");
    }
}

#[apply(on_each_server)]
fn botocore_signs_the_same_token(product: Product) {
    let server = Server::start(
        product,
        &Options {
            expectation: Expectation::default().verified_by_botocore(),
            ..Options::default()
        },
    );
    assert_eq!(items(with_token(&server)).unwrap().len(), 3);
    let builder = with_token(&server).region("us-east-1");
    assert_eq!(items(builder).unwrap_err().code(), Some(1045));
}

#[derive(Debug)]
struct Offset(i64);

impl Clock for Offset {
    fn now(&self) -> SystemTime {
        let offset = Duration::from_secs(self.0.unsigned_abs());
        match self.0 < 0 {
            true => SystemTime::now() - offset,
            false => SystemTime::now() + offset,
        }
    }
}

/// The server's answer is the same for all of these. The first cause and the server's log differ.
#[apply(on_each_server)]
fn who_is_refused_and_why(product: Product) {
    let server = Server::start(product, &Options::default());
    let other_secret = Credentials::new("AKIDEXAMPLE", "another");
    for (what, builder) in [
        ("region", with_token(&server).region("us-east-1")),
        ("secret", with_token(&server).credentials(other_secret)),
        ("port", with_token(&server).port(3307)),
        ("old", with_token(&server).clock(Offset(-3_600))),
        ("early", with_token(&server).clock(Offset(3_600))),
    ] {
        let error = items(builder).unwrap_err();
        assert_eq!(error.code(), Some(1045), "{what}: {error}");
        assert_eq!(error.sql_state(), Some("28000"));
        assert_eq!(error.stage(), Stage::Login);
        assert_eq!(error.category(), Category::Login);
        assert!(error.to_string().contains("Access denied"), "{error}");
        let first = &error.causes()[0].why;
        assert_eq!(first.contains("us-east-1"), what == "region", "{first}");
    }
    assert!(server.error_log().contains("refused"));
    assert!(!server.error_log().contains("another"));
}

#[apply(on_each_server)]
fn who_may_nothing_is_told_what_lacks(product: Product) {
    let server = Server::shared(product);
    let builder = to(server).user("no-grant").credentials(credentials());
    let error = items(builder).unwrap_err();
    assert_eq!(error.code(), Some(1044), "{error}");
    assert!(
        error.causes()[0].remedy.to_string().contains("GRANT"),
        "{error:?}"
    );
}

#[apply(on_each_server)]
fn expired_credentials_send_nothing(product: Product) {
    let expired = credentials().with_session_token("t").with_expires_at(1_000);
    let builder = with_token(Server::shared(product)).credentials(expired);
    let error = items(builder).unwrap_err();
    assert_eq!(error.stage(), Stage::Token, "{error}");
    assert_eq!(error.category(), Category::Credentials);
}
