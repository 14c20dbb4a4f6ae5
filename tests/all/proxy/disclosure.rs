//! What a client learns of the database's error before it has authenticated.

use std::io::Read;

use rds_bridge_test_support::scripted_peer::{Line, ScriptedPeer};
use rds_bridge_test_support::server::{Product, Server};
use rds_bridge_test_support::server_packets::error;
use rds_bridge_test_support::tls_peer::frame;

use crate::helpers::proxy::Proxy;
use crate::helpers::proxy_files::ProxyFiles;

/// The text of the error that a client receives in place of the first packet.
fn refusal(proxy: &Proxy) -> String {
    let mut packet = Vec::new();
    proxy.connect_tcp().read_to_end(&mut packet).unwrap();
    assert_eq!(packet[4], 0xFF);
    String::from_utf8_lossy(&packet[5..]).into_owned()
}

#[test]
fn a_stranger_of_another_machine_learns_no_causes() {
    let blocked = error(1129, "HY000", "Host '10.1.2.3' is blocked");
    let peer = ScriptedPeer::start(vec![Line::Send(frame(0, &blocked)), Line::Hold]);
    let address = peer.address().to_string();
    let server = Server::shared(Product::MySql);

    let here = Proxy::start(server, &["--connect-to", &address]);
    let text = refusal(&here);
    assert!(text.contains("; likely cause 1: "), "{text}");

    let files = ProxyFiles::new();
    let elsewhere = files.start_for_certificates(server, &["--connect-to", &address]);
    let text = refusal(&elsewhere);
    let expected = "Host '10.1.2.3' is blocked [rds-bridge, stage greeting]";
    assert!(text.ends_with(expected), "{text}");
    let (_, log) = elsewhere.terminate();
    assert!(log.contains("Host '10.1.2.3' is blocked"), "{log}");
}
