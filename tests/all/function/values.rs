//! Values in a response: exact decimals, 64-bit integers, bytes as base64, dates as ISO 8601.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::function::{AD_HOC, rows, start};

#[apply(on_each_server)]
fn of_every_type(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(
        "CREATE TABLE iamtest.v (
           dec_ DECIMAL(65, 30), big BIGINT, ubig BIGINT UNSIGNED, tiny TINYINT, f FLOAT, d DOUBLE,
           bin VARBINARY(8), text_ TEXT CHARACTER SET utf8mb4, at DATETIME(6), stamp TIMESTAMP NULL, day DATE,
           time_ TIME(3), year_ YEAR, bit_ BIT(10), json_ JSON, set_ SET('a', 'b'), enum_ ENUM('x', 'y'));
         SET time_zone = '+00:00';
         INSERT INTO iamtest.v VALUES (
           99999999999999999999999999999999999.999999999999999999999999999999, -9223372036854775808,
           18446744073709551615, -1, 0.1, 0.1, x'00ff80', 'é \" \\\\ \\n \\t 😀', '2024-02-29 23:59:58.123456',
           '2024-02-29 12:00:00', '2024-02-29', '-838:59:58.999', 2024, b'1000000001', '{\"a\": [1, null]}',
           'a,b', 'y');
         INSERT INTO iamtest.v () VALUES ();",
    );
    let function = start(&server, &[AD_HOC]);
    let expected = json!({
        "dec_": "99999999999999999999999999999999999.999999999999999999999999999999",
        "big": i64::MIN,
        "ubig": u64::MAX,
        "tiny": -1,
        "f": 0.1,
        "d": 0.1,
        "bin": "AP+A",
        "text_": "é \" \\ \n \t 😀",
        "at": "2024-02-29T23:59:58.123456",
        "stamp": "2024-02-29T12:00:00",
        "day": "2024-02-29",
        "time_": "-838:59:58.999",
        "year_": 2024,
        "bit_": 513,
        "json_": match product {
            Product::MySql => json!({"a": [1, null]}),
            // In MariaDB `JSON` is an alias of `LONGTEXT`.
            Product::MariaDb => json!("{\"a\": [1, null]}"),
        },
        "set_": "a,b",
        "enum_": "y",
    });
    let mut nothing = expected.clone();
    for (_, value) in nothing.as_object_mut().unwrap() {
        *value = json!(null);
    }
    for event in [
        json!({"sql": "SELECT * FROM v ORDER BY big"}),
        json!({"sql": "SELECT * FROM v WHERE 1 = ? ORDER BY big", "parameters": [1]}),
    ] {
        assert_eq!(
            rows(&function, &event),
            json!([nothing, expected]),
            "{event}"
        );
    }
}

/// All digits are in the response: a reader with exact numbers loses nothing.
#[apply(on_each_server)]
fn in_their_bytes(product: Product) {
    let function = start(Server::shared(product), &[AD_HOC]);
    let event =
        json!({"sql": "SELECT 18446744073709551615 AS a, CAST('1.10' AS DECIMAL(5, 2)) AS b"});
    let response = function.invoke(event.to_string()).response();
    let text = String::from_utf8(response.body).unwrap();
    assert!(
        text.contains(r#"{"a":18446744073709551615,"b":"1.10"}"#),
        "{text}"
    );
}

#[apply(on_each_server)]
fn of_columns_with_the_same_name(product: Product) {
    let function = start(Server::shared(product), &[AD_HOC]);
    let event = json!({"sql": "SELECT 1 AS id, 2 AS id, 3 AS `id`, 'x' AS ``"});
    assert_eq!(rows(&function, &event)[0]["id_2"], 2);
    let none = json!({"sql": "SELECT * FROM items WHERE FALSE"});
    assert_eq!(rows(&function, &none), json!([]));
}

/// For readers without integers beyond 2^53. Every value of the column is a string, so that its type is the same in
/// each row.
#[apply(on_each_server)]
fn bigints_as_texts(product: Product) {
    let function = start(Server::shared(product), &[AD_HOC, ("JSON_BIGINT", "text")]);
    for parameters in [json!([]), json!([1])] {
        let condition = if parameters == json!([]) {
            ""
        } else {
            "WHERE 1 = ?"
        };
        let sql = format!(
            "SELECT b, u, d, at FROM (SELECT CAST(9007199254740993 AS SIGNED) AS b, 18446744073709551615 AS u,
             0.5E0 AS d, CAST('2024-02-29 12:00:00' AS DATETIME) AS at FROM items LIMIT 1) v {condition}"
        );
        let answer = rows(&function, &json!({"sql": sql, "parameters": parameters}));
        let row = &answer[0];
        assert_eq!(row["b"], "9007199254740993", "{row}");
        assert_eq!(row["u"], "18446744073709551615", "{row}");
        assert_eq!(
            (&row["d"], &row["at"]),
            (&json!(0.5), &json!("2024-02-29T12:00:00"))
        );
    }
    assert_eq!(
        rows(&function, &json!({})),
        crate::helpers::function::items()
    );
}
