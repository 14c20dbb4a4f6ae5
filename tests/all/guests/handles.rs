//! Handles that a guest uses wrongly, keeps for ever, or drops in any order.

use rds_bridge_guests::{Access, Databases, Grant, RdsCtx, Statements, Tenant};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::guest::{Guest, Value, pool, tenant, tenant_with};
use crate::helpers::live::block_on;

async fn assert_selects(guest: &mut Guest) {
    let connection = guest.open("orders").await.unwrap();
    assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));
}

/// Guests of one tenant, whose pool has a connection for each of them and no more.
async fn two_guests(server: &Server) -> (Tenant, Guest, Guest) {
    let pool = pool(server, false, |it| it.max_size(2)).await;
    let databases = Databases::new().with("orders", pool);
    let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Any));
    let (first, second) = (Guest::new(&tenant).await, Guest::new(&tenant).await);
    (tenant, first, second)
}

/// Another guest goes on, and what the guest that trapped had open is free when its store is dropped.
async fn assert_trapped_alone(tenant: &Tenant, trapped: Guest, mut other: Guest) {
    assert_selects(&mut other).await;
    drop(trapped);
    assert_selects(&mut Guest::new(tenant).await).await;
}

#[apply(on_each_server)]
fn a_guest_that_uses_a_handle_that_it_has_dropped_traps_alone(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let (tenant, mut guest, other) = two_guests(server).await;
        let connection = guest.open("orders").await.unwrap();
        let called = guest
            .calls
            .call_execute_dropped(&mut guest.store, connection);
        let trap = format!("{:#}", called.await.unwrap_err());
        assert!(trap.contains("unknown handle index"), "{trap}");
        // Wasmtime does not enter the guest again.
        let called = guest.calls.call_open(&mut guest.store, "orders").await;
        called.unwrap_err();
        assert_trapped_alone(&tenant, guest, other).await;
    });
}

#[apply(on_each_server)]
fn a_guest_that_uses_a_handle_of_another_kind_traps_alone(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let (tenant, mut guest, other) = two_guests(server).await;
        let connection = guest.open("orders").await.unwrap();
        let rows = guest
            .query(connection, "SELECT 1 UNION SELECT 2", &[])
            .await;
        let called = guest
            .calls
            .call_execute_on_rows(&mut guest.store, rows.unwrap());
        let trap = format!("{:#}", called.await.unwrap_err());
        assert!(trap.contains("handle index"), "{trap}");
        assert_trapped_alone(&tenant, guest, other).await;
    });
}

#[apply(on_each_server)]
fn a_guest_that_never_drops_traps_alone(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let tenant = tenant_with(server, Access::ReadOnly, |_| {}).await;
        let mut guest = Guest::with(RdsCtx::new(&tenant).max_handles(5)).await;
        let connection = guest.open("orders").await.unwrap();
        let mut count = 1;
        let trap = loop {
            let Guest { store, calls } = &mut guest;
            match calls.call_query(store, connection, "DO 1", &[]).await {
                Ok(rows) => count += rows.map(|_| 1).unwrap(),
                Err(trap) => break format!("{trap:#}"),
            }
        };
        assert!(trap.contains("no free keys"), "{trap}");
        assert_eq!(count, 5);
        assert_selects(&mut Guest::new(&tenant).await).await;
    });
}

/// A handle of a guest.
#[derive(Clone, Copy, Debug)]
enum Handle {
    Connection,
    Transaction,
    Rows,
}

const ORDERS: [[Handle; 3]; 6] = {
    use Handle::{Connection, Rows, Transaction};
    [
        [Connection, Transaction, Rows],
        [Connection, Rows, Transaction],
        [Transaction, Connection, Rows],
        [Transaction, Rows, Connection],
        [Rows, Connection, Transaction],
        [Rows, Transaction, Connection],
    ]
};

/// The pool has one connection, so that the next guest gets it only if it is free.
#[apply(on_each_server)]
fn handles_are_dropped_in_any_order(product: Product) {
    let server = Server::shared(product);
    server.execute_as_admin(
        "DROP TABLE IF EXISTS iamtest.guest_orders;
         CREATE TABLE iamtest.guest_orders (id INT PRIMARY KEY) ENGINE = InnoDB",
    );
    block_on(async {
        let pool = pool(server, true, |it| it.max_size(1)).await;
        let databases = Databases::new().with("orders", pool);
        let mut grant = Grant::new("orders", Statements::Any);
        grant.access = Access::ReadWrite;
        let (tenant, _) = tenant(&databases, grant);
        let (mut guest, mut next) = (Guest::new(&tenant).await, Guest::new(&tenant).await);
        for order in ORDERS {
            let connection = guest.open("orders").await.unwrap();
            let transaction = guest.begin(connection).await.unwrap();
            let insert = "INSERT INTO guest_orders VALUES (1)";
            guest.execute_in(transaction, insert).await.unwrap();
            let Guest { store, calls } = &mut guest;
            let two = "SELECT 1 UNION ALL SELECT 2";
            let rows = calls.call_query_in(store, transaction, two, &[]);
            let rows = rows.await.unwrap().unwrap();
            assert_eq!(guest.next(rows, 1).await.unwrap(), [[Value::Int(1)]]);
            for handle in order {
                match handle {
                    Handle::Connection => guest.drop_connection(connection).await,
                    Handle::Transaction => guest.drop_transaction(transaction).await,
                    Handle::Rows => guest.drop_rows(rows).await,
                }
            }
            let connection = next.open("orders").await.unwrap();
            let left = next
                .one(connection, "SELECT COUNT(*) FROM guest_orders")
                .await;
            assert_eq!(left, Value::Int(0), "{order:?}");
            next.drop_connection(connection).await;
        }
    });
}
