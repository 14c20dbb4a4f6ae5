//! Statements and their results on real servers: several results, none, long ones, and calls that are dropped.

use std::time::Duration;

use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::Param;
use rds_bridge_test_support::fault_proxy::{Fault, FaultProxy, Side};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{
    block_on, connect_as_admin, connect_error, credentials, first_value, to,
};

#[apply(on_each_server)]
fn results_of_every_number(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(
        "CREATE TABLE iamtest.n (id INT AUTO_INCREMENT PRIMARY KEY, v INT);
         DELIMITER //
         CREATE PROCEDURE iamtest.three() BEGIN SELECT 1; SELECT 2, 3 FROM items; SELECT 4; END //",
    );
    block_on(async {
        let mut connection = connect_as_admin(&server).await;
        let summary = connection
            .execute("INSERT INTO n (v) VALUES (7), (8)", ())
            .await
            .unwrap();
        assert_eq!((summary.affected_rows, summary.last_insert_id), (2, 1));
        let summary = connection
            .execute("UPDATE n SET v = 9 WHERE v = 7", ())
            .await
            .unwrap();
        assert!(summary.info.starts_with("Rows matched: 1"), "{summary:?}");
        let summary = connection.execute("SELECT 1 / 0", ()).await.unwrap();
        assert_eq!(summary.warnings, 1);

        let mut none = connection
            .query("SELECT id FROM n WHERE FALSE")
            .await
            .unwrap();
        assert_eq!(none.columns().len(), 1);
        assert!(none.next().await.unwrap().is_none());
        drop(none);

        for prepared in [false, true] {
            let mut rows = match prepared {
                false => connection.query("CALL three()").await.unwrap(),
                true => connection.query_with("CALL three()", &[]).await.unwrap(),
            };
            let mut counts = Vec::new();
            loop {
                let columns = rows.columns().len();
                let mut count = 0;
                while rows.next().await.unwrap().is_some() {
                    count += 1;
                }
                counts.push((columns, count));
                if !rows.next_result().await.unwrap() {
                    break;
                }
            }
            // The last one is the status of the procedure itself.
            assert_eq!(counts, [(1, 1), (2, 3), (1, 1), (0, 0)], "{prepared}");
        }
        assert_eq!(first_value::<u64>(&mut connection, "SELECT 5").await, 5);
    });
}

#[apply(on_each_server)]
fn what_is_longer_than_a_packet(product: Product) {
    let server = Server::start(
        product,
        &Options {
            arguments: vec!["--max-allowed-packet=64M".to_owned()],
            ..Options::default()
        },
    );
    block_on(async {
        let mut connection = connect_as_admin(&server).await;
        // Lengths around the one at which a second packet begins. The length prefix takes four bytes.
        for length in [16_777_210, 16_777_211, 16_777_212, 20_000_000] {
            let sql = format!("SELECT REPEAT('x', {length})");
            let mut rows = connection.query(&sql).await.unwrap();
            let row = rows.next().await.unwrap().unwrap();
            assert_eq!(row.get::<&str>(0).unwrap().len(), length);
            assert!(rows.next().await.unwrap().is_none());
        }
        let long = "y".repeat(17_000_000);
        let params = [Param::from(long.as_str())];
        let mut rows = connection
            .query_with("SELECT LENGTH(?)", &params)
            .await
            .unwrap();
        let row = rows.next().await.unwrap().unwrap();
        assert_eq!(row.get::<u32>(0).unwrap(), 17_000_000);
        drop(rows);
        let sql = format!("SELECT LENGTH('{long}')");
        assert_eq!(first_value::<u64>(&mut connection, &sql).await, 17_000_000);
    });
}

#[apply(on_each_server)]
fn every_kind_of_parameter(product: Product) {
    block_on(async {
        let mut connection = connect_as_admin(Server::shared(product)).await;
        let params = [
            Param::from(i64::MIN),
            Param::from(u64::MAX),
            Param::from(0.5),
            Param::from("é' --"),
            Param::from(&b"\x00\xFF"[..]),
            Param::Null,
        ];
        let mut rows = connection
            .query_with("SELECT ?, ?, ?, ?, ?, ?", &params)
            .await
            .unwrap();
        let row = rows.next().await.unwrap().unwrap();
        assert_eq!(row.get(0), Ok(i64::MIN));
        assert_eq!(row.get(1), Ok(u64::MAX));
        assert_eq!(row.get(2), Ok(0.5));
        assert_eq!(row.get(3), Ok("é' --"));
        assert_eq!(row.get(4), Ok(&b"\x00\xFF"[..]));
        assert_eq!(row.get(5), Ok(None::<i32>));
        drop(rows);

        let error = connection.query_with("SELECT ?", &[]).await.unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::ParameterCount {
                expected: 1,
                given: 0
            }
        ));
        // Of 52 statements 32 stay prepared. The last `COM_STMT_CLOSE` is sent with the next command.
        for number in 0..50 {
            connection
                .query_with(&format!("SELECT ?, {number}"), &[Param::from(1)])
                .await
                .unwrap();
        }
        let mut rows = connection
            .query("SHOW SESSION STATUS LIKE 'Com_stmt_close'")
            .await
            .unwrap();
        let closed: String = rows.next().await.unwrap().unwrap().get(1).unwrap();
        assert_eq!(closed, "20");
    });
}

#[apply(on_each_server)]
fn what_is_given_up_confuses_nothing(product: Product) {
    block_on(async {
        let mut connection = connect_as_admin(Server::shared(product)).await;
        let mut rows = connection
            .query(&format!("SELECT seq FROM {}", product.sequence(100_000)))
            .await
            .unwrap();
        rows.next().await.unwrap();
        drop(rows);
        assert_eq!(first_value::<u64>(&mut connection, "SELECT 6").await, 6);

        let slow = connection.query("SELECT SLEEP(0.2)");
        assert!(
            tokio::time::timeout(Duration::from_millis(20), slow)
                .await
                .is_err()
        );
        match connection.query("SELECT 7").await {
            Ok(mut rows) => assert_eq!(rows.next().await.unwrap().unwrap().get(0), Ok(7)),
            Err(error) => assert!(matches!(error.kind(), ErrorKind::Unusable), "{error}"),
        }
    });
}

#[apply(on_each_server)]
fn a_connection_that_is_cut_anywhere_is_an_error(product: Product) {
    let server = Server::shared(product);
    let proxy = FaultProxy::start(server.address(), Fault::OneByteAtATime);
    let query = || {
        let builder = to(server)
            .connect_to(proxy.address().to_string())
            .user("lambda-user")
            .credentials(credentials());
        block_on(async {
            let mut connection = builder.build().await?.connect().await?;
            let mut rows = connection
                .query(&format!("SELECT seq FROM {}", product.sequence(2_000)))
                .await?;
            let mut count = 0;
            while rows.next().await?.is_some() {
                count += 1;
            }
            Ok::<_, rds_bridge::Error>(count)
        })
    };
    assert_eq!(query().unwrap(), 2_000);
    for after in [0, 1, 50, 100, 500, 1_500, 2_000, 3_000, 5_000, 12_000] {
        proxy.set(Fault::Cut {
            from: Side::Server,
            after,
        });
        let error = query().unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Closed | ErrorKind::Io(_)),
            "{after}: {error}"
        );
        proxy.set(Fault::Reset {
            from: Side::Server,
            after,
        });
        query().unwrap_err();
    }
}

#[apply(on_each_server)]
fn who_does_not_answer_is_not_waited_for(product: Product) {
    let server = Server::shared(product);
    let proxy = FaultProxy::start(server.address(), Fault::BlackHole);
    let builder = to(server)
        .connect_to(proxy.address().to_string())
        .user("lambda-user")
        .credentials(credentials())
        .timeouts(rds_bridge::Timeouts {
            whole: Duration::from_millis(100),
            ..rds_bridge::Timeouts::default()
        });
    let error = connect_error(builder);
    assert!(matches!(error.kind(), ErrorKind::Timeout(_)), "{error}");
}

#[apply(on_each_server)]
fn a_server_that_dies_while_rows_stream(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let mut connection = connect_as_admin(&server).await;
        let mut rows = connection
            .query(&format!(
                "SELECT seq FROM {}",
                product.sequence(100_000_000)
            ))
            .await
            .unwrap();
        rows.next().await.unwrap().unwrap();
        server.kill();
        let error = loop {
            match rows.next().await {
                Ok(row) => assert!(row.is_some()),
                Err(error) => break error,
            }
        };
        assert!(
            matches!(error.kind(), ErrorKind::Closed | ErrorKind::Io(_)),
            "{error}"
        );
        drop(rows);
        let error = connection.query("SELECT 1").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unusable), "{error}");
    });
}

/// After an error the next call returns the end of the rows without waiting.
#[apply(on_each_server)]
fn an_error_ends_its_result_and_not_the_connection(product: Product) {
    block_on(async {
        let mut connection = connect_as_admin(Server::shared(product)).await;
        let sql = &format!(
            "SELECT IF(seq < 50000, 1, (SELECT id FROM items)) FROM {}",
            product.sequence(60_000)
        );
        let mut rows = connection.query(sql).await.unwrap();
        let error = loop {
            match rows.next().await {
                Ok(row) => assert!(row.is_some()),
                Err(error) => break error,
            }
        };
        assert_eq!(error.code(), Some(1242), "{error}");
        assert!(rows.next().await.unwrap().is_none());
        assert!(!rows.next_result().await.unwrap());
        drop(rows);
        assert_eq!(first_value::<u64>(&mut connection, "SELECT 8").await, 8);
    });
}

/// A connection must be `Send`, so that it can be used in a task on a multi-threaded runtime.
#[apply(on_each_server)]
fn it_goes_from_thread_to_thread(product: Product) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let bridge = to(Server::shared(product))
        .user("lambda-user")
        .credentials(credentials());
    let spawned = runtime.spawn(async {
        let bridge = bridge.build().await?;
        let mut connection = bridge.connect().await?;
        let mut rows = connection
            .query_with("SELECT name FROM items WHERE id = ?", (1,))
            .await?;
        let name: Option<String> = match rows.next().await? {
            Some(row) => Some(row.get("name")?),
            None => None,
        };
        assert!(!rows.next_result().await?);
        connection.ping().await?;
        connection.close().await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(name)
    });
    let name = runtime.block_on(spawned).unwrap().unwrap();
    assert_eq!(name.as_deref(), Some("apple"));
}
