//! `caching_sha2_password` over TLS: full authentication, and fast authentication with the server's cache.

use rds_bridge::Bridge;
use rds_bridge::Stage;
use rds_bridge::component::AuthPlugin;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};

use crate::helpers::live::{block_on, to};
use crate::helpers::relay::Relay;

async fn bridge(server: &Server, relay: &Relay, password: &str) -> Bridge {
    let builder = to(server)
        .connect_to(relay.address().to_string())
        .user("password-user")
        .password(password);
    builder.build().await.unwrap()
}

/// How many bytes the client sends for a login.
async fn log_in(server: &Server) -> usize {
    // Each login has a relay of its own: the `COM_QUIT` of the connection before may arrive after this one has begun.
    let relay = Relay::start(&[server.address()], None);
    let mut connection = bridge(server, &relay, PASSWORD)
        .await
        .connect()
        .await
        .unwrap();
    let sent = relay.sent();
    assert_eq!(
        connection.session().auth_plugin,
        AuthPlugin::CachingSha2Password
    );
    connection.execute("SELECT 1", ()).await.unwrap();
    connection.close().await.unwrap();
    sent
}

#[test]
fn in_full_and_fast() {
    let server = Server::start(Product::MySql, &Options::default());
    let relay = Relay::start(&[server.address()], None);
    block_on(async {
        // The account's first login since the server's start is a full authentication, which sends the password.
        let full = log_in(&server).await;
        let fast = log_in(&server).await;
        assert!(full > fast + PASSWORD.len(), "{full} and {fast}");
        assert_eq!(log_in(&server).await, fast);
        for _ in 0..2 {
            let refused = bridge(&server, &relay, "another").await.connect().await;
            let error = refused.unwrap_err();
            assert_eq!((error.stage(), error.code()), (Stage::Login, Some(1045)));
        }
    });
}
