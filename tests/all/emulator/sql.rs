//! The emulator's SQL compared with MySQL's: a statement has the same answer, or an error that says that it comes from
//! the emulator.

mod mysql_client;

use std::fmt::Write;

use rds_bridge_test_support::server::{Options, Product, Server};

use crate::helpers::emulator::answers::{self, Answer, Both};

const TABLES: &str = include_str!("sql/tables.sql");
const EXPRESSIONS: &str = include_str!("sql/expressions.txt");

/// Each line is what follows `SELECT`.
#[test]
fn expressions_are_alike_or_refused_by_name() {
    let server = Server::start(Product::MySql, &Options::default());
    let mut both = Both::with(&server, TABLES);
    let (mut alike, mut refused, mut report) = (0, 0, String::new());
    for line in EXPRESSIONS.lines() {
        let sql = format!("SELECT {line}");
        let (emulated, real) = both.ask(&sql);
        if emulated == real {
            alike += 1;
        } else if emulated.is_refused_by_the_emulator() {
            refused += 1;
        } else {
            writeln!(
                report,
                "{sql}\n  emulator {emulated:?}\n  MySQL    {real:?}"
            )
            .unwrap();
        }
    }
    assert_eq!(
        report, "",
        "{alike} alike, {refused} refused, and others different:\n{report}"
    );
    // Most expressions are supported.
    assert!(
        alike > 350 && refused > 100,
        "{alike} alike, {refused} refused"
    );
}

/// The statements are executed in order, on the same tables.
#[test]
fn statements_are_alike_or_refused_by_name() {
    let server = Server::start(Product::MySql, &Options::default());
    let mut both = Both::with(&server, TABLES);
    let mut report = String::new();
    for sql in include_str!("sql/statements.txt").lines() {
        let (emulated, real) = both.ask(sql);
        if emulated == real || emulated.is_refused_by_the_emulator() {
            continue;
        }
        writeln!(
            report,
            "{sql}\n  emulator {emulated:?}\n  MySQL    {real:?}"
        )
        .unwrap();
    }
    assert_eq!(report, "");
}

/// Statements that change something are not sent to MySQL, so that its tables stay equal to the emulator's.
#[test]
fn what_is_not_supported_is_refused_by_name() {
    let emulator = rds_bridge_emulator::Emulator::builder()
        .seed(TABLES)
        .start()
        .unwrap();
    let mut connection = answers::connect(emulator.bridge());
    for sql in include_str!("sql/refused.txt").lines() {
        let answer = connection.ask(sql);
        assert!(answer.is_refused_by_the_emulator(), "{sql}: {answer:?}");
    }
}

/// These statements are documented as supported. The tests above accept an error of the emulator's own.
#[test]
fn the_common_statements_are_not_refused() {
    let server = Server::start(Product::MySql, &Options::default());
    let mut both = Both::with(&server, TABLES);
    for sql in [
        "SELECT VERSION() IS NOT NULL, @@sql_mode, @@default_storage_engine, @@sql_auto_is_null, \
         @@lower_case_table_names, CONVERT_TZ('2001-01-01 01:00:00', '+00:00', '+00:00') IS NOT NULL",
        "UPDATE things SET small = small",
        "UPDATE things SET small = 1 WHERE id < 3",
        "INSERT INTO things (name) VALUES ('x'), ('y')",
        "SELECT LAST_INSERT_ID()",
        "INSERT INTO plain VALUES (5, 6)",
        "SELECT ROW_COUNT()",
        "DESCRIBE nosuch",
        "DESCRIBE `iamtest`.`things`",
        "SHOW COLUMNS FROM things LIKE 'n%'",
        "SHOW COLUMNS FROM things WHERE Field = 'name' OR Field = 'id'",
        "SHOW FULL COLUMNS FROM plain",
        "SHOW FULL TABLES LIKE 'pl%'",
        "SHOW DATABASES LIKE 'iam%'",
        "SHOW DATABASES LIKE 'nosuch'",
        "SHOW VARIABLES LIKE 'lower\\_case%'",
        "SHOW VARIABLES WHERE Variable_name IN ('autocommit', 'sql_mode')",
        "SHOW VARIABLES WHERE Variable_name = 'autocommit' OR Variable_name = 'sql_mode'",
    ] {
        let (emulated, real) = both.ask(sql);
        assert_eq!(emulated, real, "{sql}");
    }
}

/// SQLite's own statements could change the process or reach its files.
#[test]
fn no_statement_of_sqlites_own_is_executed() {
    let emulator = rds_bridge_emulator::Emulator::start().unwrap();
    let mut connection = answers::connect(emulator.bridge());
    for sql in [
        "PRAGMA soft_heap_limit = 1",
        "PRAGMA journal_mode = DELETE",
        "ATTACH 'x' AS x",
        "DETACH main",
        "VACUUM INTO 'x'",
        "REINDEX",
        "EXPLAIN QUERY PLAN SELECT 1",
        "SELECT * FROM pragma_database_list",
        "SELECT load_extension('x')",
        "CREATE TRIGGER t AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE VIRTUAL TABLE t USING fts5(a)",
    ] {
        match connection.ask(sql) {
            Answer::Error(..) => {}
            other => panic!("{sql}: {other:?}"),
        }
    }
    let seed = rds_bridge_emulator::Emulator::builder().seed("PRAGMA soft_heap_limit = 1");
    let refused = seed.start().unwrap_err().to_string();
    assert!(
        refused.contains("PRAGMA") && refused.contains("emulator"),
        "{refused}"
    );
}
