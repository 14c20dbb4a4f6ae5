//! The set-up of a session on servers with other defaults, and its round trips.

use rds_bridge::mysql::Param;
use rds_bridge::{BridgeBuilder, Stage};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, connect, first_value, to};
use crate::helpers::relay::Relay;

fn as_admin(server: &Server) -> BridgeBuilder {
    to(server).user("admin").password(PASSWORD)
}

fn with_arguments(product: Product, arguments: &[&str]) -> Server {
    Server::start(
        product,
        &Options {
            arguments: arguments.iter().map(|it| (*it).to_owned()).collect(),
            ..Options::default()
        },
    )
}

/// The collation is the one of the `mysql` client after `SET NAMES utf8mb4`, whatever the client's `HandshakeResponse`
/// names.
#[apply(on_each_server)]
fn the_collation_is_the_server_s_own(product: Product) {
    let server = Server::shared(product);
    // The same statement in the server's own client.
    let own = server.execute_as_admin("SET NAMES utf8mb4; SELECT @@collation_connection");
    block_on(async {
        let mut connection = connect(as_admin(server)).await;
        let collation: String = first_value(&mut connection, "SELECT @@collation_connection").await;
        assert_eq!(collation, own.trim());
        connection.reset().await.unwrap();
        let collation: String = first_value(&mut connection, "SELECT @@collation_connection").await;
        assert_eq!(collation, own.trim());

        let other = as_admin(server).collation("utf8mb4_bin");
        let mut connection = connect(other).await;
        let collation: String = first_value(&mut connection, "SELECT @@collation_connection").await;
        assert_eq!(collation, "utf8mb4_bin");
    });
}

/// The default collation of MySQL's tables is `utf8mb4_0900_ai_ci`, for which trailing spaces and emojis are
/// significant.
#[test]
fn comparisons_are_those_of_mysql_s_tables() {
    let server = Server::start(Product::MySql, &Options::default());
    server.execute_as_admin(
        "CREATE TABLE iamtest.c (c VARCHAR(9)); INSERT INTO iamtest.c VALUES ('5')",
    );
    block_on(async {
        let mut connection = connect(as_admin(&server)).await;
        for (sql, value) in [
            ("SELECT COUNT(*) FROM c WHERE c = CAST(5 AS CHAR)", 1),
            (
                "SELECT COUNT(*) FROM (SELECT c FROM c UNION SELECT CAST(5 AS CHAR)) u",
                1,
            ),
            ("SELECT 'a' = 'a '", 0),
            (
                "SELECT COUNT(DISTINCT e) FROM (SELECT '😀' e UNION ALL SELECT '😱') t",
                2,
            ),
        ] {
            assert_eq!(
                first_value::<i64>(&mut connection, sql).await,
                value,
                "{sql}"
            );
        }
    });
}

/// Characters are sent and received unchanged, whatever character set the server prescribes.
#[apply(on_each_server)]
fn the_character_set_is_ours(product: Product) {
    for arguments in [
        &["--init-connect=SET NAMES latin1"][..],
        &[
            "--skip-character-set-client-handshake",
            "--character-set-server=latin1",
        ],
    ] {
        let arguments = match (product, arguments) {
            // MySQL 8.3 removed the option.
            (Product::MySql, ["--skip-character-set-client-handshake", ..]) => {
                &["--character-set-server=latin1"]
            }
            (_, arguments) => arguments,
        };
        let server = with_arguments(product, arguments);
        server.execute_as_admin(
            "CREATE TABLE iamtest.l (t VARCHAR(9) CHARACTER SET utf8mb4);
             CREATE USER writer IDENTIFIED BY 'correct horse battery staple';
             GRANT ALL ON iamtest.* TO writer",
        );
        block_on(async {
            // The server does not execute `init_connect` for users with all privileges, such as `admin`.
            let builder = to(&server).user("writer").password(PASSWORD);
            let mut connection = connect(builder.allow_writes(true)).await;
            connection
                .execute("INSERT INTO l VALUES ('é€')", ())
                .await
                .unwrap();
            let hex: String = first_value(&mut connection, "SELECT HEX(t) FROM l").await;
            assert_eq!(hex, "C3A9E282AC", "{arguments:?}");
            let text: String = first_value(&mut connection, "SELECT t FROM l").await;
            assert_eq!(text, "é€", "{arguments:?}");
            let sql = "SELECT t FROM l WHERE t = ?";
            let mut rows = connection
                .query_with(sql, &[Param::from("é€")])
                .await
                .unwrap();
            assert!(rows.next().await.unwrap().is_some(), "{arguments:?}");
        });
    }
}

#[apply(on_each_server)]
fn what_is_inserted_stays(product: Product) {
    let server = with_arguments(product, &["--autocommit=0"]);
    block_on(async {
        let mut connection = connect(as_admin(&server).allow_writes(true)).await;
        let insert = "INSERT INTO items (name) VALUES ('dates')";
        connection.execute(insert, ()).await.unwrap();
        connection.close().await.unwrap();
    });
    let count = server.execute_as_admin("SELECT COUNT(*) FROM iamtest.items WHERE name = 'dates'");
    assert_eq!(count, "1\n");
}

#[apply(on_each_server)]
fn a_collation_that_is_not_there(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        for name in ["utf8mb4_bin; DROP TABLE items", "latin1_bin", ""] {
            let error = as_admin(server).collation(name).build().await.unwrap_err();
            assert_eq!(error.stage(), Stage::Settings, "{name}");
        }
        for allow_writes in [false, true] {
            let builder = as_admin(server).collation("utf8mb4_nowhere");
            let mut connection = connect(builder.allow_writes(allow_writes)).await;
            let sql = "UPDATE items SET price = 0";
            let error = connection.query(sql).await.map(drop).unwrap_err();
            assert_eq!((error.stage(), error.code()), (Stage::Session, Some(1273)));
        }
    });
    let sum = server.execute_as_admin("SELECT SUM(price) FROM iamtest.items");
    assert_eq!(sum, "16.75\n");
}

/// The set-up is sent with the first statement. In a read-only session it precedes a statement that may write.
#[apply(on_each_server)]
fn it_takes_no_round_trip(product: Product) {
    let server = Server::start(product, &Options::default());
    let relay = Relay::start(&[server.address()], None);
    let builder = || as_admin(&server).connect_to(relay.address().to_string());
    let update = "UPDATE items SET price = price";
    block_on(async {
        // An account's first login takes another round trip on MySQL.
        connect(builder()).await.close().await.unwrap();
        relay.round_trips();
        let mut connection = connect(builder()).await;
        let login = relay.round_trips();
        for (sql, round_trips) in [("SELECT 1", 1), ("SELECT 1", 1)] {
            connection.execute(sql, ()).await.unwrap();
            assert_eq!(relay.round_trips(), round_trips, "{sql}");
        }
        connection.reset().await.unwrap();
        assert_eq!(relay.round_trips(), 1);

        for (allow_writes, sql, round_trips) in [
            (false, "START TRANSACTION", 1),
            (true, "START TRANSACTION", 1),
            (true, update, 1),
        ] {
            let mut connection = connect(builder().allow_writes(allow_writes)).await;
            assert!(relay.round_trips() <= login);
            connection.execute(sql, ()).await.unwrap();
            assert_eq!(relay.round_trips(), round_trips, "{sql}");
        }
        let mut connection = connect(builder()).await;
        assert!(relay.round_trips() <= login);
        let refused = connection.query(update).await.map(drop).unwrap_err();
        assert_eq!(refused.code(), Some(1792));
        assert_eq!(relay.round_trips(), 2);

        let mut connection = connect(builder()).await;
        relay.round_trips();
        connection
            .query_with("SELECT ?", &[Param::from(1)])
            .await
            .unwrap();
        assert_eq!(relay.round_trips(), 2);
    });
}
