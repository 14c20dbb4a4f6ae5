//! What `--log rds_bridge_proxy=info` tells of a client.

use mysql_async::ChangeUserOpts;
use rds_bridge_test_support::server::{Product, Server};

use crate::helpers::live::block_on;
use crate::helpers::proxy::Proxy;

#[test]
fn a_change_of_the_user_is_logged_with_the_new_user() {
    let arguments = ["--log", "rds_bridge_proxy=info", "--client-user"];
    let proxy = Proxy::start(Server::shared(Product::MySql), &arguments);
    block_on(async {
        let client = proxy.client().user(Some("lambda-user"));
        let mut connection = mysql_async::Conn::new(client).await.unwrap();
        let same = ChangeUserOpts::default().with_user(Some("lambda-user".to_owned()));
        connection.change_user(same).await.unwrap();
        let other = ChangeUserOpts::default().with_user(Some("x".repeat(129)));
        connection.change_user(other).await.unwrap_err();
    });
    let (_, log) = proxy.terminate();
    let line = |event: &str| log.lines().find(|line| line.contains(event)).unwrap();
    for event in ["logged in", "changed user"] {
        let line = line(event);
        assert!(line.contains("user=lambda-user"), "{line}");
    }
    let refused = line("refused");
    assert!(refused.contains("empty or too long"), "{refused}");
}
