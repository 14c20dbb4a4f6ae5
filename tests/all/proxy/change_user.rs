//! `COM_CHANGE_USER` and `COM_RESET_CONNECTION`: a new login on the same connection, and a session without what was in
//! it before.

use mysql_async::ChangeUserOpts;
use mysql_async::prelude::Queryable;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::block_on;
use crate::helpers::proxy::Proxy;

#[apply(on_each_server)]
fn a_change_of_the_user_logs_in_with_another_token(product: Product) {
    let server = Server::shared(product);
    let proxy = Proxy::start(server, &[]);
    block_on(async {
        let mut connection = proxy.connect().await;
        for _ in 0..3 {
            connection.query_drop("SET @left = 1").await.unwrap();
            let options = ChangeUserOpts::default()
                .with_user(Some("another".to_owned()))
                .with_db_name(Some("iamtest".to_owned()));
            connection.change_user(options).await.unwrap();
            let left: Option<Option<i64>> = connection.query_first("SELECT @left").await.unwrap();
            assert_eq!(left, Some(None));
            let user: Option<String> = connection
                .query_first("SELECT CURRENT_USER()")
                .await
                .unwrap();
            assert!(user.unwrap().starts_with("lambda-user@"));
        }
    });
}

#[apply(on_each_server)]
fn a_reset_clears_the_session(product: Product) {
    let proxy = Proxy::start(Server::shared(product), &[]);
    block_on(async {
        let mut connection = proxy.connect().await;
        connection.query_drop("SET @left = 1").await.unwrap();
        assert!(connection.reset().await.unwrap());
        let left: Option<Option<i64>> = connection.query_first("SELECT @left").await.unwrap();
        assert_eq!(left, Some(None));
    });
}
