//! An address of a configuration file that is in use.

use std::net::{Ipv4Addr, TcpListener};

use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::server::{Product, Server};

use crate::helpers::command::{stderr, with};

#[test]
fn a_taken_port_of_a_configuration_file_is_set_in_the_file() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rds-bridge.toml");
    let config = format!(
        "[databases.test]\nendpoint = \"{ENDPOINT}\"\n\
         [[proxy.listeners]]\ndatabase = \"test\"\nlisten = \"{address}\"\n"
    );
    std::fs::write(&path, config).unwrap();
    let server = Server::shared(Product::MySql);
    let output = with(server, &[], &["proxy", "--config", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let begin = format!("rds-bridge: {address} is already in use; 127.0.0.1:");
    assert!(stderr(&output).starts_with(&begin), "{}", stderr(&output));
    assert!(stderr(&output).contains(" is free: set listen = \"127.0.0.1:"));
}
