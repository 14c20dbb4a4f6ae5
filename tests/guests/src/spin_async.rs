//! A guest that was written for Spin, with asynchronous functions.

mod bindings {
    wit_bindgen::generate!({ path: "wit/spin_async", world: "guest", generate_all });
}

use bindings::spin::mysql::mysql::{Connection, Error, ParameterValue};
use bindings::{Answer, Guest};

struct Spin;

bindings::export!(Spin with_types_in bindings);

impl Guest for Spin {
    async fn query(
        address: String,
        statement: String,
        params: Vec<ParameterValue>,
        limit: Option<u32>,
    ) -> Result<Answer, Error> {
        let connection = Connection::open(address).await?;
        let (columns, mut stream, ended) = connection.query(statement, params).await?;
        let mut rows = Vec::new();
        while limit.is_none_or(|it| rows.len() < it as usize)
            && let Some(row) = stream.next().await
        {
            rows.push(row);
        }
        drop(stream);
        let ended = ended.await;
        Ok(Answer {
            columns,
            rows,
            ended,
        })
    }

    async fn execute(
        address: String,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Result<(), Error> {
        let connection = Connection::open(address).await?;
        connection.execute(statement, params).await
    }

    async fn twice(
        address: String,
        first: String,
        second: String,
    ) -> Result<(Result<(), Error>, Result<(), Error>), Error> {
        let connection = Connection::open(address).await?;
        let (_, stream, _ended) = connection.query(first, Vec::new()).await?;
        let during = connection.execute(second.clone(), Vec::new()).await;
        drop(stream);
        let after = connection.execute(second, Vec::new()).await;
        Ok((during, after))
    }
}
