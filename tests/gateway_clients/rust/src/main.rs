//! The AWS SDK for Rust at the Data API of `rds-bridge serve`, whose address is AWS_ENDPOINT_URL_RDS_DATA: values,
//! transactions and errors. Panics on the first difference.

use std::env;

use aws_credential_types::Credentials;
use aws_sdk_rdsdata::config::{BehaviorVersion, Region};
use aws_sdk_rdsdata::error::ProvideErrorMetadata;
use aws_sdk_rdsdata::operation::execute_statement::ExecuteStatementOutput;
use aws_sdk_rdsdata::primitives::Blob;
use aws_sdk_rdsdata::types::{Field, RecordsFormatType, SqlParameter, TypeHint};
use aws_sdk_rdsdata::{Client, Config};
use aws_smithy_http_client::Builder;

const RESOURCE: &str = "arn:aws:rds:eu-central-1:123456789012:cluster:any";
const SECRET: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:any";
const TABLE: &str = "CREATE TABLE rust_orders (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) NOT NULL UNIQUE, \
                     price DECIMAL(12, 4), placed DATETIME(3), payload JSON, bytes BLOB, rating DOUBLE, \
                     is_open BOOLEAN) CHARACTER SET utf8mb4";
/// Quotes, line ends, and characters of two and four bytes.
const TEXT: &str = "é'\\\"\n\t😀 ?:a";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .http_client(Builder::new().build_http())
        .endpoint_url(env::var("AWS_ENDPOINT_URL_RDS_DATA").expect("the gateway's address"))
        .credentials_provider(Credentials::new("any", "any", None, None, "test"))
        .build();
    let orders = Orders(Client::from_conf(config));
    orders
        .execute("DROP TABLE IF EXISTS rust_orders", [], None)
        .await;
    orders.execute(TABLE, [], None).await;
    values(&orders).await;
    json(&orders).await;
    batch(&orders).await;
    transactions(&orders).await;
    errors(&orders).await;
    println!("the AWS SDK for Rust: values, JSON, a batch, transactions, errors");
}

struct Orders(Client);

impl Orders {
    async fn execute<const N: usize>(
        &self,
        sql: &str,
        parameters: [SqlParameter; N],
        transaction: Option<&str>,
    ) -> ExecuteStatementOutput {
        let statement = self
            .0
            .execute_statement()
            .resource_arn(RESOURCE)
            .secret_arn(SECRET)
            .sql(sql);
        let statement = statement.set_parameters(Some(parameters.into()));
        let statement = statement.set_transaction_id(transaction.map(str::to_owned));
        statement.send().await.expect("executed")
    }

    async fn insert(&self, name: &str, transaction: Option<&str>) -> ExecuteStatementOutput {
        let name = parameter("name", Field::StringValue(name.to_owned()));
        self.execute(
            "INSERT INTO rust_orders (name) VALUES (:name)",
            [name],
            transaction,
        )
        .await
    }

    async fn count(&self) -> i64 {
        let counted = self
            .execute("SELECT COUNT(*) FROM rust_orders", [], None)
            .await;
        *counted.records()[0][0].as_long_value().expect("a number")
    }

    async fn begin(&self) -> String {
        let begun = self
            .0
            .begin_transaction()
            .resource_arn(RESOURCE)
            .secret_arn(SECRET)
            .send()
            .await;
        begun.expect("begun").transaction_id.expect("an id")
    }
}

fn parameter(name: &str, value: Field) -> SqlParameter {
    SqlParameter::builder().name(name).value(value).build()
}

fn hinted(name: &str, value: &str, hint: TypeHint) -> SqlParameter {
    let value = Field::StringValue(value.to_owned());
    SqlParameter::builder()
        .name(name)
        .value(value)
        .type_hint(hint)
        .build()
}

async fn values(orders: &Orders) {
    let bytes: Vec<u8> = (0..=255).collect();
    let sql = "INSERT INTO rust_orders (name, price, placed, bytes, rating, is_open) \
               VALUES (:name, :price, :placed, :bytes, :rating, :is_open)";
    let inserted = orders.execute(
        sql,
        [
            parameter("name", Field::StringValue(TEXT.to_owned())),
            hinted("price", "12345678.9012", TypeHint::Decimal),
            hinted("placed", "2026-01-31 23:59:58.123", TypeHint::Timestamp),
            parameter("bytes", Field::BlobValue(Blob::new(bytes.clone()))),
            parameter("rating", Field::DoubleValue(0.1)),
            parameter("is_open", Field::BooleanValue(true)),
        ],
        None,
    );
    let inserted = inserted.await;
    assert_eq!(inserted.number_of_records_updated(), 1);
    let id = inserted.generated_fields()[0].clone();
    let sql = "SELECT name, price, placed, bytes, rating, is_open, payload FROM rust_orders WHERE id = :id";
    let found = orders.execute(sql, [parameter("id", id)], None).await;
    let expected = [
        Field::StringValue(TEXT.to_owned()),
        Field::StringValue("12345678.9012".to_owned()),
        Field::StringValue("2026-01-31 23:59:58.123".to_owned()),
        Field::BlobValue(Blob::new(bytes)),
        Field::DoubleValue(0.1),
        Field::BooleanValue(true),
        Field::IsNull(true),
    ];
    assert_eq!(found.records(), [expected]);
}

async fn json(orders: &Orders) {
    let statement = orders
        .0
        .execute_statement()
        .resource_arn(RESOURCE)
        .secret_arn(SECRET);
    let statement = statement.sql("SELECT rating, is_open FROM rust_orders");
    let answer = statement
        .format_records_as(RecordsFormatType::Json)
        .send()
        .await
        .expect("executed");
    assert_eq!(
        answer.formatted_records(),
        Some(r#"[{"rating":0.1,"is_open":true}]"#)
    );
}

async fn batch(orders: &Orders) {
    let set = |name: &str| vec![parameter("name", Field::StringValue(name.to_owned()))];
    let statement = orders
        .0
        .batch_execute_statement()
        .resource_arn(RESOURCE)
        .secret_arn(SECRET);
    let statement = statement.sql("INSERT INTO rust_orders (name) VALUES (:name)");
    let statement = statement
        .parameter_sets(set("b1"))
        .parameter_sets(set("b2"));
    let done = statement.send().await.expect("executed");
    assert_eq!(done.update_results().len(), 2);
}

async fn transactions(orders: &Orders) {
    let before = orders.count().await;
    let id = orders.begin().await;
    orders.insert("kept", Some(&id)).await;
    assert_eq!(orders.count().await, before);
    let commit = orders
        .0
        .commit_transaction()
        .resource_arn(RESOURCE)
        .secret_arn(SECRET);
    let committed = commit.transaction_id(id).send().await.expect("committed");
    assert_eq!(
        committed.transaction_status(),
        Some("Transaction Committed")
    );
    assert_eq!(orders.count().await, before + 1);
    let id = orders.begin().await;
    orders
        .execute("DELETE FROM rust_orders", [], Some(&id))
        .await;
    let rollback = orders
        .0
        .rollback_transaction()
        .resource_arn(RESOURCE)
        .secret_arn(SECRET);
    let undone = rollback
        .transaction_id(&id)
        .send()
        .await
        .expect("rolled back");
    assert_eq!(undone.transaction_status(), Some("Rollback Complete"));
    assert_eq!(orders.count().await, before + 1);
    let again = orders
        .0
        .commit_transaction()
        .resource_arn(RESOURCE)
        .secret_arn(SECRET)
        .transaction_id(id);
    let error = again
        .send()
        .await
        .expect_err("it is over")
        .into_service_error();
    assert!(error.is_transaction_not_found_exception(), "{error:?}");
}

async fn errors(orders: &Orders) {
    let statement = orders
        .0
        .execute_statement()
        .resource_arn(RESOURCE)
        .secret_arn(SECRET);
    let sql = "INSERT INTO rust_orders (name) VALUES ('kept')";
    let error = statement
        .sql(sql)
        .send()
        .await
        .expect_err("a duplicate")
        .into_service_error();
    assert!(error.is_database_error_exception(), "{error:?}");
    let message = error.message().expect("a message");
    assert!(
        message.ends_with("; Error code: 1062; SQLState: 23000"),
        "{message}"
    );
}
