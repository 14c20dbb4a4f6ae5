//! MariaDB accounts with alternative authentication plugins: the server tries one after the other until one accepts.

use rds_bridge::component::HandshakeError;
use rds_bridge::error::ErrorKind;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};

use crate::helpers::live::{block_on, credentials, to};

fn server() -> Server {
    let server = Server::start(Product::MariaDb, &Options::default());
    server.execute_as_admin(&format!(
        "CREATE USER 'either'@'%' IDENTIFIED VIA ed25519 USING PASSWORD('another')
             OR mysql_native_password USING PASSWORD('{PASSWORD}');
         CREATE USER 'many'@'%' IDENTIFIED VIA ed25519 USING PASSWORD('1') OR ed25519 USING PASSWORD('2')
             OR mysql_native_password USING PASSWORD('3') OR ed25519 USING PASSWORD('{PASSWORD}');
         CREATE USER 'token-or-password'@'%' IDENTIFIED VIA AWSAuthenticationPlugin AS 'RDS'
             OR mysql_native_password USING PASSWORD('{PASSWORD}') REQUIRE SSL;
         GRANT SELECT ON iamtest.* TO 'either'@'%', 'many'@'%', 'token-or-password'@'%';"
    ));
    server
}

#[test]
fn a_password_of_any_alternative_logs_in() {
    let server = server();
    block_on(async {
        for (user, password) in [
            ("either", "another"),
            ("either", PASSWORD),
            ("many", "1"),
            ("many", "2"),
            ("many", "3"),
            ("many", PASSWORD),
        ] {
            let bridge = to(&server).user(user).password(password);
            let connected = bridge.build().await.unwrap().connect().await;
            let mut connection = connected.unwrap_or_else(|error| panic!("{user}: {error}"));
            connection.ping().await.unwrap();
        }
        for user in ["either", "many"] {
            let bridge = to(&server).user(user).password("wrong");
            let refused = bridge.build().await.unwrap().connect().await.unwrap_err();
            assert_eq!(refused.code(), Some(1045), "{user}: {refused}");
        }
    });
}

/// The server accepts a valid token at once. After an invalid one it asks for the password, and the client must not
/// send the token a second time.
#[test]
fn a_token_goes_out_once() {
    let server = server();
    block_on(async {
        let bridge = to(&server).user("token-or-password");
        let bridge = bridge.credentials(credentials()).build().await.unwrap();
        bridge.connect().await.unwrap().ping().await.unwrap();
        server.expect(&rds_bridge_test_support::expectation::Expectation {
            session_token: Some("another".to_owned()),
            ..Default::default()
        });
        let refused = bridge.connect().await.unwrap_err();
        assert!(
            matches!(
                refused.kind(),
                ErrorKind::Handshake(HandshakeError::RepeatedAuthSwitch)
            ),
            "{refused}"
        );
    });
}
