//! What a guest does not learn.

use std::time::Duration;

use rds_bridge::BridgeBuilder;
use rds_bridge::pool::Pool;
use rds_bridge_guests::{Databases, Grant, Statements};
use rds_bridge_test_support::expectation::{ENDPOINT, Expectation};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::async_guest::AsyncGuest;
use crate::helpers::guest::{Error, Guest, Stage, tenant};
use crate::helpers::live::{block_on, credentials, to};

fn inverted(text: &str) -> Vec<u8> {
    text.bytes().map(|byte| !byte).collect()
}

async fn contains(guest: &mut Guest, text: &str) -> bool {
    let inverted = inverted(text);
    let called = guest
        .calls
        .call_memory_contains(&mut guest.store, &inverted);
    called.await.unwrap()
}

/// What no guest may learn of a database whose user logs in with a token.
fn secrets(server: &Server) -> [String; 6] {
    let expectation = Expectation::default();
    [
        ENDPOINT.to_owned(),
        expectation.access_key_id,
        expectation.secret_access_key,
        "lambda-user".to_owned(),
        "X-Amz-Signature".to_owned(),
        server.port().to_string(),
    ]
}

/// A database for which `builder` has the credentials.
async fn databases(builder: BridgeBuilder) -> Databases {
    let pool = Pool::builder(builder.build().await.unwrap());
    Databases::new().with("orders", pool.build().unwrap())
}

#[apply(on_each_server)]
fn a_guests_memory_has_no_credentials_endpoint_or_user(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let bridge = to(server).user("lambda-user").credentials(credentials());
        let databases = databases(bridge).await;
        let (tenant, hidden) = tenant(&databases, Grant::new("orders", Statements::Any));
        let mut guest = Guest::new(&tenant).await;
        let connection = guest.open("orders").await.unwrap();
        // What the guest has seen stays in its memory, even if it is freed.
        let seen = format!("SELECT '{}'", "x".repeat(200));
        guest.all(connection, &seen, &[]).await.unwrap();
        // The message has the account: the guest gets it without.
        let denied = guest.execute(connection, "SELECT * FROM mysql.user").await;
        let Err(Error::Server(error)) = denied else {
            panic!("{denied:?}");
        };
        assert_eq!(error.code, 1142);
        assert!(error.message.contains("'…'@'…'"), "{}", error.message);
        assert!(hidden.lock().unwrap()[0].contains("'lambda-user'@"));

        assert!(contains(&mut guest, "xxxxxxxx").await);
        for secret in secrets(server) {
            assert!(!contains(&mut guest, &secret).await, "{secret}");
        }
    });
}

#[apply(on_each_server)]
fn the_memory_of_an_asynchronous_guest_has_none_of_them_either(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let bridge = to(server).user("lambda-user").credentials(credentials());
        let databases = databases(bridge).await;
        let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Any));
        let mut guest = AsyncGuest::new(&tenant).await;
        let connection = guest.open().await.unwrap();
        let seen = format!("SELECT '{}'", "x".repeat(200));
        guest.all(connection, &seen, &[]).await.unwrap();
        let denied = guest.execute(connection, "SELECT * FROM mysql.user").await;
        assert!(matches!(denied, Err(Error::Server(_))), "{denied:?}");

        assert!(guest.memory_contains(&inverted("xxxxxxxx")).await);
        for secret in secrets(server) {
            let found = guest.memory_contains(&inverted(&secret)).await;
            assert!(!found, "{secret}");
        }
    });
}

#[apply(on_each_server)]
fn a_guests_memory_has_no_password_also_after_a_login_that_failed(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        for password in [PASSWORD, "battery staple, wrong"] {
            let bridge = to(server).user("password-user").password(password);
            let databases = databases(bridge).await;
            let (tenant, hidden) = tenant(&databases, Grant::new("orders", Statements::Any));
            let mut guest = Guest::new(&tenant).await;
            match guest.open("orders").await {
                Ok(connection) => {
                    assert_eq!(password, PASSWORD);
                    let seen = format!("SELECT '{}'", "x".repeat(200));
                    guest.all(connection, &seen, &[]).await.unwrap();
                    assert!(contains(&mut guest, "xxxxxxxx").await);
                }
                Err(error) => {
                    assert_ne!(password, PASSWORD);
                    assert_eq!(error, Error::Unavailable(Stage::Login));
                    assert!(hidden.lock().unwrap()[0].contains("password-user"));
                }
            }
            for secret in [ENDPOINT, "password-user", "battery staple"] {
                assert!(!contains(&mut guest, secret).await, "{secret}");
            }
        }
    });
}

#[test]
fn a_guest_learns_the_stage_that_failed_and_its_host_the_cause() {
    let server = Server::shared(Product::MySql);
    block_on(async {
        let right = || to(server).user("lambda-user").credentials(credentials());
        for (builder, stage, cause) in [
            (
                to(server).user("password-user").password("wrong"),
                Stage::Login,
                "1045",
            ),
            (
                right().connect_to("127.0.0.1:1"),
                Stage::Connect,
                "127.0.0.1:1",
            ),
            (
                right().connect_to("nowhere.invalid:3306"),
                Stage::Resolve,
                "nowhere.invalid",
            ),
        ] {
            let pool = Pool::builder(builder.build().await.unwrap());
            let pool = pool
                .acquire_timeout(Duration::from_secs(20))
                .build()
                .unwrap();
            let databases = Databases::new().with("orders", pool);
            let (tenant, hidden) = tenant(&databases, Grant::new("orders", Statements::Any));
            let mut guest = Guest::new(&tenant).await;
            let refused = guest.open("orders").await;
            assert_eq!(refused.unwrap_err(), Error::Unavailable(stage));
            let hidden = hidden.lock().unwrap();
            assert!(hidden[0].contains(cause), "{hidden:?}");
        }
    });
}
