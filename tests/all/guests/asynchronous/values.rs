//! Every column type reaches an asynchronous guest as it reaches one of `rds:mysql@0.2.0`.

use rds_bridge_guests::RdsCtx;
use rds_bridge_guests::{Databases, Grant, Statement, Statements, p3};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use wasmtime::component::Linker;

use super::streams::any;
use crate::helpers::async_guest::AsyncGuest;
use crate::helpers::column_types::{create_tables, start_server};
use crate::helpers::guest::{ENGINE, Error, Guest, Rule, Value, pool, rds, tenant};
use crate::helpers::live::block_on;

#[apply(on_each_server)]
fn every_column_type_is_that_of_the_guests_with_plain_functions(product: Product) {
    let server = start_server(product);
    let tables = create_tables(&server, product);
    block_on(async {
        let tenant = any(&server).await;
        let (mut plain, mut guest) = (Guest::new(&tenant).await, AsyncGuest::new(&tenant).await);
        let (plain_connection, connection) = (
            plain.open("orders").await.unwrap(),
            guest.open().await.unwrap(),
        );
        for number in 0..tables {
            let sql = format!("SELECT v, ? FROM t{number} ORDER BY n");
            let params = [Value::Text("é".into())];
            let wanted = plain.query(plain_connection, &sql, &params).await.unwrap();
            let wanted_columns = plain.columns(wanted).await;
            let wanted = plain.rest(wanted).await.unwrap();
            assert!(wanted.len() > 1);
            assert_eq!(wanted[0][1], params[0]);
            let rows = guest.query(connection, &sql, &params).await.unwrap();
            assert_eq!(guest.columns(rows).await, wanted_columns, "{sql}");
            guest.read(rows).await;
            assert_eq!(guest.rest(rows).await.unwrap(), wanted, "{sql}");
        }
    });
}

#[apply(on_each_server)]
fn statements_are_executed_by_name(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let databases = Databases::new()
            .with("orders", pool(server, false, |it| it).await)
            .statement("double", Statement::new("SELECT :number * 2"));
        let names = ["double".to_owned()].into();
        let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Named(names)));
        let mut guest = AsyncGuest::new(&tenant).await;
        let rows = guest.run("double", &[Value::Int(21)]).await.unwrap();
        guest.read(rows).await;
        assert_eq!(guest.rest(rows).await.unwrap(), [[Value::Int(42)]]);
        let refused = guest.run("none", &[]).await;
        assert_eq!(refused.unwrap_err(), Error::NotPermitted(Rule::Statement));
        let connection = guest.open().await.unwrap();
        let refused = guest.execute(connection, "SELECT 'secret'").await;
        assert_eq!(refused.unwrap_err(), Error::NotPermitted(Rule::Statement));
        assert_eq!(guest.one(connection, "SELECT 4 * 2").await, Value::Int(8));

        // Without `client`, which the guest imports.
        let mut linker = Linker::new(&ENGINE);
        p3::add_catalog_to_linker(&mut linker, rds).unwrap();
        let linked = AsyncGuest::linked(RdsCtx::new(&tenant), &linker).await;
        let error = linked.err().unwrap();
        assert!(
            format!("{error:?}").contains("rds:mysql/client"),
            "{error:?}"
        );
    });
}

#[apply(on_each_server)]
fn a_parameter_that_cannot_be_sent_is_named(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let tenant = any(server).await;
        let mut guest = AsyncGuest::new(&tenant).await;
        let connection = guest.open().await.unwrap();
        for params in [&[Value::Null, Value::Double(f64::NAN)][..], &[Value::Null]] {
            let refused = guest.query(connection, "SELECT ?, ?", params).await;
            assert_eq!(refused.unwrap_err(), Error::Parameter(1), "{params:?}");
        }
        assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));
    });
}
