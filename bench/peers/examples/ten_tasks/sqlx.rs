//! The tasks in sqlx.

use futures_util::TryStreamExt;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::types::Json;
use sqlx::{ConnectOptions, Connection, Error, FromRow, MySqlConnection, Result};
use time::Date;

#[derive(FromRow)]
struct Item {
    id: u64,
    name: String,
}

// task: connect with IAM
async fn connect(token: &str) -> Result<MySqlConnection> {
    // The token comes from elsewhere, such as the AWS SDK, and is valid for 15 minutes.
    MySqlConnectOptions::new()
        .host("mydb.abc123.eu-central-1.rds.amazonaws.com")
        .username("lambda-user")
        .password(token)
        .database("shop")
        .enable_cleartext_plugin(true)
        .ssl_mode(MySqlSslMode::VerifyIdentity)
        .ssl_ca("global-bundle.pem")
        .connect()
        .await
}
// end

// task: read one value
async fn count(connection: &mut MySqlConnection) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM items";
    sqlx::query_scalar(sql).fetch_one(connection).await
}
// end

// task: read a row, or none
async fn find(connection: &mut MySqlConnection, id: u64) -> Result<Option<Item>> {
    let sql = "SELECT id, name FROM items WHERE id = ?";
    sqlx::query_as(sql)
        .bind(id)
        .fetch_optional(connection)
        .await
}
// end

// task: read all rows as structs
async fn all(connection: &mut MySqlConnection) -> Result<Vec<Item>> {
    let sql = "SELECT id, name FROM items";
    sqlx::query_as(sql).fetch_all(connection).await
}
// end

// task: stream rows
async fn longest(connection: &mut MySqlConnection) -> Result<usize> {
    let sql = "SELECT name FROM items";
    let mut rows = sqlx::query_scalar::<_, String>(sql).fetch(connection);
    let mut longest = 0;
    while let Some(name) = rows.try_next().await? {
        longest = longest.max(name.len());
    }
    Ok(longest)
}
// end

// task: insert with named parameters, and get the id
async fn insert(connection: &mut MySqlConnection, name: &str) -> Result<u64> {
    // sqlx has no named parameters for MySQL: the value is bound twice.
    let sql = "INSERT INTO items (name, label) VALUES (?, ?)";
    let query = sqlx::query(sql).bind(name).bind(name);
    Ok(query.execute(connection).await?.last_insert_id())
}
// end

// task: a transaction
async fn transfer(connection: &mut MySqlConnection, amount: i64) -> Result<()> {
    let sql = "UPDATE accounts SET balance = balance + ? WHERE id = ?";
    let mut transaction = connection.begin().await?;
    for (amount, id) in [(-amount, 1), (amount, 2)] {
        let query = sqlx::query(sql).bind(amount).bind(id);
        query.execute(&mut *transaction).await?;
    }
    transaction.commit().await
}
// end

// task: many sets of parameters
async fn insert_all(connection: &mut MySqlConnection, names: &[&str]) -> Result<()> {
    let sql = "INSERT INTO items (name) VALUES (?)";
    for name in names {
        sqlx::query(sql)
            .bind(name)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
// end

// task: a date and a JSON document
async fn tags(connection: &mut MySqlConnection, day: Date) -> Result<Vec<String>> {
    let sql = "SELECT tags FROM items WHERE made = ?";
    let query = sqlx::query_scalar(sql).bind(day);
    let Json(tags) = query.fetch_one(connection).await?;
    Ok(tags)
}
// end

// task: recognise a duplicate key
async fn insert_new(connection: &mut MySqlConnection, id: u64) -> Result<bool> {
    let sql = "INSERT INTO items (id) VALUES (?)";
    match sqlx::query(sql).bind(id).execute(connection).await {
        Ok(_) => Ok(true),
        Err(Error::Database(error)) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error),
    }
}
// end
