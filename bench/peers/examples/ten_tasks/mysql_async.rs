//! The tasks in mysql_async.

use std::path::Path;

use futures_util::StreamExt;
use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, Deserialized, Error, OptsBuilder, Result, SslOpts, TxOpts, params};
use time::Date;

#[derive(FromRow)]
#[mysql(crate_name = "mysql_async")]
struct Item {
    id: u64,
    name: String,
}

// task: connect with IAM
async fn connect(token: String) -> Result<Conn> {
    // The token comes from elsewhere, such as the AWS SDK, and is valid for 15 minutes.
    let host = "mydb.abc123.eu-central-1.rds.amazonaws.com";
    let roots = vec![Path::new("global-bundle.pem").into()];
    let tls = SslOpts::default().with_root_certs(roots);
    let options = OptsBuilder::default()
        .ip_or_hostname(host)
        .user(Some("lambda-user"))
        .pass(Some(token))
        .db_name(Some("shop"))
        .enable_cleartext_plugin(true)
        .ssl_opts(tls);
    Conn::new(options).await
}
// end

// task: read one value
async fn count(connection: &mut Conn) -> Result<u64> {
    let count = connection.query_first("SELECT COUNT(*) FROM items").await?;
    Ok(count.unwrap_or_default())
}
// end

// task: read a row, or none
async fn find(connection: &mut Conn, id: u64) -> Result<Option<Item>> {
    let sql = "SELECT id, name FROM items WHERE id = ?";
    connection.exec_first(sql, (id,)).await
}
// end

// task: read all rows as structs
async fn all(connection: &mut Conn) -> Result<Vec<Item>> {
    connection.query("SELECT id, name FROM items").await
}
// end

// task: stream rows
async fn longest(connection: &mut Conn) -> Result<usize> {
    let mut result = connection.query_iter("SELECT name FROM items").await?;
    let mut longest = 0;
    if let Some(mut rows) = result.stream::<String>().await? {
        while let Some(name) = rows.next().await {
            longest = longest.max(name?.len());
        }
    }
    Ok(longest)
}
// end

// task: insert with named parameters, and get the id
async fn insert(connection: &mut Conn, name: &str) -> Result<Option<u64>> {
    let sql = "INSERT INTO items (name, label) VALUES (:name, :name)";
    connection
        .exec_drop(sql, params! { "name" => name })
        .await?;
    Ok(connection.last_insert_id())
}
// end

// task: a transaction
async fn transfer(connection: &mut Conn, amount: i64) -> Result<()> {
    let sql = "UPDATE accounts SET balance = balance + ? WHERE id = ?";
    let mut transaction = connection.start_transaction(TxOpts::default()).await?;
    transaction.exec_drop(sql, (-amount, 1)).await?;
    transaction.exec_drop(sql, (amount, 2)).await?;
    transaction.commit().await
}
// end

// task: many sets of parameters
async fn insert_all(connection: &mut Conn, names: &[&str]) -> Result<()> {
    let sql = "INSERT INTO items (name) VALUES (?)";
    let sets = names.iter().map(|name| (*name,));
    connection.exec_batch(sql, sets).await
}
// end

// task: a date and a JSON document
async fn tags(connection: &mut Conn, day: Date) -> Result<Vec<String>> {
    let sql = "SELECT tags FROM items WHERE made = ?";
    let tags: Option<Deserialized<Vec<String>>> = connection.exec_first(sql, (day,)).await?;
    Ok(tags.map(|Deserialized(tags)| tags).unwrap_or_default())
}
// end

// task: recognise a duplicate key
async fn insert_new(connection: &mut Conn, id: u64) -> Result<bool> {
    let sql = "INSERT INTO items (id) VALUES (?)";
    match connection.exec_drop(sql, (id,)).await {
        Ok(()) => Ok(true),
        Err(Error::Server(error)) if error.code == 1062 => Ok(false),
        Err(error) => Err(error),
    }
}
// end
