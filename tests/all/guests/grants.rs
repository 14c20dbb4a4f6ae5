//! What a grant allows, and what is refused before anything is sent.

use rds_bridge_guests::{
    Access, Databases, Grant, RdsCtx, Statement, Statements, Tenant, TenantError,
};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use wasmtime::component::Linker;

use crate::helpers::guest::{ENGINE, Error, Guest, Rule, Value, pool, rds, tenant};
use crate::helpers::live::block_on;

async fn databases(server: &Server, writes: bool) -> Databases {
    let pool = pool(server, writes, |it| it).await;
    let writing = Statement::new("SET @x = ?").with_access(Access::ReadWrite);
    Databases::new()
        .with("orders", pool.clone())
        .with("stock", pool)
        .statement("double", Statement::new("SELECT :number * 2"))
        .statement("secret", Statement::new("SELECT 'secret'"))
        .statement("writing", writing)
}

fn named(names: &[&str]) -> Grant {
    let names = names.iter().map(|&it| it.to_owned()).collect();
    Grant::new("orders", Statements::Named(names))
}

#[apply(on_each_server)]
fn only_granted_databases_and_statements_exist(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let databases = databases(server, false).await;
        let (tenant, _) = tenant(&databases, named(&["double", "writing"]));
        let mut guest = Guest::new(&tenant).await;
        for other in ["stock", "Orders", "", "orders\0"] {
            assert_eq!(guest.open(other).await.unwrap_err(), Error::UnknownDatabase);
        }
        // By name.
        let rows = guest.run("double", &[Value::Int(21)]).await.unwrap();
        assert_eq!(guest.rest(rows).await.unwrap(), [[Value::Int(42)]]);
        for unknown in ["secret", "none", ""] {
            let refused = guest.run(unknown, &[]).await;
            assert_eq!(refused.unwrap_err(), Error::NotPermitted(Rule::Statement));
        }
        let refused = guest.run("writing", &[Value::Int(1)]).await;
        assert_eq!(refused.unwrap_err(), Error::NotPermitted(Rule::Write));
        // By its text, with a value or a parameter.
        let connection = guest.open("orders").await.unwrap();
        assert_eq!(guest.one(connection, "SELECT 4*2").await, Value::Int(8));
        let rows = guest
            .all(connection, "SELECT ? * 2", &[Value::Int(5)])
            .await;
        assert_eq!(rows.unwrap(), [[Value::Int(10)]]);
        for other in [
            "SELECT 4 * 3",
            "SELECT 'secret'",
            "SELECT 4 * 2; DROP TABLE items",
            "",
        ] {
            let refused = guest.query(connection, other, &[]).await;
            assert_eq!(
                refused.unwrap_err(),
                Error::NotPermitted(Rule::Statement),
                "{other}"
            );
        }
    });
}

#[apply(on_each_server)]
fn a_grant_that_only_reads_makes_the_session_read_only(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        for writes in [false, true] {
            let databases = databases(server, writes).await;
            let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Any));
            let mut guest = Guest::new(&tenant).await;
            let connection = guest.open("orders").await.unwrap();
            let refused = guest.execute(connection, "DELETE FROM items").await;
            let Err(Error::Server(error)) = refused else {
                panic!("{refused:?}");
            };
            assert_eq!(error.code, 1792);
        }
    });
}

#[apply(on_each_server)]
fn a_guest_without_client_cannot_be_given_it_by_catalog(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let databases = databases(server, false).await;
        let (tenant, _) = tenant(&databases, named(&["double"]));
        let mut linker = Linker::new(&ENGINE);
        rds_bridge_guests::add_catalog_to_linker(&mut linker, rds).unwrap();
        // It imports `client`.
        let linked = Guest::linked(RdsCtx::new(&tenant), &linker).await;
        let error = linked.err().unwrap();
        assert!(
            format!("{error:?}").contains("rds:mysql/client"),
            "{error:?}"
        );
    });
}

#[test]
fn a_tenant_names_what_there_is_not() {
    block_on(async {
        let databases = databases(Server::shared(Product::MySql), false).await;
        let error = |grants: Vec<Grant>| Tenant::new(&databases, grants).unwrap_err();
        let any = || Grant::new("orders", Statements::Any);
        assert_eq!(
            error(vec![Grant::new("none", Statements::Any)]),
            TenantError::UnknownDatabase("none".into())
        );
        assert_eq!(
            error(vec![named(&["no"])]),
            TenantError::UnknownStatement("no".into())
        );
        assert_eq!(
            error(vec![any(), any()]),
            TenantError::Repeated("orders".into())
        );
        let mut grant = any();
        grant.user = Some("other".into());
        assert_eq!(error(vec![grant]), TenantError::User("orders".into()));
    });
}
