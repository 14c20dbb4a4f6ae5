//! Numbers in an event keep their digits. As a double, they would find another row and store another amount.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::function::{AD_HOC, WRITES, of_type, rows, start, url_request};

/// Neighbouring numbers that are the same double.
const TABLE: &str = "CREATE TABLE iamtest.exact (
       id BIGINT UNSIGNED, amount DECIMAL(30, 10), fine DECIMAL(65, 30), name VARCHAR(8));
     INSERT INTO iamtest.exact VALUES
       (18446744073709551615, 123456789012345678.25, 0.1, 'a'),
       (18446744073709551614, 123456789012345678.26, 0.10000000000000000001, 'b'),
       (9007199254740993, 0.5, 1, 'c'),
       (9007199254740992, 0.25, 2, 'd');
     GRANT ALL ON iamtest.* TO 'lambda-user'@'%';";

/// A direct event and the event of an HTTP request, with the literal `parameter`.
fn events(sql: &str, parameter: &str) -> [String; 2] {
    let event = format!(r#"{{"sql": {}, "parameters": [{parameter}]}}"#, json!(sql));
    let request = url_request("POST", "", &[], Some(&event));
    [event, request.to_string()]
}

#[apply(on_each_server)]
fn one_row_is_found(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(TABLE);
    let function = start(&server, &[AD_HOC]);
    for (column, parameter, names) in [
        ("id", "18446744073709551615", json!(["a"])),
        ("id", "18446744073709551614.0", json!(["b"])),
        ("id", "18446744073709551617", json!([])),
        ("id", "9007199254740993", json!(["c"])),
        ("id", "9007199254740993.0", json!(["c"])),
        ("amount", "123456789012345678.25", json!(["a"])),
        ("amount", "123456789012345678.2600", json!(["b"])),
        ("amount", "123456789012345678.27", json!([])),
        ("amount", "0.5", json!(["c"])),
        ("amount", "5e-1", json!(["c"])),
        ("fine", "0.1", json!(["a"])),
        ("fine", "0.10000000000000000001", json!(["b"])),
    ] {
        let sql = format!("SELECT name FROM exact WHERE {column} = ?");
        let [direct, request] = events(&sql, parameter);
        let of_direct = function.invoke(direct).response().json();
        let of_request = function.invoke(request).response().http().json();
        for rows in [of_direct, of_request] {
            let found: Vec<&Json> = rows
                .as_array()
                .unwrap()
                .iter()
                .map(|row| &row["name"])
                .collect();
            assert_eq!(json!(found), names, "{column} = {parameter}");
        }
    }
}

#[apply(on_each_server)]
fn the_same_amount_is_stored(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(TABLE);
    let function = start(&server, &[AD_HOC, WRITES]);
    let amount = || server.execute_as_admin("SELECT amount FROM iamtest.exact WHERE name = 'a'");
    for (sql, parameter, stored) in [
        (
            "amount = ?",
            "987654321098765432.125",
            "987654321098765432.1250000000",
        ),
        // With a double as parameter, the server would add doubles.
        (
            "amount = amount + ?",
            "0.125",
            "987654321098765432.2500000000",
        ),
        ("amount = amount - ?", "987654321098765432", "0.2500000000"),
    ] {
        let sql = format!("UPDATE exact SET {sql} WHERE name = 'a'");
        let [direct, _] = events(&sql, parameter);
        assert_eq!(function.invoke(direct).response().json()["affectedRows"], 1);
        assert_eq!(amount().trim(), stored, "{sql}");
    }
}

#[apply(on_each_server)]
fn what_would_be_rounded_is_refused(product: Product) {
    let function = start(Server::shared(product), &[AD_HOC]);
    for parameter in [
        "1e400",
        "-1e400",
        "1e-400",
        "123456789012345678.25e0",
        "0.1234567890123456789012345678901",
    ] {
        let [direct, request] = events("SELECT ? AS n", parameter);
        let (kind, failure) = of_type(&function.invoke(direct).error());
        assert_eq!(kind, "InvalidParameters", "{parameter}");
        assert!(
            failure["hint"].as_str().unwrap().contains("DECIMAL"),
            "{failure}"
        );
        let http = function.invoke(request).response().http();
        assert_eq!(http.status, 400);
        assert_eq!(http.json()["error"]["type"], "InvalidParameters");
    }
    // A number that is not used may have any size.
    let other = r#"{"query": "by_id", "parameters": [1], "other": 1e400}"#;
    assert_eq!(function.invoke(other).response().json()[0]["name"], "apple");
    let ten = json!({"sql": "SELECT ? AS n", "parameters": [10]});
    assert_eq!(rows(&function, &ten), json!([{"n": 10}]));
}
