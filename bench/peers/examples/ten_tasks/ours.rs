//! The tasks in rds-bridge.

use rds_bridge::mysql::{Connection, Date, FromRow, Json};
use rds_bridge::{Bridge, Error, params};

#[derive(FromRow)]
struct Item {
    id: u64,
    name: String,
}

// task: connect with IAM
async fn connect() -> Result<Connection, Error> {
    let bridge = Bridge::builder()
        .endpoint("mydb.abc123.eu-central-1.rds.amazonaws.com")
        .user("lambda-user")
        .database("shop")
        .allow_writes(true)
        .build()
        .await?;
    bridge.connect().await
}
// end

// task: read one value
async fn count(connection: &mut Connection) -> Result<u64, Error> {
    let (count,) = connection
        .query_one("SELECT COUNT(*) FROM items", ())
        .await?;
    Ok(count)
}
// end

// task: read a row, or none
async fn find(connection: &mut Connection, id: u64) -> Result<Option<Item>, Error> {
    let sql = "SELECT id, name FROM items WHERE id = ?";
    connection.query_optional(sql, (id,)).await
}
// end

// task: read all rows as structs
async fn all(connection: &mut Connection) -> Result<Vec<Item>, Error> {
    connection.query_all("SELECT id, name FROM items", ()).await
}
// end

// task: stream rows
async fn longest(connection: &mut Connection) -> Result<usize, Error> {
    let mut rows = connection.query("SELECT name FROM items").await?;
    let mut longest = 0;
    while let Some((name,)) = rows.next_as::<(&str,)>().await? {
        longest = longest.max(name.len());
    }
    Ok(longest)
}
// end

// task: insert with named parameters, and get the id
async fn insert(connection: &mut Connection, name: &str) -> Result<u64, Error> {
    let sql = "INSERT INTO items (name, label) VALUES (:name, :name)";
    let summary = connection.execute(sql, params! { name: name }).await?;
    Ok(summary.last_insert_id)
}
// end

// task: a transaction
async fn transfer(connection: &mut Connection, amount: i64) -> Result<(), Error> {
    let sql = "UPDATE accounts SET balance = balance + ? WHERE id = ?";
    let mut transaction = connection.transaction().await?;
    transaction.execute(sql, (-amount, 1)).await?;
    transaction.execute(sql, (amount, 2)).await?;
    transaction.commit().await
}
// end

// task: many sets of parameters
async fn insert_all(connection: &mut Connection, names: &[&str]) -> Result<(), Error> {
    let sql = "INSERT INTO items (name) VALUES (?)";
    let sets = names.iter().map(|name| (*name,));
    connection.execute_batch(sql, sets).await.map(drop)
}
// end

// task: a date and a JSON document
async fn tags(connection: &mut Connection, day: Date) -> Result<Vec<String>, Error> {
    let sql = "SELECT tags FROM items WHERE made = ?";
    let (Json(tags),) = connection.query_one(sql, (day,)).await?;
    Ok(tags)
}
// end

// task: recognise a duplicate key
async fn insert_new(connection: &mut Connection, id: u64) -> Result<bool, Error> {
    match connection
        .execute("INSERT INTO items (id) VALUES (?)", (id,))
        .await
    {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some(1062) => Ok(false),
        Err(error) => Err(error),
    }
}
// end
