//! `rds-bridge query --time-zone`.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{query, stderr, stdout};

#[apply(on_each_server)]
fn timestamps_are_of_the_sessions_zone(product: Product) {
    let server = Server::shared(product);
    let sql = "SELECT FROM_UNIXTIME(0) AS t, @@time_zone AS z";
    for (zone, time) in [
        ("+00:00", "1970-01-01 00:00:00"),
        ("-03:30", "1969-12-31 20:30:00"),
    ] {
        let output = query(server, &[sql, "--time-zone", zone]);
        let line = format!("{{\"t\":\"{time}\",\"z\":\"{zone}\"}}\n");
        assert_eq!(stdout(&output), line, "{}", stderr(&output));
    }
    let output = query(server, &[sql, "--time-zone", "No/Where"]);
    assert_eq!(output.status.code(), Some(9), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("time zone tables"),
        "{}",
        stderr(&output)
    );
    let output = query(server, &[sql, "--time-zone", "x' OR 1"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}
