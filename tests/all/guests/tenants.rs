//! Nothing that one tenant leaves in a session reaches the next.

use rds_bridge_guests::{Access, Databases, Grant, Statements, Tenant};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tokio::time::{Duration, sleep};

use crate::helpers::guest::{Error, Guest, Value, pool, tenant};
use crate::helpers::live::{block_on, connect_as_admin, first_value};
use crate::helpers::session_state::{LEFT, Left};

/// State that the text of the statement does not show, or that a pool without guests keeps.
const UNSEEN: [Left; 6] = [
    ("SELECT iamtest.leaves()", "SELECT @left IS NULL", 1),
    (
        "INSERT INTO counted VALUES (NULL)",
        "SELECT LAST_INSERT_ID()",
        0,
    ),
    ("SET autocommit = 0", "SELECT @@autocommit", 1),
    (
        "LOCK TABLES counted WRITE",
        "SELECT COUNT(*) > 0 FROM items",
        1,
    ),
    (
        "START TRANSACTION WITH CONSISTENT SNAPSHOT",
        "SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id = CONNECTION_ID()",
        0,
    ),
    (
        "SET ROLE auditor",
        "SELECT COALESCE(CURRENT_ROLE(), '') LIKE '%auditor%'",
        0,
    ),
];

/// Two tenants that share a pool of one connection.
async fn tenants(server: &Server) -> (Tenant, Tenant) {
    let pool = pool(server, true, |it| it.max_size(1)).await;
    let databases = Databases::new().with("orders", pool);
    let mut grant = Grant::new("orders", Statements::Any);
    grant.access = Access::ReadWrite;
    let (first, _) = tenant(&databases, grant.clone());
    let (second, _) = tenant(&databases, grant);
    (first, second)
}

#[apply(on_each_server)]
fn the_next_tenant_finds_a_new_session(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(
        "SET GLOBAL log_bin_trust_function_creators = 1;
         CREATE FUNCTION iamtest.leaves() RETURNS INT NO SQL RETURN (@left := 7);
         CREATE TABLE iamtest.counted (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE = InnoDB;
         CREATE ROLE auditor",
    );
    block_on(async {
        let mut admin = connect_as_admin(&server).await;
        let account: String = first_value(&mut admin, "SELECT CURRENT_USER()").await;
        let (user, host) = account.split_once('@').unwrap();
        let grant = format!("GRANT auditor TO '{user}'@'{host}'");
        admin.execute(&grant, ()).await.unwrap();
        drop(admin);

        let (first, second) = tenants(&server).await;
        let mut ids = Vec::new();
        for (statement, question, answer) in LEFT.into_iter().chain(UNSEEN) {
            let mut guest = Guest::new(&first).await;
            let connection = guest.open("orders").await.unwrap();
            guest.execute(connection, statement).await.unwrap();
            // The question finds what the statement has left.
            let found = answered(&mut guest, connection, question).await;
            assert_ne!(found, Ok(answer), "{statement}");
            drop(guest);
            if question.contains("INNODB_TRX") {
                // InnoDB shows the same again to who asks within 0.1 seconds.
                sleep(Duration::from_millis(200)).await;
            }
            let mut guest = Guest::new(&second).await;
            let connection = guest.open("orders").await.unwrap();
            let found = answered(&mut guest, connection, question).await;
            assert_eq!(found, Ok(answer), "{statement}");
            ids.push((
                statement,
                guest.one(connection, "SELECT CONNECTION_ID()").await,
            ));
        }
        // The same connection each time: another would prove nothing. But a role is not reset, so the pool opens
        // another.
        ids.dedup_by(|one, other| one.1 == other.1);
        let opened: Vec<_> = ids
            .iter()
            .skip(1)
            .map(|(statement, _)| *statement)
            .collect();
        assert_eq!(opened, ["SET ROLE auditor"]);
    });
}

async fn answered(guest: &mut Guest, connection: u32, question: &str) -> Result<i64, Error> {
    let mut rows = guest.all(connection, question, &[]).await?;
    Ok(match rows.remove(0).remove(0) {
        Value::Int(number) => number,
        Value::Unsigned(number) => number.try_into().unwrap(),
        other => panic!("{other:?}"),
    })
}

/// What a guest has open when its store is dropped.
#[derive(Clone, Copy, Debug)]
enum Open {
    Transaction,
    Rows,
    RowsOfTransaction,
    Statement,
}

/// A server of its own: the test looks at its process list, and at its transactions.
#[apply(on_each_server)]
fn a_store_that_is_dropped_leaves_nothing_open(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("CREATE TABLE iamtest.held (id INT PRIMARY KEY) ENGINE = InnoDB");
    block_on(async {
        let (first, second) = tenants(&server).await;
        for open in [
            Open::Transaction,
            Open::Rows,
            Open::RowsOfTransaction,
            Open::Statement,
        ] {
            leave(&server, &first, open).await;
            let mut guest = Guest::new(&second).await;
            let connection = guest.open("orders").await.unwrap();
            let count = "SELECT COUNT(*) FROM held";
            assert_eq!(
                guest.one(connection, count).await,
                Value::Int(0),
                "{open:?}"
            );
            // It would wait for the other's lock.
            guest
                .execute(connection, "SET innodb_lock_wait_timeout = 30")
                .await
                .unwrap();
            let insert = guest
                .execute(connection, "INSERT INTO held VALUES (1)")
                .await;
            assert_eq!(insert.unwrap().affected_rows, 1, "{open:?}");
            guest.execute(connection, "DELETE FROM held").await.unwrap();
        }
        let mut admin = connect_as_admin(&server).await;
        let running = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP(%1000)%' \
             AND INFO NOT LIKE '%PROCESSLIST%'";
        while first_value::<i64>(&mut admin, running).await > 0 {
            sleep(Duration::from_millis(20)).await;
        }
    });
}

/// A guest inserts a row, or requests what takes long, and its store is dropped.
async fn leave(server: &Server, tenant: &Tenant, open: Open) {
    const INSERT: &str = "INSERT INTO held VALUES (1)";
    // Its third row takes long. The second one does not fit into the server's buffer, so that the first one is sent
    // before.
    const SLOW: &str = "SELECT REPEAT('x', 20000), SLEEP(IF(n < 3, 0, 1000)) \
                        FROM (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3) three";
    let mut guest = Guest::new(tenant).await;
    let connection = guest.open("orders").await.unwrap();
    match open {
        Open::Transaction => {
            let transaction = guest.begin(connection).await.unwrap();
            guest.execute_in(transaction, INSERT).await.unwrap();
        }
        Open::Rows => {
            let rows = guest.query(connection, SLOW, &[]).await.unwrap();
            assert_eq!(guest.next(rows, 1).await.unwrap().len(), 1);
        }
        Open::RowsOfTransaction => {
            let transaction = guest.begin(connection).await.unwrap();
            guest.execute_in(transaction, INSERT).await.unwrap();
            let Guest { store, calls } = &mut guest;
            let rows = calls.call_query_in(store, transaction, SLOW, &[]);
            let rows = rows.await.unwrap().unwrap();
            assert_eq!(guest.next(rows, 1).await.unwrap().len(), 1);
        }
        Open::Statement => {
            let transaction = guest.begin(connection).await.unwrap();
            guest.execute_in(transaction, INSERT).await.unwrap();
            let mut admin = connect_as_admin(server).await;
            let running = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DO SLEEP(1000)%'";
            let is_running = async {
                while first_value::<i64>(&mut admin, running).await == 0 {
                    sleep(Duration::from_millis(20)).await;
                }
            };
            tokio::select! {
                ended = guest.execute_in(transaction, "DO SLEEP(1000)") => panic!("{ended:?}"),
                () = is_running => {}
            }
        }
    }
}
