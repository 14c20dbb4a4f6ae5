//! The user of a raw connection, which the client of a proxy may change.

use rds_bridge::Bridge;
use rds_bridge::stages::RequestedSession;
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::server_packets::{Then, ok};
use rds_bridge_test_support::tls_peer::{TlsPeer, say};

use crate::helpers::live::{block_on, credentials};

fn session(user: Option<&str>) -> RequestedSession {
    RequestedSession {
        user: user.map(str::to_owned),
        database: None,
        capabilities: 0x013F_FFDF,
        mariadb_capabilities: 0,
        max_packet_size: 1 << 24,
        character_set: 45,
        connection_attributes: Vec::new(),
    }
}

#[test]
fn no_user_is_the_bridge_s_also_after_another_one() {
    let accepted = || {
        let switch = b"\xFEmysql_clear_password\0".to_vec();
        [say([switch]), say([ok(Then::Nothing)])]
    };
    let peer = TlsPeer::start([accepted(), accepted()].concat());
    block_on(async {
        let bridge = Bridge::builder()
            .endpoint(ENDPOINT)
            .connect_to(peer.address().to_string())
            .ca_file(peer.ca_file())
            .user("own")
            .credentials(credentials());
        let bridge = bridge.build().await.unwrap();
        let ready = bridge.begin().await.unwrap().load_credentials().await;
        let connected = ready.unwrap().resolve().await.unwrap().connect().await;
        let greeted = connected.unwrap().read_initial_handshake().await.unwrap();
        let established = greeted
            .start_tls_for(&session(Some("first")))
            .await
            .unwrap();
        let mut raw = established.log_in().await.unwrap().into_raw();
        raw.change_user(&session(Some("second"))).await.unwrap();
        raw.change_user(&session(None)).await.unwrap();
    });
    let asked = peer.asked();
    let users = asked
        .iter()
        .filter(|payload| payload.first() == Some(&0x11));
    let users: Vec<&[u8]> = users
        .map(|payload| payload[1..].split(|&byte| byte == 0).next().unwrap())
        .collect();
    assert_eq!(users, [&b"second"[..], b"own"]);
}
