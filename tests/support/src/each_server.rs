//! The one list of the servers that tests run on.

use rstest_reuse::template;

use crate::server::Product;

/// Runs a test once on each server: `#[apply(on_each_server)] fn it_shows(product: Product)` becomes
/// `it_shows::case_1_mysql` and `it_shows::case_2_mariadb`.
#[template]
#[export]
#[rstest]
#[case::mysql(rds_bridge_test_support::server::Product::MySql)]
#[case::mariadb(rds_bridge_test_support::server::Product::MariaDb)]
pub fn on_each_server(#[case] product: rds_bridge_test_support::server::Product) {}

/// The name of a test's case for a product. A test that runs itself again in a process of its own passes it to the test
/// harness.
#[must_use]
pub fn case_of(test: &str, product: Product) -> String {
    let case = match product {
        Product::MySql => "case_1_mysql",
        Product::MariaDb => "case_2_mariadb",
    };
    format!("{test}::{case}")
}
