//! A guest that does what the test tells it.

mod bindings {
    wit_bindgen::generate!({
        path: ["../../wit/mysql", "wit/client"],
        world: "test:client/guest",
        generate_all,
    });
}

use bindings::Guest;
use bindings::rds::mysql::client::{Connection, Options, Transaction};
use bindings::rds::mysql::results::{RecordBatch, Rows};
use bindings::rds::mysql::types::{Column, Error, Row, Summary, Value};
use bindings::rds::mysql::{catalog, client};

use crate::handles::Handles;
use crate::memory;

struct Client;

bindings::export!(Client with_types_in bindings);

thread_local! {
    static CONNECTIONS: Handles<Connection> = Handles::new();
    static TRANSACTIONS: Handles<Transaction> = Handles::new();
    static ROWS: Handles<Rows> = Handles::new();
}

impl Guest for Client {
    fn open(database: String) -> Result<u32, Error> {
        client::open(&database).map(|it| CONNECTIONS.with(|all| all.add(it)))
    }

    fn query(connection: u32, sql: String, params: Vec<Value>) -> Result<u32, Error> {
        let rows = CONNECTIONS.with(|all| all.with(connection, |it| it.query(&sql, &params)));
        rows.map(|it| ROWS.with(|all| all.add(it)))
    }

    fn execute(connection: u32, sql: String, params: Vec<Value>) -> Result<Summary, Error> {
        CONNECTIONS.with(|all| all.with(connection, |it| it.execute(&sql, &params)))
    }

    fn begin(connection: u32, options: Options) -> Result<u32, Error> {
        let begun = CONNECTIONS.with(|all| all.with(connection, |it| it.begin(options)));
        begun.map(|it| TRANSACTIONS.with(|all| all.add(it)))
    }

    fn query_in(transaction: u32, sql: String, params: Vec<Value>) -> Result<u32, Error> {
        let rows = TRANSACTIONS.with(|all| all.with(transaction, |it| it.query(&sql, &params)));
        rows.map(|it| ROWS.with(|all| all.add(it)))
    }

    fn execute_in(transaction: u32, sql: String, params: Vec<Value>) -> Result<Summary, Error> {
        TRANSACTIONS.with(|all| all.with(transaction, |it| it.execute(&sql, &params)))
    }

    fn commit(transaction: u32) -> Result<(), Error> {
        Transaction::commit(TRANSACTIONS.with(|all| all.take(transaction)))
    }

    fn rollback(transaction: u32) -> Result<(), Error> {
        Transaction::rollback(TRANSACTIONS.with(|all| all.take(transaction)))
    }

    fn run(database: String, statement: String, params: Vec<Value>) -> Result<u32, Error> {
        let rows = catalog::run(&database, &statement, &params);
        rows.map(|it| ROWS.with(|all| all.add(it)))
    }

    fn columns(rows: u32) -> Vec<Column> {
        ROWS.with(|all| all.with(rows, Rows::columns))
    }

    fn next(rows: u32, at_most: u32) -> Result<Vec<Row>, Error> {
        ROWS.with(|all| all.with(rows, |it| it.next(at_most)))
    }

    fn next_columns(rows: u32, at_most: u32) -> Result<RecordBatch, Error> {
        ROWS.with(|all| all.with(rows, |it| it.next_columns(at_most)))
    }

    fn finish(rows: u32) -> Result<Summary, Error> {
        Rows::finish(ROWS.with(|all| all.take(rows)))
    }

    fn drop_connection(connection: u32) {
        drop(CONNECTIONS.with(|all| all.take(connection)));
    }

    fn drop_transaction(transaction: u32) {
        drop(TRANSACTIONS.with(|all| all.take(transaction)));
    }

    fn drop_rows(rows: u32) {
        drop(ROWS.with(|all| all.take(rows)));
    }

    #[expect(unsafe_code, reason = "a handle that the guest no longer has")]
    fn execute_dropped(connection: u32) -> Result<Summary, Error> {
        let dropped = CONNECTIONS.with(|all| all.take(connection));
        let handle = dropped.handle();
        drop(dropped);
        // SAFETY: the handle is a number. The host is to refuse it.
        unsafe { Connection::from_handle(handle) }.execute("SELECT 1", &[])
    }

    #[expect(unsafe_code, reason = "a handle of another kind")]
    fn execute_on_rows(rows: u32) -> Result<Summary, Error> {
        let handle = ROWS.with(|all| all.with(rows, Rows::handle));
        // SAFETY: as above.
        unsafe { Connection::from_handle(handle) }.execute("SELECT 1", &[])
    }

    fn memory_contains(inverted: Vec<u8>) -> bool {
        memory::contains(&inverted)
    }

    fn spin(connection: Option<u32>) {
        let mut count = 0_u64;
        loop {
            count = std::hint::black_box(count).wrapping_add(1);
            if let Some(connection) = connection
                && count % 100_000 == 0
            {
                let _called = Self::execute(connection, "SELECT 1".into(), Vec::new());
            }
        }
    }
}
