//! A Unix socket that a service manager has opened.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rds_bridge_test_support::python;
use rds_bridge_test_support::server::{Product, Server};

use crate::helpers::command::{executable, send_signal};
use crate::helpers::live::environment;

/// Opens a socket, and executes the proxy with it as systemd does: as the file descriptor 3.
const ACTIVATE: &str = "\
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])";

#[test]
fn the_path_of_a_socket_that_was_taken_over_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mysql.sock");
    let mut process = Command::new(python::interpreter())
        .args(["-c", ACTIVATE])
        .arg(&path)
        .arg(executable())
        .arg("proxy")
        .env_clear()
        .envs(environment(Server::shared(Product::MySql)))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stderr = BufReader::new(process.stderr.take().unwrap());
    while !line.contains("listening on ") {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "no proxy");
    }
    send_signal(&process, "-TERM");
    assert!(process.wait().unwrap().success());
    let expected = format!(
        "rds-bridge: listening on {} and connecting to ",
        path.display()
    );
    assert!(line.starts_with(&expected), "{line}");
}
