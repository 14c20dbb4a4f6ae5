//! The names of a result's columns, which a host keeps, are limited.

use rds_bridge_guests::Access;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use super::spin::bindings::fermyon::spin::rdbms_types::Error as SpinError;
use super::spin::{ORDERS, spin_of};
use crate::helpers::async_guest::AsyncGuest;
use crate::helpers::guest::{Error, Guest, Lost, Rule, Value, tenant_with};
use crate::helpers::live::block_on;

/// 3,840 columns, whose names and whose table's have 1.4 MB.
fn long_names() -> String {
    let name = "漢".repeat(60);
    let columns: Vec<_> = (0..64).map(|it| format!("1 AS `{name}{it}`")).collect();
    let all = vec![format!("`{name}`.*"); 60].join(", ");
    format!("SELECT {all} FROM (SELECT {}) `{name}`", columns.join(", "))
}

#[apply(on_each_server)]
fn a_result_with_too_long_names_is_refused_and_its_connection_is_lost(product: Product) {
    let server = Server::shared(product);
    let sql = long_names();
    let too_long = || Error::NotPermitted(Rule::ResultSize);
    let lost = || {
        Error::ConnectionLost(Lost {
            may_have_run: false,
        })
    };
    block_on(async {
        let tenant = tenant_with(server, Access::ReadOnly, |_| {}).await;
        let mut guest = Guest::new(&tenant).await;
        let connection = guest.open("orders").await.unwrap();
        let refused = guest.query(connection, &sql, &[]).await;
        assert_eq!(refused.unwrap_err(), too_long());
        let next = guest.execute(connection, "SELECT 1").await;
        assert_eq!(next.unwrap_err(), lost());
        let connection = guest.open("orders").await.unwrap();
        assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));

        let mut guest = AsyncGuest::new(&tenant).await;
        let connection = guest.open().await.unwrap();
        let refused = guest.query(connection, &sql, &[]).await;
        assert_eq!(refused.unwrap_err(), too_long());
        let next = guest.execute(connection, "SELECT 1").await;
        assert_eq!(next.unwrap_err(), lost());
    });
}

#[apply(on_each_server)]
fn a_guest_of_spin_gets_no_result_with_too_long_names(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let tenant = tenant_with(server, Access::ReadOnly, |_| {}).await;
        let mut spin = spin_of(&tenant).await;
        let refused = spin.query(ORDERS, &long_names(), &[]).await;
        // Not the rows: they are many.
        let refusal = refused.map(|it| it.rows.len()).unwrap_err();
        let too_long = "the result has more bytes than the host permits";
        assert_eq!(refusal, SpinError::QueryFailed(too_long.to_owned()));
        spin.query(ORDERS, "SELECT 1", &[]).await.unwrap();
    });
}
