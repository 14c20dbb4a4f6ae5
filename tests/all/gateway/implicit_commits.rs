//! Statements that end the transaction that they are executed in: what is refused, and what is told of the others.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use super::v1::{BATCH, Reply, post};
use crate::helpers::gateway::{Answer, Gateway};
use crate::helpers::gateway_config::{GatewayConfig, WRITER};

/// A table without rows, and procedures that write to it.
struct Table<'s> {
    server: &'s Server,
    name: String,
}

/// The procedures, each after an `INSERT`, and whether it ends the transaction.
const PROCEDURES: [(&str, &str, bool); 5] = [
    ("commits", "COMMIT", true),
    // The server's status says that a transaction is open.
    ("chains", "COMMIT; START TRANSACTION", true),
    ("fails_later", "COMMIT; SIGNAL SQLSTATE '45000'", true),
    ("fails", "SIGNAL SQLSTATE '45000'", false),
    ("goes_on", "DO 1", false),
];

impl<'s> Table<'s> {
    fn create(server: &'s Server, product: Product, topic: &str) -> Self {
        let name = format!("ends_{topic}_{}", product.name());
        let mut sql = format!("CREATE TABLE iamtest.{name} (a INT) ENGINE=InnoDB;\nDELIMITER //\n");
        for (procedure, statements, _) in PROCEDURES {
            sql.push_str(&format!(
                "CREATE PROCEDURE iamtest.{name}_{procedure}() \
                 BEGIN INSERT INTO {name} VALUES (2); {statements}; END//\n"
            ));
        }
        server.execute_as_admin(&sql);
        Self { server, name }
    }

    fn insert(&self, value: u8) -> String {
        format!("INSERT INTO {} VALUES ({value})", self.name)
    }

    fn call(&self, procedure: &str) -> String {
        format!("CALL {}_{procedure}()", self.name)
    }

    /// All values, which are then removed.
    fn take(&self) -> String {
        let name = &self.name;
        let select = format!("SELECT a FROM iamtest.{name} ORDER BY a; DELETE FROM iamtest.{name}");
        self.server.execute_as_admin(&select).replace('\n', " ")
    }
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        let name = &self.name;
        let mut sql = format!("DROP TABLE iamtest.{name};");
        for (procedure, ..) in PROCEDURES {
            sql.push_str(&format!("DROP PROCEDURE iamtest.{name}_{procedure};"));
        }
        self.server.execute_as_admin(&sql);
    }
}

fn batch(gateway: &Gateway, statements: &[&str]) -> Reply {
    let statements: Vec<Json> = statements.iter().map(|sql| json!({"sql": sql})).collect();
    let body = json!({"statements": statements});
    post(gateway, BATCH, "application/json", &body)
}

#[apply(on_each_server)]
fn a_batch_tells_that_a_procedure_has_ended_its_transaction(product: Product) {
    let server = Server::shared(product);
    let table = Table::create(server, product, "batch");
    let gateway = Gateway::start_for_writes(server);
    let (one, three) = (table.insert(1), table.insert(3));
    for (procedure, _, ends) in PROCEDURES {
        let reply = batch(&gateway, &[&one, &table.call(procedure), &three]);
        let rows = table.take();
        if ends {
            assert_eq!(reply.status, 424, "{procedure}: {}", reply.text());
            let error = reply.error();
            assert_eq!(
                (&error["type"], &error["code"], &error["statement"]),
                (&json!("UnknownOutcome"), &json!(1105), &json!(2))
            );
            let message = error["message"].as_str().unwrap();
            assert!(message.contains("may be committed"), "{message}");
            assert_eq!(rows, "1 2 ", "{procedure}");
        } else if procedure == "fails" {
            assert_eq!(reply.status, 400, "{}", reply.text());
            let error = reply.error();
            assert_eq!(
                (&error["code"], &error["statement"]),
                (&json!(1644), &json!(2))
            );
            assert_eq!(rows, "", "{procedure}");
        } else {
            assert_eq!(reply.status, 200, "{}", reply.text());
            assert_eq!(rows, "1 2 3 ", "{procedure}");
        }
    }
}

/// The procedure has committed before its result was given up.
#[apply(on_each_server)]
fn a_result_that_is_too_large_tells_what_its_procedure_may_have_committed(product: Product) {
    let server = Server::shared(product);
    let table = Table::create(server, product, "large");
    let config = GatewayConfig::new(&format!(
        "[gateway]\ntrust_loopback = true\nmax_result_bytes = 5000\n[callers.loopback]\n\
         [[callers.loopback.grants]]\ndatabase = \"main\"\nstatements = \"any\"\nuser = \"{WRITER}\"\n\
         access = \"read-write\"\n"
    ));
    let gateway = config.start(server);
    let name = &table.name;
    server.execute_as_admin(&format!(
        "DELIMITER //\nCREATE PROCEDURE iamtest.{name}_large() BEGIN COMMIT; SELECT REPEAT('x', 9000); END//"
    ));
    let (one, call) = (table.insert(1), table.call("large"));
    let reply = batch(&gateway, &[&one, &call]);
    assert_eq!(reply.status, 424, "{}", reply.text());
    let error = reply.error();
    assert_eq!(error["type"], "UnknownOutcome", "{error}");
    assert_eq!(table.take(), "1 ");
    let transaction = begin(&gateway);
    assert_eq!(execute(&gateway, &transaction, &one).status, 200);
    assert_database_error(&execute(&gateway, &transaction, &call), UNKNOWN);
    let next = execute(&gateway, &transaction, "SELECT 1");
    assert_eq!(next.status, 404, "{next:?}");
    assert_eq!(table.take(), "1 ");
    server.execute_as_admin(&format!("DROP PROCEDURE iamtest.{name}_large"));
}

/// The text says that the setting commits, although the first assignment is to a user variable.
#[apply(on_each_server)]
fn a_batch_refuses_to_set_autocommit(product: Product) {
    let server = Server::shared(product);
    let table = Table::create(server, product, "autocommit");
    let gateway = Gateway::start_for_writes(server);
    for set in [
        "SET @a = 1, autocommit = 0",
        "SET @a = 1, @@session.autocommit = 1",
        "SET @a = 1 /*!, autocommit = 1 */",
    ] {
        let reply = batch(&gateway, &[&table.insert(1), set]);
        assert_eq!(reply.status, 400, "{set}: {}", reply.text());
        assert_eq!(reply.error()["statement"], 2);
        assert_eq!(table.take(), "", "{set}");
    }
}

const PLACE: (&str, &str) = ("arn:aws:rds:any", "arn:aws:secretsmanager:any");

fn data_api(gateway: &Gateway, path: &str, more: &Json) -> Answer {
    let mut body = json!({"resourceArn": PLACE.0, "secretArn": PLACE.1});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    gateway.post(path, &[], &body.to_string())
}

fn begin(gateway: &Gateway) -> Json {
    let begun = data_api(gateway, "/BeginTransaction", &Json::Null);
    begun.json()["transactionId"].clone()
}

fn execute(gateway: &Gateway, transaction: &Json, sql: &str) -> Answer {
    let more = json!({"transactionId": transaction, "sql": sql});
    data_api(gateway, "/Execute", &more)
}

#[track_caller]
fn assert_database_error(answer: &Answer, end: &str) {
    assert_eq!(answer.status, 400, "{answer:?}");
    let of_type = "x-amzn-errortype: databaseerrorexception\r\n";
    assert!(answer.head.contains(of_type), "{answer:?}");
    let json = answer.json();
    assert!(json["message"].as_str().unwrap().ends_with(end), "{json}");
}

const REFUSED: &str = "; Error code: 1179; SQLState: 25000";
const UNKNOWN: &str = "; Error code: 2013; SQLState: HY000";

#[apply(on_each_server)]
fn a_transaction_of_the_data_api_refuses_to_be_ended_by_a_statement(product: Product) {
    let server = Server::shared(product);
    let table = Table::create(server, product, "refused");
    let gateway = Gateway::start_for_writes(server);
    let transaction = begin(&gateway);
    assert_eq!(
        execute(&gateway, &transaction, &table.insert(1)).status,
        200
    );
    let name = &table.name;
    for sql in [
        "COMMIT",
        "ROLLBACK",
        "BEGIN",
        "START TRANSACTION",
        "SET autocommit = 1",
        "SET @a = 1, autocommit = 1",
        "LOCK TABLES items READ",
        "CREATE USER ends_refused",
        "ANALYZE TABLE items",
        &format!("CREATE TABLE {name}_2 (a INT)"),
        &format!("ALTER TABLE {name} ADD b INT"),
    ] {
        assert_database_error(&execute(&gateway, &transaction, sql), REFUSED);
        let sets = json!({"transactionId": transaction, "sql": sql, "parameterSets": [[]]});
        let answer = data_api(&gateway, "/BatchExecute", &sets);
        assert_database_error(&answer, REFUSED);
    }
    // The transaction is open, with its change.
    assert_eq!(
        execute(&gateway, &transaction, &table.insert(2)).status,
        200
    );
    let ended = json!({"transactionId": transaction});
    let ended = data_api(&gateway, "/RollbackTransaction", &ended);
    assert_eq!(ended.status, 200, "{ended:?}");
    assert_eq!(table.take(), "");
}

/// Migration tools begin with `CREATE TABLE`. It commits nothing that the transaction has done.
#[apply(on_each_server)]
fn a_table_can_be_created_before_the_first_change(product: Product) {
    let server = Server::shared(product);
    let table = Table::create(server, product, "first");
    let gateway = Gateway::start_for_writes(server);
    let transaction = begin(&gateway);
    let name = &table.name;
    for sql in [
        &format!("CREATE TABLE {name}_2 (a INT) ENGINE=InnoDB"),
        &format!("ALTER TABLE {name}_2 ADD b INT"),
        &format!("DROP TABLE {name}_2"),
        "SET time_zone = '+00:00'",
        "SET @a = 7",
        &format!("SELECT * FROM {name}"),
        &format!("CREATE TABLE {name}_2 (a INT) ENGINE=InnoDB"),
        &format!("DROP TABLE {name}_2"),
        "CREATE TEMPORARY TABLE ends_temporary (a INT)",
        &table.insert(1),
        "SAVEPOINT a",
        "SET time_zone = '+01:00'",
        &table.insert(2),
        "ROLLBACK TO a",
    ] {
        let answer = execute(&gateway, &transaction, sql);
        assert_eq!(answer.status, 200, "{sql}: {answer:?}");
    }
    let ended = json!({"transactionId": transaction});
    let ended = data_api(&gateway, "/CommitTransaction", &ended);
    assert_eq!(ended.status, 200, "{ended:?}");
    assert_eq!(table.take(), "1 ");
}

#[apply(on_each_server)]
fn the_data_api_tells_that_a_procedure_has_ended_the_transaction(product: Product) {
    let server = Server::shared(product);
    let table = Table::create(server, product, "data_api");
    let gateway = Gateway::start_for_writes(server);
    for (procedure, _, ends) in PROCEDURES {
        let transaction = begin(&gateway);
        let answer = execute(&gateway, &transaction, &table.insert(1));
        assert_eq!(answer.status, 200, "{answer:?}");
        let called = execute(&gateway, &transaction, &table.call(procedure));
        let next = execute(&gateway, &transaction, &table.insert(3));
        let ended = json!({"transactionId": transaction});
        let committed = data_api(&gateway, "/CommitTransaction", &ended);
        let rows = table.take();
        if ends {
            assert_database_error(&called, UNKNOWN);
            assert!(called.body.contains("may be committed"), "{called:?}");
            assert_eq!(
                (next.status, committed.status),
                (404, 404),
                "{procedure}: {next:?}"
            );
            assert_eq!(rows, "1 2 ", "{procedure}");
        } else {
            assert_eq!(called.status == 200, procedure == "goes_on", "{called:?}");
            assert_eq!((next.status, committed.status), (200, 200), "{next:?}");
            // A procedure that fails leaves what it has done in the transaction.
            assert_eq!(rows, "1 2 3 ", "{procedure}");
        }
    }
}

/// A batch without a transaction is one.
#[apply(on_each_server)]
fn all_sets_of_a_batch_or_none(product: Product) {
    let server = Server::shared(product);
    let table = Table::create(server, product, "sets");
    let gateway = Gateway::start_for_writes(server);
    let sets = |sql: &str, values: &[i64]| {
        let set = |it: &i64| json!([{"name": "a", "value": {"longValue": it}}]);
        let sets: Vec<Json> = values.iter().map(set).collect();
        let more = json!({"sql": sql, "parameterSets": sets});
        data_api(&gateway, "/BatchExecute", &more)
    };
    let insert = format!("INSERT INTO {} VALUES (:a)", table.name);
    // The third value is out of the column's range.
    let refused = sets(&insert, &[1, 2, i64::MAX, 4]);
    assert_database_error(&refused, "; Error code: 1264; SQLState: 22003");
    assert_eq!(table.take(), "");
    assert_eq!(sets(&insert, &[1, 2]).status, 200);
    assert_eq!(table.take(), "1 2 ");
    for sql in [
        &format!("CREATE TABLE {}_2 (a INT)", table.name),
        "COMMIT",
        "SET autocommit = 1",
    ] {
        assert_database_error(&sets(sql, &[1, 2]), REFUSED);
    }
    for procedure in ["commits", "chains", "fails_later"] {
        let answer = sets(&table.call(procedure), &[1, 2, 3]);
        assert_database_error(&answer, UNKNOWN);
        // That of the first set, and no other.
        assert_eq!(table.take(), "2 ", "{procedure}");
    }
    let failed = sets(&table.call("fails"), &[1, 2]);
    assert_database_error(&failed, "; Error code: 1644; SQLState: 45000");
    assert_eq!(table.take(), "");
}
