//! A user name that is longer than the messages that the component sends.

use std::io::Write;

use rds_bridge_test_support::tls_peer::frame;

use crate::helpers::emulator::raw_client::{CLIENT_SSL, code, hear, in_tls, response};
use crate::helpers::emulator::server::Server;

#[test]
fn a_refusal_of_a_long_name() {
    let server = Server::start();
    let mut tls = in_tls(&server.environment());
    let user = "ü".repeat(30_000);
    let login = response(CLIENT_SSL, &user, &[], "mysql_native_password");
    tls.write_all(&frame(2, &login)).unwrap();
    hear(&mut tls).unwrap();
    tls.write_all(&frame(4, b"hunter2\0")).unwrap();
    let refused = hear(&mut tls).unwrap().1;
    assert_eq!(code(&refused), 1045);
    assert!(str::from_utf8(&refused[9..]).is_ok());
    assert!(server.next_reason().starts_with("unknown user"));
}
