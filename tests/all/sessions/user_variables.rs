//! User variables.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, connect_as_admin, first_value};

#[apply(on_each_server)]
fn a_user_variable_belongs_to_its_session(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut one = connect_as_admin(server).await;
        let mut other = connect_as_admin(server).await;
        one.execute("SET @a = 7", ()).await.unwrap();
        assert_eq!(first_value::<i64>(&mut one, "SELECT @a").await, 7);
        let value = first_value::<Option<i64>>(&mut other, "SELECT @a").await;
        assert_eq!(value, None);
    });
}
