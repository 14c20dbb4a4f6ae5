//! AWS credentials that a running proxy has are revoked, and its source has new ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error as ClientError};
use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::server::{Options, Product, Server};
use serde_json::json;

use crate::helpers::fake_aws::FakeEndpoint;
use crate::helpers::live::block_on;
use crate::helpers::proxy::Proxy;

fn numbered(number: u32) -> Expectation {
    Expectation {
        access_key_id: format!("ASIA{number}"),
        session_token: Some(format!("session+{number}")),
        ..Expectation::default()
    }
}

/// The client that notices it is refused: it was told the id of a connection that the server has closed since.
#[test]
fn only_one_client_is_refused() {
    let options = Options {
        expectation: numbered(1),
        ..Options::default()
    };
    let server = Server::start(Product::MySql, &options);
    let number = Arc::new(AtomicU32::new(1));
    let current = Arc::clone(&number);
    let endpoint = FakeEndpoint::start(move |_| {
        let credentials = numbered(current.load(Ordering::SeqCst));
        let body = json!({
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key,
            "Token": credentials.session_token,
            "Expiration": "2099-01-01T00:00:00Z",
        });
        (200, body.to_string())
    });
    let url = endpoint.url();
    // The variables of the keys are empty, so that the chain goes on to the container's endpoint.
    let changes = [
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()),
    ];
    let proxy = Proxy::start_with(&server, &changes, &[]);
    block_on(async {
        drop(proxy.connect().await);
        number.store(2, Ordering::SeqCst);
        server.expect(&numbered(2));
        match Conn::new(proxy.client()).await {
            Err(ClientError::Server(error)) => assert_eq!(error.code, 1045),
            other => panic!("{other:?}"),
        }
        for _ in 0..3 {
            let mut connection = proxy.connect().await;
            let one: Option<u8> = connection.query_first("SELECT 1").await.unwrap();
            assert_eq!(one, Some(1));
        }
    });
}
