//! A proxy that a service manager starts: with a socket that is open already, and with the message that it accepts
//! clients.

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use mysql_async::prelude::Queryable;
use rds_bridge_test_support::python;
use rds_bridge_test_support::server::{Product, Server};

use crate::helpers::command::executable;
use crate::helpers::live::{block_on, environment};
use crate::helpers::proxy::Proxy;

/// Opens a socket, and executes the proxy with it as systemd does: as the file descriptor 3.
const ACTIVATE: &str = "\
import os, socket, sys
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen()
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], sys.argv[1:])";

#[test]
fn takes_over_a_socket_and_says_when_it_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let mut command = Command::new(python::interpreter());
    command
        .args(["-c", ACTIVATE])
        .arg(executable())
        .arg("proxy")
        .env_clear()
        .envs(environment(Server::shared(Product::MySql)))
        .env("NOTIFY_SOCKET", &path);
    let proxy = Proxy::run(command);
    let mut message = [0; 64];
    let length = manager.recv(&mut message).unwrap();
    assert_eq!(&message[..length], b"READY=1\n");
    block_on(async {
        let mut connection = proxy.connect().await;
        let answer: Option<u8> = connection.query_first("SELECT 1").await.unwrap();
        assert_eq!(answer, Some(1));
    });
    let (status, log) = proxy.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    let length = manager.recv(&mut message).unwrap();
    assert_eq!(&message[..length], b"STOPPING=1\n");
}
