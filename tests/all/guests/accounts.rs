//! Tenants with a database user and a schema each.

use rds_bridge::pool::Pool;
use rds_bridge_guests::{Access, Databases, Grant, Statement, Statements, Tenant};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::async_guest::AsyncGuest;
use crate::helpers::guest::{Error, Guest, Value};
use crate::helpers::live::{block_on, to};

/// The user `shop` with its schema, and `warehouse` with another.
fn start_server(product: Product) -> Server {
    let server = Server::start(product, &Options::default());
    for user in ["shop", "warehouse"] {
        server.execute_as_admin(&format!(
            "CREATE SCHEMA {user};
             CREATE TABLE {user}.secrets (v VARCHAR(20));
             INSERT INTO {user}.secrets VALUES ('of the {user}');
             CREATE USER '{user}'@'%' IDENTIFIED BY '{PASSWORD}';
             GRANT ALL ON {user}.* TO '{user}'@'%'"
        ));
    }
    server
}

/// A pool for each user: `orders` belongs to the shop, and `stock` to the warehouse.
async fn databases(server: &Server) -> Databases {
    let pool = async |user: &str| {
        let bridge = to(server).user(user).password(PASSWORD).database(user);
        let bridge = bridge.allow_writes(true).build().await.unwrap();
        Pool::builder(bridge).max_size(2).build().unwrap()
    };
    Databases::new()
        .with("orders", pool("shop").await)
        .with("stock", pool("warehouse").await)
        .statement("secrets", Statement::new("SELECT v FROM secrets"))
}

fn tenant(databases: &Databases, database: &str) -> Tenant {
    let mut grant = Grant::new(database, Statements::Any);
    grant.access = Access::ReadWrite;
    Tenant::new(databases, [grant]).unwrap()
}

/// What a guest of the shop tries, and the server's error: access to a schema, a table, another's connection, a view in
/// another's name, the server's files.
const REFUSED: [(&str, &[u16]); 10] = [
    ("USE warehouse", &[1044]),
    ("SELECT v FROM warehouse.secrets", &[1142]),
    ("INSERT INTO warehouse.secrets VALUES ('x')", &[1142]),
    ("DELETE FROM warehouse.secrets", &[1142]),
    ("CREATE TABLE warehouse.mine (id INT)", &[1142]),
    ("SHOW TABLES FROM warehouse", &[1044]),
    (
        "CREATE DEFINER = 'warehouse'@'%' VIEW shop.theirs AS SELECT 1",
        &[1227],
    ),
    ("GRANT SELECT ON warehouse.* TO 'shop'@'%'", &[1044, 1045]),
    ("SELECT 1 INTO OUTFILE 'secrets'", &[1227]),
    (
        "SELECT authentication_string FROM mysql.user",
        &[1142, 1356],
    ),
];

#[apply(on_each_server)]
fn a_guest_reaches_nothing_of_another_tenant(product: Product) {
    let server = start_server(product);
    block_on(async {
        let databases = databases(&server).await;
        let (shop, warehouse) = (tenant(&databases, "orders"), tenant(&databases, "stock"));
        let mut other = Guest::new(&warehouse).await;
        let theirs = other.open("stock").await.unwrap();
        let id = other.one(theirs, "SELECT CONCAT(CONNECTION_ID())").await;
        let Value::Text(id) = id else {
            panic!("{id:?}");
        };

        let mut guest = Guest::new(&shop).await;
        for name in ["stock", "warehouse", "shop"] {
            assert_eq!(guest.open(name).await.unwrap_err(), Error::UnknownDatabase);
            let ran = guest.run_on(name, "secrets", &[]).await;
            assert_eq!(ran.unwrap_err(), Error::UnknownDatabase);
        }
        let connection = guest.open("orders").await.unwrap();
        for (sql, codes) in REFUSED {
            let transaction = guest.begin(connection).await.unwrap();
            let refused = guest.execute_in(transaction, sql).await;
            assert_code(refused.unwrap_err(), codes, sql);
            guest.drop_transaction(transaction).await;
            let refused = guest.execute(connection, sql).await;
            assert_code(refused.unwrap_err(), codes, sql);
        }
        let killed = guest.execute(connection, &format!("KILL {id}")).await;
        assert_code(killed.unwrap_err(), &[1094, 1095], "KILL");
        for unseen in [
            "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'warehouse'",
            "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'warehouse'",
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER <> 'shop'",
            "SELECT LOAD_FILE('/etc/passwd') IS NOT NULL",
        ] {
            assert_eq!(
                guest.one(connection, unseen).await,
                Value::Int(0),
                "{unseen}"
            );
        }
        assert_own(&mut guest, connection, "of the shop").await;
        let rows = guest.run("secrets", &[]).await.unwrap();
        assert_eq!(
            guest.rest(rows).await.unwrap(),
            [[Value::Text("of the shop".into())]]
        );
        // The other one has noticed nothing.
        assert_own(&mut other, theirs, "of the warehouse").await;
    });
}

#[apply(on_each_server)]
fn an_asynchronous_guest_reaches_nothing_of_another_tenant(product: Product) {
    let server = start_server(product);
    block_on(async {
        let databases = databases(&server).await;
        let mut guest = AsyncGuest::new(&tenant(&databases, "orders")).await;
        for name in ["stock", "warehouse", "shop"] {
            assert_eq!(
                guest.open_named(name).await.unwrap_err(),
                Error::UnknownDatabase
            );
            let ran = guest.run_on(name, "secrets", &[]).await;
            assert_eq!(ran.unwrap_err(), Error::UnknownDatabase);
        }
        let connection = guest.open().await.unwrap();
        for (sql, codes) in REFUSED {
            let refused = guest.execute(connection, sql).await;
            assert_code(refused.unwrap_err(), codes, sql);
        }
        let own = guest.one(connection, "SELECT v FROM secrets").await;
        assert_eq!(own, Value::Text("of the shop".into()));
    });
}

async fn assert_own(guest: &mut Guest, connection: u32, expected: &str) {
    let own = guest.one(connection, "SELECT v FROM secrets").await;
    assert_eq!(own, Value::Text(expected.into()));
}

/// The guest may not see the account in the message either.
#[track_caller]
fn assert_code(error: Error, codes: &[u16], sql: &str) {
    let Error::Server(error) = error else {
        panic!("{sql}: {error:?}");
    };
    assert!(codes.contains(&error.code), "{sql}: {error:?}");
    assert!(!error.message.contains("'shop'@"), "{sql}: {error:?}");
}
