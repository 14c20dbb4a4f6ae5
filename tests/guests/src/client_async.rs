//! A guest that does what the test tells it, with asynchronous functions.

mod bindings {
    wit_bindgen::generate!({
        path: ["../../wit/mysql-async", "wit/client_async"],
        world: "test:client-async/guest",
        generate_all,
    });
}
mod join;

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use bindings::Guest;
use bindings::rds::mysql::client::{Connection, Options, Transaction};
use bindings::rds::mysql::results::Rows;
use bindings::rds::mysql::types::{Column, Error, Row, Summary, Value};
use bindings::rds::mysql::{catalog, client};
use wit_bindgen::{FutureReader, StreamReader};

use crate::handles::Handles;
use crate::memory;

struct Client;

bindings::export!(Client with_types_in bindings);

thread_local! {
    static CONNECTIONS: Handles<Rc<Connection>> = Handles::new();
    static TRANSACTIONS: Handles<Rc<Transaction>> = Handles::new();
    static ROWS: Handles<Rows> = Handles::new();
    static STREAMS: Handles<StreamReader<Row>> = Handles::new();
    static ENDS: Handles<FutureReader<Result<Summary, Error>>> = Handles::new();
}

fn connection(number: u32) -> Rc<Connection> {
    CONNECTIONS.with(|all| all.with(number, Rc::clone))
}

fn transaction(number: u32) -> Rc<Transaction> {
    TRANSACTIONS.with(|all| all.with(number, Rc::clone))
}

#[expect(clippy::expect_used, reason = "no call of it is being executed")]
fn take_transaction(number: u32) -> Transaction {
    let transaction = TRANSACTIONS.with(|all| all.take(number));
    Rc::into_inner(transaction).expect("no other owner")
}

impl Guest for Client {
    async fn open(database: String) -> Result<u32, Error> {
        let opened = client::open(database).await?;
        Ok(CONNECTIONS.with(|all| all.add(Rc::new(opened))))
    }

    async fn query(number: u32, sql: String, params: Vec<Value>) -> Result<u32, Error> {
        let rows = connection(number).query(sql, params).await?;
        Ok(ROWS.with(|all| all.add(rows)))
    }

    async fn execute(number: u32, sql: String, params: Vec<Value>) -> Result<Summary, Error> {
        connection(number).execute(sql, params).await
    }

    async fn begin(number: u32, options: Options) -> Result<u32, Error> {
        let begun = connection(number).begin(options).await?;
        Ok(TRANSACTIONS.with(|all| all.add(Rc::new(begun))))
    }

    async fn query_in(number: u32, sql: String, params: Vec<Value>) -> Result<u32, Error> {
        let rows = transaction(number).query(sql, params).await?;
        Ok(ROWS.with(|all| all.add(rows)))
    }

    async fn execute_in(number: u32, sql: String, params: Vec<Value>) -> Result<Summary, Error> {
        transaction(number).execute(sql, params).await
    }

    async fn commit(number: u32) -> Result<(), Error> {
        Transaction::commit(take_transaction(number)).await
    }

    async fn rollback(number: u32) -> Result<(), Error> {
        Transaction::rollback(take_transaction(number)).await
    }

    async fn run(database: String, statement: String, params: Vec<Value>) -> Result<u32, Error> {
        let rows = catalog::run(database, statement, params).await?;
        Ok(ROWS.with(|all| all.add(rows)))
    }

    fn columns(rows: u32) -> Vec<Column> {
        ROWS.with(|all| all.with(rows, Rows::columns))
    }

    async fn finish(rows: u32) -> Result<Summary, Error> {
        Rows::finish(ROWS.with(|all| all.take(rows))).await
    }

    fn read(rows: u32) {
        let (stream, end) = Rows::read(ROWS.with(|all| all.take(rows)));
        STREAMS.with(|all| all.set(rows, stream));
        ENDS.with(|all| all.set(rows, end));
    }

    async fn next(rows: u32, at_most: u32) -> Vec<Row> {
        let mut stream = STREAMS.with(|all| all.take(rows));
        let at_most = usize::try_from(at_most).unwrap_or(usize::MAX);
        let (_, read) = stream.read(Vec::with_capacity(at_most)).await;
        STREAMS.with(|all| all.set(rows, stream));
        read
    }

    async fn cancel_next(rows: u32) -> bool {
        let mut stream = STREAMS.with(|all| all.take(rows));
        let read = {
            let mut reading = pin!(stream.read(Vec::with_capacity(1)));
            let polled = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await;
            match polled {
                Poll::Ready((_, read)) => read,
                Poll::Pending => reading.cancel().1,
            }
        };
        STREAMS.with(|all| all.set(rows, stream));
        !read.is_empty()
    }

    async fn end(rows: u32) -> Result<Summary, Error> {
        ENDS.with(|all| all.take(rows)).await
    }

    async fn together(connections: Vec<u32>, sql: String) -> Vec<Result<Summary, Error>> {
        let call = |number: u32| {
            let sql = sql.clone();
            async move { connection(number).execute(sql, Vec::new()).await }
        };
        join::all(connections.into_iter().map(call)).await
    }

    async fn give_up(number: u32, sql: String, other: u32, until: String) {
        let given_up = async { connection(number).execute(sql, Vec::new()).await.map(drop) };
        let until = async { connection(other).execute(until, Vec::new()).await.map(drop) };
        let _first = join::first(given_up, until).await;
    }

    async fn spin() {
        let mut count = 0_u64;
        loop {
            count = std::hint::black_box(count).wrapping_add(1);
        }
    }

    fn memory_contains(inverted: Vec<u8>) -> bool {
        memory::contains(&inverted)
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

    fn drop_stream(rows: u32) {
        drop(STREAMS.with(|all| all.take(rows)));
    }

    fn drop_end(rows: u32) {
        drop(ENDS.with(|all| all.take(rows)));
    }
}
