//! Parameters that are numbers with more digits than a double has.

use rds_bridge::mysql::Param;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, to};
use crate::helpers::tables::EXACT_NUMBERS;

#[apply(on_each_server)]
fn are_found(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(EXACT_NUMBERS);
    block_on(async {
        let bridge = to(&server).user("password-user").password(PASSWORD);
        let mut connection = bridge.build().await.unwrap().connect().await.unwrap();
        let sql = "SELECT name FROM exact WHERE amount = ?";
        // The statement is prepared once and executed with parameters of both types.
        for (number, name) in [
            ("123456789012345678.25", Some("a")),
            ("123456789012345678", None),
            ("123456789012345678.26", Some("b")),
            ("18446744073709551617", None),
        ] {
            let param = Param::from_number(number).unwrap();
            let mut rows = connection.query_with(sql, &[param]).await.unwrap();
            let found = rows
                .next()
                .await
                .unwrap()
                .map(|row| row.get::<String>("name").unwrap());
            assert_eq!(found.as_deref(), name, "{number}");
            assert!(found.is_none() || rows.next().await.unwrap().is_none());
        }
    });
}
