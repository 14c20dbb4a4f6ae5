//! Replies of the PlanetScale dialect, recorded in front of MySQL: the client reads them, and they have not changed.

use std::fs;
use std::path::PathBuf;

use rds_bridge_test_support::node;
use rds_bridge_test_support::server::{Product, Server};
use serde_json::Value as Json;

use crate::helpers::command::stderr;
use crate::helpers::emulator::server::test_file;
use crate::helpers::gateway::Gateway;

fn recording() -> PathBuf {
    test_file("vectors/planetscale/mysql.json")
}

/// Needs no server.
#[test]
fn the_client_reads_the_recorded_replies() {
    let mut command = node::command(&test_file("node/test_planetscale_recording.mjs"));
    let output = command.env("RECORDING", recording()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}\n{printed}", stderr(&output));
    assert!(printed.contains("# fail 0"), "{printed}");
}

/// If this fails because the dialect was changed on purpose, `./just record-planetscale` records the replies again.
#[test]
fn the_replies_are_those_that_were_recorded() {
    let recorded: Json = serde_json::from_slice(&fs::read(recording()).unwrap()).unwrap();
    let gateway = Gateway::start_for_writes(Server::shared(Product::MySql));
    let mut session = Json::Null;
    for statement in recorded["statements"].as_array().unwrap() {
        let sql = statement["sql"].as_str().unwrap();
        let mut reply = gateway.execute(sql, &session);
        let members = reply.as_object_mut().unwrap();
        session = members.remove("session").unwrap();
        members.remove("timing").unwrap();
        assert_eq!(reply, statement["reply"], "{sql}");
    }
}
