//! Failures of a guest's statements: what the guest learns of them, and what only its host learns.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rds_bridge::Bridge;
use rds_bridge::pool::Pool;
use rds_bridge_guests::{Access, Databases, Grant, Statements};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rds_bridge_test_support::server_packets::{Then, ok, prepared, result};
use rds_bridge_test_support::tls_peer::{TlsPeer, say};
use rstest::rstest;
use rstest_reuse::apply;
use tokio::time::sleep;

use crate::helpers::guest::{Error, Guest, Lost, Rule, Value, pool, tenant};
use crate::helpers::live::{block_on, connect_as_admin, credentials, first_value, to};

fn any() -> Grant {
    Grant::new("orders", Statements::Any)
}

/// A guest that may write, and the errors that it did not learn.
async fn writer(server: &Server) -> (Guest, Arc<Mutex<Vec<String>>>) {
    let pool = pool(server, true, |it| it).await;
    let mut grant = any();
    grant.access = Access::ReadWrite;
    let (tenant, hidden) = tenant(&Databases::new().with("orders", pool), grant);
    (Guest::new(&tenant).await, hidden)
}

fn lost(may_have_run: bool) -> Error {
    Error::ConnectionLost(Lost { may_have_run })
}

/// A server of its own, for the limit of a user.
#[apply(on_each_server)]
fn a_limit_of_the_database_user_is_told_without_the_user(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("ALTER USER 'password-user'@'%' WITH MAX_QUERIES_PER_HOUR 40");
    block_on(async {
        let bridge = to(&server).user("password-user").password(PASSWORD);
        let pool = Pool::builder(bridge.build().await.unwrap())
            .build()
            .unwrap();
        let (tenant, hidden) = tenant(&Databases::new().with("orders", pool), any());
        let mut guest = Guest::new(&tenant).await;
        let connection = guest.open("orders").await.unwrap();
        assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));
        assert_eq!(*hidden.lock().unwrap(), Vec::<String>::new());
        // Not prepared: a server does not count the executions of prepared statements.
        let counted = "PREPARE p FROM 'SELECT 1'";
        let mut refusal = None;
        for _ in 0..40 {
            if let Err(error) = guest.execute(connection, counted).await {
                refusal = Some(error);
                break;
            }
        }
        let Some(Error::Server(error)) = refusal else {
            panic!("{refusal:?}");
        };
        assert_eq!(
            (error.code, error.sql_state.as_deref()),
            (1226, Some("42000"))
        );
        assert_eq!(error.message, "a limit of the database user is reached");
        let hidden = hidden.lock().unwrap();
        assert_eq!(hidden.len(), 1);
        assert!(hidden[0].contains("'password-user'"), "{hidden:?}");
        assert!(hidden[0].contains("has exceeded the"), "{hidden:?}");
    });
}

/// Messages that name a user and a host apart.
#[apply(on_each_server)]
fn a_message_that_names_a_user_is_hidden(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let (mut guest, hidden) = writer(server).await;
        let connection = guest.open("orders").await.unwrap();
        for (sql, code, user) in [
            ("SHOW GRANTS FOR 'stranger'@'localhost'", 1141, "'stranger'"),
            (
                "REVOKE DELETE ON iamtest.items FROM 'no-grant'@'%'",
                1147,
                "'no-grant'",
            ),
            (
                "REVOKE EXECUTE ON PROCEDURE iamtest.none FROM 'no-grant'@'%'",
                1403,
                "'no-grant'",
            ),
        ] {
            let refused = guest.execute(connection, sql).await;
            let Err(Error::Server(error)) = refused else {
                panic!("{refused:?}");
            };
            assert_eq!(
                (error.code, error.sql_state.as_deref()),
                (code, Some("42000"))
            );
            let words = "the message is hidden, because it names a database user";
            assert_eq!(error.message, words);
            let hidden = std::mem::take(&mut *hidden.lock().unwrap());
            assert_eq!(hidden.len(), 1);
            assert!(hidden[0].contains(user), "{hidden:?}");
        }
        // What names no user is not hidden.
        let refused = guest.execute(connection, "SELECT * FROM none").await;
        let Err(Error::Server(error)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(error.message, "Table 'iamtest.none' doesn't exist");
        assert_eq!(*hidden.lock().unwrap(), Vec::<String>::new());
    });
}

#[apply(on_each_server)]
fn a_server_refuses_a_file_of_the_host(product: Product) {
    let server = Server::shared(product);
    let code = match product {
        Product::MySql => 3948,
        Product::MariaDb => 4166,
    };
    let loading = "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE items";
    block_on(async {
        let (mut guest, hidden) = writer(server).await;
        let connection = guest.open("orders").await.unwrap();
        let refused = guest.execute(connection, loading).await;
        let Err(Error::Server(error)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!((error.code, error.message.contains("local")), (code, true));
        let count = guest.one(connection, "SELECT COUNT(*) FROM items").await;
        assert_eq!(count, Value::Int(3));
        assert_eq!(*hidden.lock().unwrap(), Vec::<String>::new());
    });
}

/// The host does not offer `CLIENT_LOCAL_FILES`, and only a hostile server requests a file all the same.
#[test]
fn a_server_that_requests_a_file_of_the_host_receives_none() {
    // With the id that the client predicts.
    let mut second = prepared(0);
    second[1] = 2;
    let peer = TlsPeer::start(vec![
        say(result("CURRENT_ROLE()", &["NONE"], Then::Nothing)),
        say([prepared(0)]),
        say([b"\xFB/etc/passwd".to_vec()]),
        say([ok(Then::Nothing)]),
        say([second]),
        say([ok(Then::Nothing)]),
    ]);
    block_on(async {
        let bridge = Bridge::builder()
            .endpoint(ENDPOINT)
            .connect_to(peer.address().to_string())
            .ca_file(peer.ca_file())
            .user("lambda-user")
            .credentials(credentials());
        let pool = Pool::builder(bridge.build().await.unwrap());
        let databases = Databases::new().with("orders", pool.build().unwrap());
        let (tenant, hidden) = tenant(&databases, any());
        let mut guest = Guest::new(&tenant).await;
        let connection = guest.open("orders").await.unwrap();
        let refused = guest.execute(connection, "DO 1").await;
        assert_eq!(refused.unwrap_err(), Error::NotPermitted(Rule::LocalFile));
        guest.execute(connection, "DO 2").await.unwrap();
        assert_eq!(*hidden.lock().unwrap(), Vec::<String>::new());
    });
    let asked = peer.asked();
    let [role, first, execution, file, second, _] = &asked[..] else {
        panic!("{asked:?}");
    };
    assert_eq!(role, b"\x03SELECT CURRENT_ROLE()");
    assert_eq!(first, b"\x16DO 1");
    assert_eq!(execution[..2], [0x17, 1]);
    assert_eq!(file, b"");
    assert_eq!(second, b"\x16DO 2");
}

/// A server of its own: the test looks at its process list.
#[apply(on_each_server)]
fn a_connection_that_is_killed_is_lost_and_its_host_is_told(product: Product) {
    let server = Server::start(product, &Options::default());
    let running =
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(1000)%'";
    block_on(async {
        let mut admin = connect_as_admin(&server).await;
        let pool = pool(&server, false, |it| it).await;
        let (tenant, hidden) = tenant(&Databases::new().with("orders", pool), any());
        let mut guest = Guest::new(&tenant).await;
        for is_idle in [true, false] {
            let connection = guest.open("orders").await.unwrap();
            let id = match guest.one(connection, "SELECT CONNECTION_ID()").await {
                Value::Int(id) => id.to_string(),
                Value::Unsigned(id) => id.to_string(),
                other => panic!("{other:?}"),
            };
            let failed = if is_idle {
                server.execute_as_admin(&format!("KILL {id}"));
                guest.execute(connection, "SELECT 1").await
            } else {
                let kill = async {
                    while first_value::<i64>(&mut admin, running).await == 0 {
                        sleep(Duration::from_millis(20)).await;
                    }
                    server.execute_as_admin(&format!("KILL {id}"));
                };
                let sleeping = guest.execute(connection, "SELECT SLEEP(1000)");
                tokio::join!(sleeping, kill).0
            };
            assert_eq!(failed.unwrap_err(), lost(true));
            assert_eq!(std::mem::take(&mut *hidden.lock().unwrap()).len(), 1);
            // Nothing is sent on it any more, and another one works.
            let refused = guest.execute(connection, "SELECT 1").await;
            assert_eq!(refused.unwrap_err(), lost(false));
            let other = guest.open("orders").await.unwrap();
            assert_eq!(guest.one(other, "SELECT 1").await, Value::Int(1));
            assert_eq!(*hidden.lock().unwrap(), Vec::<String>::new());
        }
    });
}
