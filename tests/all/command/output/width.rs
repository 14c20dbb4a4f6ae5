//! Tables on a terminal: cut to its width, or vertical, or in a pager.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{query, query_in_terminal_with, stderr, stdout};

fn on_terminal(product: Product, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let said = query_in_terminal_with(Server::shared(product), "both", variables, arguments);
    assert_eq!(said["code"], 0, "{said}");
    said["terminal"].as_str().unwrap().replace("\r\n", "\n")
}

const WIDE: &str =
    "SELECT 12345678901234567890 AS number, 'short' AS short, REPEAT('x', 100) AS wide";

#[apply(on_each_server)]
fn a_table_fits_the_terminal(product: Product) {
    let terminal = [("TEST_COLUMNS", "60")];
    let shown = on_terminal(product, &terminal, &[WIDE, "-q"]);
    let expected = format!(
        "+----------------------+-------+---------------------------+\n\
         | number               | short | wide                      |\n\
         +----------------------+-------+---------------------------+\n\
         | 12345678901234567890 | short | {}… |\n\
         +----------------------+-------+---------------------------+\n",
        "x".repeat(24)
    );
    assert_eq!(shown, expected);
    // In a pipe nothing is cut, unless --columns says so.
    let server = Server::shared(product);
    let output = query(server, &[WIDE, "--format", "table"]);
    assert!(stdout(&output).contains(&"x".repeat(100)));
    let output = query(server, &[WIDE, "--format", "table", "--columns", "60"]);
    assert_eq!(stdout(&output), expected, "{}", stderr(&output));
    let shown = on_terminal(product, &terminal, &[WIDE, "--columns", "0"]);
    assert!(shown.contains(&"x".repeat(100)));
    let output = query(server, &[WIDE, "--columns", "60"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--columns applies only to table"));
}

#[apply(on_each_server)]
fn too_many_columns_are_vertical(product: Product) {
    let columns: Vec<String> = (0..20).map(|n| format!("'value {n}' AS c{n}")).collect();
    let sql = format!("SELECT {}", columns.join(", "));
    let terminal = [("TEST_COLUMNS", "60")];
    let shown = on_terminal(product, &terminal, &[&sql, "-q"]);
    assert!(
        shown.starts_with("*** row 1 ***\n c0: value 0\n"),
        "{shown}"
    );
    assert!(shown.ends_with("c19: value 19\n"), "{shown}");
    let shown = on_terminal(product, &terminal, &[&sql, "-q", "--format", "table"]);
    assert!(shown.starts_with("+--"), "{shown}");
}

#[apply(on_each_server)]
fn rows_in_a_pager(product: Product) {
    let pager = [("PAGER", "sed 's/^/> /'")];
    let shown = on_terminal(product, &pager, &["SELECT 1 AS a", "--pager", "-q"]);
    assert_eq!(shown, "> +---+\n> | a |\n> +---+\n> | 1 |\n> +---+\n");
    // A pager that is left early.
    let sql = format!("SELECT seq FROM {}", product.sequence(100_000));
    let pager = [("PAGER", "head -n 2")];
    let shown = on_terminal(product, &pager, &[&sql, "--pager"]);
    assert_eq!(shown.lines().count(), 2, "{shown}");
    // Without a terminal there is no pager.
    let output = query(Server::shared(product), &["SELECT 1 AS a", "--pager"]);
    assert_eq!(stdout(&output), "{\"a\":1}\n");
}

#[apply(on_each_server)]
fn while_the_server_is_busy_the_time_is_shown(product: Product) {
    let shown = on_terminal(product, &[], &["DO SLEEP(4.5)"]);
    assert!(shown.contains("\rwaiting for the server, "), "{shown:?}");
    assert!(shown.contains("\r\u{1b}[Kaffected rows: 0"), "{shown:?}");
    let shown = on_terminal(product, &[], &["DO SLEEP(4.5)", "--quiet"]);
    assert_eq!(shown, "");
}
