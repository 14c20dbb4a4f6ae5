//! The emulator accepts and refuses logins as RDS does. Its events give the reason of each refusal, which the client is
//! not told.

use rds_bridge::aws::Credentials;
use rds_bridge::clock::Clock;
use rds_bridge::{BridgeBuilder, Error};
use rds_bridge_emulator::{Emulator, EventKind};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::helpers::live::block_on;

const SEED: &str = "CREATE TABLE items (id INT PRIMARY KEY, name VARCHAR(64)); \
                    INSERT INTO items VALUES (1, 'apple'), (2, 'bread');";

/// A clock that is wrong.
#[derive(Debug)]
struct Off {
    ahead: Duration,
    behind: Duration,
}

impl Clock for Off {
    fn now(&self) -> SystemTime {
        SystemTime::now() + self.ahead - self.behind
    }
}

fn login(builder: BridgeBuilder) -> Result<(), Error> {
    block_on(async {
        let connection = builder.build().await?.connect().await?;
        connection.close().await
    })
}

/// The error code that the client receives, and the reason in the event.
fn refused(emulator: &Emulator, builder: BridgeBuilder) -> (u16, String) {
    let error = login(builder).unwrap_err();
    let told = error.server_error().unwrap_or_else(|| panic!("{error:?}"));
    let event = emulator.events().pop().unwrap();
    let EventKind::Refused { code, reason } = event.kind else {
        panic!("{event}");
    };
    assert_eq!(told.code, code);
    (code, reason)
}

#[test]
fn every_reason_is_told_here_and_none_there() {
    let emulator = Emulator::builder()
        .user("lambda-user")
        .user("other")
        .start()
        .unwrap();
    login(emulator.bridge()).unwrap();
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let off = |ahead, behind| Off { ahead, behind };
    let good = || Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let bridge = || emulator.bridge();
    let here = emulator.address().to_string();
    for (builder, reason) in [
        (bridge().region("eu-west-1"), "region \"eu-west-1\""),
        (
            bridge()
                .endpoint("alias.example.com")
                .tls_server_name("localhost"),
            "host \"alias.example.com\"",
        ),
        (bridge().port(3306).connect_to(&here), "port 3306"),
        (bridge().user("Lambda-User"), "unknown user"),
        (
            bridge().credentials(Credentials::new("AKIDEXAMPLE", "wrong")),
            "signature does not match",
        ),
        (
            bridge().credentials(Credentials::new("AKIDOTHER", "wrong")),
            "access key \"AKIDOTHER\"",
        ),
        (
            bridge().credentials(good().with_session_token("FwoG")),
            "with a session token",
        ),
        (bridge().clock(off(minutes(0), minutes(20))), "expired at"),
        (
            bridge().clock(off(minutes(10), minutes(0))),
            "a clock is wrong",
        ),
    ] {
        let (code, told) = refused(&emulator, builder);
        assert_eq!(code, 1045, "{told}");
        assert!(told.contains(reason), "{told} lacks {reason}");
    }
    login(bridge().user("other")).unwrap();
}

#[test]
fn a_session_token_is_part_of_the_credentials() {
    let temporary = Credentials::new("ASIAEXAMPLE", "secret").with_session_token("FwoGZX/+ab==");
    let emulator = Emulator::builder().credentials(temporary).start().unwrap();
    login(emulator.bridge()).unwrap();
    let without = Credentials::new("ASIAEXAMPLE", "secret");
    let (_, reason) = refused(&emulator, emulator.bridge().credentials(without));
    assert!(reason.contains("without a session token"), "{reason}");
    let other = Credentials::new("ASIAEXAMPLE", "secret").with_session_token("other");
    let (_, reason) = refused(&emulator, emulator.bridge().credentials(other));
    assert!(reason.contains("another session token"), "{reason}");
}

#[test]
fn the_emulators_own_clock_may_be_off() {
    let emulator = Emulator::builder()
        .clock_offset_seconds(1_200)
        .start()
        .unwrap();
    let (_, reason) = refused(&emulator, emulator.bridge());
    assert!(reason.contains("expired"), "{reason}");
}

#[test]
fn a_name_of_rds_is_what_tokens_are_signed_for() {
    let name = "MyDB.abc123.eu-central-1.rds.amazonaws.com";
    let emulator = Emulator::builder().endpoint(name).start().unwrap();
    assert_eq!(emulator.endpoint(), name.to_ascii_lowercase());
    login(emulator.bridge()).unwrap();
    let variables = emulator.environment("ca.pem".as_ref());
    let value = |wanted| {
        variables
            .iter()
            .find(|(name, _)| *name == wanted)
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(value("AWS_REGION"), "eu-central-1");
    assert_eq!(value("DB_CONNECT_TO"), emulator.address().to_string());
}

#[test]
fn sessions_do_not_see_what_is_not_committed() {
    let emulator = Emulator::builder().seed(SEED).start().unwrap();
    block_on(async {
        let bridge = emulator.bridge().allow_writes(true).build().await.unwrap();
        let mut writer = bridge.connect().await.unwrap();
        let mut reader = bridge.connect().await.unwrap();
        writer.execute("START TRANSACTION", ()).await.unwrap();
        let done = writer.execute("DELETE FROM items", ()).await.unwrap();
        assert_eq!(done.affected_rows, 2);
        writer.execute("ROLLBACK", ()).await.unwrap();
        let mut rows = reader.query("SELECT count(*) FROM items").await.unwrap();
        let count: u64 = rows.next().await.unwrap().unwrap().get(0).unwrap();
        assert_eq!(count, 2);
        drop(rows);

        let read_only = emulator.bridge().build().await.unwrap();
        let mut connection = read_only.connect().await.unwrap();
        let error = connection
            .execute("DELETE FROM items", ())
            .await
            .unwrap_err();
        assert_eq!(error.server_error().unwrap().code, 1792);
    });
}

#[test]
fn a_statement_is_killed_from_another_session() {
    let emulator = Emulator::start().unwrap();
    block_on(async {
        let bridge = emulator.bridge().build().await.unwrap();
        let mut sleeper = bridge.connect().await.unwrap();
        let mut killer = bridge.connect().await.unwrap();
        let id = sleeper.session().connection_id;
        let sleep = sleeper.execute("SELECT SLEEP(100)", ());
        let kill = async {
            // The statement may not have begun when the first KILL arrives.
            let kill = format!("KILL QUERY {id}");
            loop {
                killer.execute(&kill, ()).await.unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let ended: Result<_, Error> = tokio::select! {
            ended = sleep => ended,
            () = kill => unreachable!("it has no end"),
        };
        assert_eq!(ended.unwrap_err().server_error().unwrap().code, 1317);
    });
}

/// A child process holds all sockets of its parent until its program runs.
#[test]
fn dropped_it_is_gone_while_children_start() {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                assert!(Command::new("true").status().unwrap().success());
            }
        });
        let answered = (0..50).filter(|_| {
            let emulator = Emulator::start().unwrap();
            let address = emulator.address();
            drop(emulator);
            std::net::TcpStream::connect(address).is_ok()
        });
        let answered = answered.count();
        is_over.store(true, Ordering::SeqCst);
        assert_eq!(answered, 0);
    });
}

#[test]
fn dropped_it_is_gone_and_a_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rds.sqlite");
    let emulator = Emulator::builder()
        .database_file(&file)
        .seed(SEED)
        .start()
        .unwrap();
    let address = emulator.address();
    let connection = block_on(async {
        let bridge = emulator.bridge().build().await.unwrap();
        bridge.connect().await.unwrap()
    });
    drop(emulator);
    assert!(std::net::TcpStream::connect(address).is_err());
    let mut connection = connection;
    assert!(block_on(connection.ping()).is_err());

    let again = Emulator::builder().database_file(&file).start().unwrap();
    block_on(async {
        let bridge = again.bridge().build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        let mut rows = connection.query("SELECT name FROM items").await.unwrap();
        assert!(rows.next().await.unwrap().is_some());
    });
}

/// A client can reach the database, but no other file of the machine.
#[test]
fn no_other_file_can_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::builder().seed(SEED).start().unwrap();
    block_on(async {
        let bridge = emulator.bridge().allow_writes(true).build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        let path = folder.path().join("other").display().to_string();
        for sql in [
            format!("ATTACH '{path}' AS other"),
            format!("VACUUM INTO '{path}'"),
        ] {
            let refused = connection.execute(&sql, ()).await.unwrap_err();
            assert!(refused.server_error().is_some(), "{sql}: {refused:?}");
        }
    });
    assert!(folder.path().read_dir().unwrap().next().is_none());
}

#[test]
fn the_deepest_statement_ends_in_an_answer() {
    let emulator = Emulator::start().unwrap();
    let terms = |count: usize, term: &str, between: &str| vec![term; count].join(between);
    let nested = |depth: usize| {
        let (open, close) = ("SELECT * FROM (".repeat(depth), ")".repeat(depth));
        format!("{open}SELECT 1{close}")
    };
    block_on(async {
        let bridge = emulator.bridge().build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        for sql in [
            format!("SELECT {}", terms(990, "1", "+")),
            format!("SELECT {}", terms(50_000, "1", "+")),
            format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000)),
            terms(490, "SELECT 1", " UNION ALL "),
            nested(60),
            nested(2_000),
        ] {
            match connection.execute(&sql, ()).await {
                Ok(_) => {}
                Err(error) => assert!(error.server_error().is_some(), "{error:?}"),
            }
        }
        connection.ping().await.unwrap();
    });
}

#[test]
fn ids_are_given_by_tables_as_mysql_has_them() {
    let emulator = Emulator::builder()
        .seed(
            "CREATE TABLE `log` (`id` int(11) unsigned NOT NULL AUTO_INCREMENT, what VARCHAR(9), \
             PRIMARY KEY (`id`)) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4;",
        )
        .start()
        .unwrap();
    block_on(async {
        let bridge = emulator.bridge().allow_writes(true).build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        for id in 7..=8 {
            let insert = "INSERT INTO log (what) VALUES ('x')";
            let done = connection.execute(insert, ()).await.unwrap();
            assert_eq!(done.last_insert_id, id);
        }
    });
}

/// A seed's open transaction is rolled back as a whole, whatever the names of its savepoints.
#[test]
fn a_seeds_own_transaction_is_rolled_back_whole() {
    let emulator = Emulator::builder()
        .seed(
            "CREATE TABLE t (a INT); BEGIN; INSERT INTO t VALUES (1); SAVEPOINT text; \
             INSERT INTO t VALUES (2); ROLLBACK; INSERT INTO t VALUES (3);",
        )
        .start()
        .unwrap();
    block_on(async {
        let bridge = emulator.bridge().build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        let mut rows = connection.query("SELECT a FROM t").await.unwrap();
        assert_eq!(rows.next_as::<(u8,)>().await.unwrap(), Some((3,)));
        assert_eq!(rows.next_as::<(u8,)>().await.unwrap(), None);
    });
}

/// A schema in the format of `mysqldump`.
#[test]
fn a_dumped_schema_is_taken() {
    let emulator = Emulator::builder()
        .seed(
            "/*!40101 SET NAMES utf8mb4 */;
             DROP TABLE IF EXISTS `orders`;
             CREATE TABLE `orders` (
               `id` int(11) unsigned NOT NULL AUTO_INCREMENT,
               `state` enum('new','paid') COLLATE utf8mb4_unicode_ci NOT NULL DEFAULT 'new',
               `note` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'a, (b)',
               `key` int(11) DEFAULT NULL,
               `made` timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
               `seen` datetime DEFAULT NOW(),
               `price` decimal(10,2) NOT NULL DEFAULT 0.00,
               PRIMARY KEY (`id`),
               UNIQUE KEY `note` (`note`),
               KEY `state` (`state`,`made`),
               CONSTRAINT `positive` CHECK (`price` >= 0)
             ) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
             INSERT INTO `orders` (`note`,`key`) VALUES ('one',1),('two',2);",
        )
        .start()
        .unwrap();
    block_on(async {
        let bridge = emulator.bridge().allow_writes(true).build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        let mut rows = connection
            .query("SELECT id, state, note, `key`, made, price FROM orders ORDER BY id")
            .await
            .unwrap();
        let row = rows.next().await.unwrap().unwrap();
        assert_eq!(row.get::<u64>("id").unwrap(), 7);
        assert_eq!(row.get::<&str>("state").unwrap(), "new");
        assert_eq!(row.get::<&str>("price").unwrap(), "0.00");
        assert!(
            row.get::<rds_bridge::mysql::DateTime>("made")
                .unwrap()
                .date
                .year
                > 2_000
        );
        drop(rows);
        let again = "INSERT INTO orders (note) VALUES ('one')";
        let refused = connection.execute(again, ()).await.unwrap_err();
        assert_eq!(refused.server_error().unwrap().code, 1062);
    });
}

#[test]
fn a_column_of_two_types_is_an_error() {
    let emulator = Emulator::start().unwrap();
    block_on(async {
        let bridge = emulator.bridge().build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        let union = "SELECT 1 AS a UNION ALL SELECT 'x'";
        let refused = connection.execute(union, ()).await.unwrap_err();
        assert_eq!(refused.server_error().unwrap().code, 1064);
        connection.ping().await.unwrap();
    });
}
