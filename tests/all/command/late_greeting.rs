//! `rds-bridge query` at a server whose greeting is late, like that of a paused Aurora Serverless v2 cluster.

use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{query_command, stderr, stdout};
use crate::helpers::late_forwarder::forward;

const RESUMING: Duration = Duration::from_millis(10_500);

#[apply(on_each_server)]
fn is_waited_for_as_long_as_is_asked(product: Product) {
    let server = Server::shared(product);
    let passes = Arc::new(AtomicBool::new(true));
    let address = forward(server.address(), passes, RESUMING).to_string();
    let start = |arguments: &[&str]| -> Child {
        query_command(server, &[&["SELECT 1 AS a"], arguments].concat())
            .env("DB_CONNECT_TO", &address)
            .spawn()
            .unwrap()
    };
    let (patient, impatient) = (
        start(&["--connect-timeout", "60"]),
        start(&["--connect-timeout", "5"]),
    );
    let output = patient.wait_with_output().unwrap();
    assert_eq!(stdout(&output), "{\"a\":1}\n", "{}", stderr(&output));
    let output = impatient.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    assert!(stderr(&output).contains("paused"), "{}", stderr(&output));
}
