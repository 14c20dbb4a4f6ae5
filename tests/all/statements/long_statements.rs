//! Statements longer than the server accepts. The error says so, at whatever point the server reports it.

use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::Param;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, connect_with_password};

fn with_a_limit_of_a_mebibyte(product: Product) -> Server {
    Server::start(
        product,
        &Options {
            arguments: vec!["--max-allowed-packet=1M".to_owned()],
            ..Options::default()
        },
    )
}

#[apply(on_each_server)]
fn the_server_s_limit_is_told(product: Product) {
    let server = with_a_limit_of_a_mebibyte(product);
    block_on(async {
        for mebibytes in [2, 17, 70] {
            let long = "x".repeat(mebibytes << 20);
            for _ in 0..3 {
                let mut connection = connect_with_password(&server).await;
                let sql = format!("SELECT LENGTH('{long}')");
                let error = connection.query(&sql).await.map(drop).unwrap_err();
                assert_eq!(error.code(), Some(1153), "{mebibytes} MiB: {error}");
                assert_eq!(error.sql_state(), Some("08S01"));
                assert!(error.causes()[0].why.contains("max_allowed_packet"));
                let again = connection.query("SELECT 1").await.map(drop).unwrap_err();
                assert!(matches!(again.kind(), ErrorKind::Unusable), "{again}");
            }
        }
        let mut connection = connect_with_password(&server).await;
        let long = [Param::from("x".repeat(3 << 20))];
        let refused = connection.query_with("SELECT LENGTH(?)", &long).await;
        assert_eq!(refused.map(drop).unwrap_err().code(), Some(1153));
    });
}
