//! What each application must answer. All of them answer the same paths.

use rds_bridge_test_support::server::{Product, Server};
use serde_json::{Value, json};
use wasmtime::Store;

use crate::app::App;
use crate::host::State;
use crate::memory;

/// With a column of each type that Spin itself fails to convert.
const TABLES: &str = "
    DROP TABLE IF EXISTS iamtest.test, iamtest.changed;
    CREATE TABLE iamtest.test (
        id INT, name VARCHAR(20), most BIGINT UNSIGNED, half DOUBLE, raw VARBINARY(9), price DECIMAL(22,2), day DATE,
        moment DATETIME(3), duration TIME, document JSON, vintage YEAR, flags BIT(4));
    INSERT INTO iamtest.test VALUES
        (1, 'crème', 18446744073709551615, 0.5, x'00ff', 12345678901234567890.10, '2026-01-31',
         '2026-01-31 10:11:12.5', '-101:02:03', '{\"a\": 1}', 2026, b'101'),
        (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    CREATE TABLE iamtest.changed (id INT, name VARCHAR(20), note TEXT);
    GRANT ALL ON iamtest.* TO 'lambda-user'@'%';";

/// Only in the answer of the server.
const SEEN: &str = "12345678901234567890.10";

pub(crate) async fn run(app: &App, store: Store<State>, server: &Server) {
    server.execute_as_admin(TABLES);
    let mut guest = Guest { app, store };
    guest.rows_are_those_of_the_server(server.product()).await;
    guest.statements_with_parameters_are_executed().await;
    let changed = server.execute_as_admin("SELECT * FROM iamtest.changed");
    assert_eq!(changed, "7\td'été\tNULL\n");
    guest.refusals_are_errors().await;
    guest.errors_of_the_server_are_errors().await;
    guest.knows_nothing_of_the_server(server).await;
}

struct Guest<'a> {
    app: &'a App,
    store: Store<State>,
}

impl Guest<'_> {
    async fn get(&mut self, path: &str) -> Value {
        self.store.set_epoch_deadline(u64::MAX / 2);
        let uri = format!("http://app{path}");
        let response = self.app.get(&mut self.store, &uri).await.unwrap();
        let body = str::from_utf8(response.body()).unwrap();
        assert_eq!(response.status(), 200, "{path}: {body}");
        serde_json::from_str(body).unwrap()
    }

    async fn error(&mut self, path: &str, name: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer["error"], name, "{path}: {answer}");
        answer["message"].as_str().unwrap().to_owned()
    }

    async fn rows_are_those_of_the_server(&mut self, product: Product) {
        let answer = self.get("/rows").await;
        assert_eq!(
            answer["rows"],
            json!([
                {
                    "id": 1, "name": "crème", "most": "18446744073709551615", "half": 0.5, "raw": "00ff", "price": SEEN,
                    "day": "2026-01-31", "moment": "2026-01-31 10:11:12.500", "duration": "-101:02:03",
                    "document": "{\"a\": 1}", "vintage": "2026", "flags": "5",
                },
                {
                    "id": 2, "name": null, "most": null, "half": null, "raw": null, "price": null, "day": null,
                    "moment": null, "duration": null, "document": null, "vintage": null, "flags": null,
                },
            ])
        );
        // To MariaDB, JSON is another name of LONGTEXT.
        let document = match product {
            Product::MySql => "other",
            Product::MariaDb => "str",
        };
        assert_eq!(
            answer["types"],
            json!({
                "id": "int32", "name": "str", "most": "uint64", "half": "floating64", "raw": "binary", "price": "other",
                "day": "other", "moment": "other", "duration": "other", "document": document, "vintage": "other",
                "flags": "other",
            })
        );
    }

    async fn statements_with_parameters_are_executed(&mut self) {
        let answer = self.get("/change").await;
        assert_eq!(
            answer["rows"],
            json!([{ "id": 7, "name": "d'été", "note": null }])
        );
    }

    async fn refusals_are_errors(&mut self) {
        let message = self.error("/other-address", "ConnectionFailed").await;
        assert!(
            message.contains("no database for this address"),
            "{message}"
        );
        let message = self.error("/password", "ConnectionFailed").await;
        assert!(message.contains("no password in the address"), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }

    async fn errors_of_the_server_are_errors(&mut self) {
        let message = self.error("/wrong-statement", "QueryFailed").await;
        assert!(message.starts_with("ERROR 1146 (42S02): "), "{message}");
        let message = self.error("/denied", "QueryFailed").await;
        assert!(message.starts_with("ERROR 1142 (42000): "), "{message}");
        assert!(message.contains("'…'@'…'"), "{message}");
    }

    async fn knows_nothing_of_the_server(mut self, server: &Server) {
        let memory = memory::of(self.app, &mut self.store).await;
        assert!(memory.contains(SEEN));
        for secret in memory::secrets(server) {
            assert!(!memory.contains(&secret), "{secret}");
        }
    }
}
