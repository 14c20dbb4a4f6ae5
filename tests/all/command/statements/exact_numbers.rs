//! Parameters of `rds-bridge query` that are numbers with more digits than a double has.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{query, stderr, stdout};
use crate::helpers::tables::EXACT_NUMBERS;

#[apply(on_each_server)]
fn are_found_and_added(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(EXACT_NUMBERS);
    server.execute_as_admin("GRANT ALL ON iamtest.* TO 'lambda-user'@'%'");
    let query = |arguments: &[&str]| {
        let arguments = [&["--quiet", "--format", "csv"], arguments].concat();
        query(&server, &arguments)
    };
    for (column, number, expected) in [
        ("id", "18446744073709551615", "name\r\na\r\n"),
        ("id", "18446744073709551617", "name\r\n"),
        ("amount", "123456789012345678.25", "name\r\na\r\n"),
        ("amount", "123456789012345678.27", "name\r\n"),
    ] {
        let sql = format!("SELECT name FROM exact WHERE {column} = ?");
        let output = query(&[&sql, "--param-json", number]);
        assert_eq!(stdout(&output), expected, "{number}: {}", stderr(&output));
    }
    let update = "UPDATE exact SET amount = amount + ? WHERE name = 'a'";
    let output = query(&[update, "--allow-writes", "--param-json", "0.5"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let amount = server.execute_as_admin("SELECT amount FROM iamtest.exact WHERE name = 'a'");
    assert_eq!(amount, "123456789012345678.7500000000\n");
    for (number, words) in [
        ("1e400", "out of range"),
        ("123456789012345678.25e0", "more digits"),
    ] {
        let output = query(&["SELECT ?", "--param-json", number]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}
