//! Guests of `rds:mysql@0.2.0`, which read rows one by one and column by column.

use rds_bridge_test_support::server::{Product, Server};
use serde_json::{Value, json};
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Engine, Result, Store};

use crate::host::State;

const EXPORT: &str = "read-rows";

/// How many columns the statement has, and which of them is the vector.
const COLUMNS: usize = 17;
const VECTOR: usize = 15;

/// A value of each kind that both servers have; then NULL; then what a batch of columns has in place of NULL; then rows
/// enough for a bitmap of two bytes.
const TABLE: &str = "
    DROP TABLE IF EXISTS iamtest.kinds;
    CREATE TABLE iamtest.kinds (
        id INT PRIMARY KEY AUTO_INCREMENT, most BIGINT UNSIGNED, least BIGINT, half FLOAT, tenth DOUBLE,
        price DECIMAL(22,2), name VARCHAR(20) CHARACTER SET utf8mb4, document JSON, raw VARBINARY(9), flags BIT(4),
        day DATE, moment DATETIME(6), duration TIME(3), place POINT, vintage YEAR);
    INSERT INTO iamtest.kinds VALUES
        (1, 18446744073709551615, -9223372036854775808, 0.5, 0.1, 12345678901234567890.10, 'crème 😀', '{\"a\": 1}',
         x'00ff', b'101', '2026-01-31', '2026-01-31 10:11:12.000005', '-101:02:03.5', POINT(1, 2), 2026),
        (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (3, 0, 0, 0.25, 0.25, 0, '', '{}', '', 0, '2000-01-01', '2000-01-01', 0, NULL, 0);
    INSERT INTO iamtest.kinds (id) VALUES (4), (5), (6), (7), (8), (9), (10), (11);
    GRANT ALL ON iamtest.* TO 'lambda-user'@'%';";

pub(crate) struct Reader(InstancePre<State>);

impl Reader {
    /// `None`: the component does not export `read-rows`.
    pub(crate) fn load(engine: &Engine, guest: &Component) -> Result<Option<Self>> {
        if guest.get_export_index(None, EXPORT).is_none() {
            return Ok(None);
        }
        let mut linker = Linker::<State>::new(engine);
        // The runtimes of the languages need it.
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        rds_bridge_guests::add_to_linker(&mut linker, |state| &mut state.rds)?;
        Ok(Some(Self(linker.instantiate_pre(guest)?)))
    }

    async fn read(&self, mut store: Store<State>, statement: &str) -> Result<Value> {
        store.set_epoch_deadline(u64::MAX / 2);
        let guest = self.0.instantiate_async(&mut store).await?;
        let read = guest.get_typed_func::<(&str,), (String,)>(&mut store, EXPORT)?;
        let (json,) = read.call_async(&mut store, (statement,)).await?;
        Ok(serde_json::from_str(&json).expect("JSON"))
    }

    pub(crate) async fn run(&self, store: impl Fn() -> Store<State>, server: &Server) {
        server.execute_as_admin(TABLE);
        // MariaDB 10.11 has no vectors.
        let vector = match server.product() {
            Product::MySql => "STRING_TO_VECTOR('[0.5,-1.5]')",
            Product::MariaDb => "NULL",
        };
        let statement =
            format!("SELECT *, IF(id = 1, {vector}, NULL), NULL FROM kinds ORDER BY id");
        let answer = self.read(store(), &statement).await.unwrap();
        assert_eq!(answer["rows"], answer["columns"]);
        assert_eq!(answer["rows"], rows(server.product()));

        let answer = self.read(store(), "SELECT * FROM missing").await.unwrap();
        let name = answer["error"].as_str().unwrap().to_lowercase();
        assert!(name.ends_with("server"), "{answer}");
    }
}

/// The first row without its vector, and the third. `place` has four bytes of SRID, then well-known binary.
const FIRST: &str = r#"["1", "18446744073709551615", "-9223372036854775808", 0.5, 0.1, "12345678901234567890.10", "crème 😀",
    "{\"a\": 1}", "00ff", "5", [2026, 1, 31], [2026, 1, 31, 10, 11, 12, 5], [true, 101, 2, 3, 500000],
    "000000000101000000000000000000f03f0000000000000040", "2026", null, null]"#;
const THIRD: &str = r#"["3", "0", "0", 0.25, 0.25, "0.00", "", "{}", "", "0", [2000, 1, 1], [2000, 1, 1, 0, 0, 0, 0],
    [false, 0, 0, 0, 0], null, "0", null, null]"#;

fn rows(product: Product) -> Value {
    let row = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
    let (mut first, third) = (row(FIRST), row(THIRD));
    if product == Product::MySql {
        first[VECTOR] = json!([0.5, -1.5]);
    }
    let mut rows = vec![first, nulls(2), third];
    rows.extend((4..=11).map(nulls));
    Value::Array(rows)
}

fn nulls(id: u32) -> Value {
    let mut row = vec![json!(id.to_string())];
    row.resize(COLUMNS, Value::Null);
    Value::Array(row)
}
