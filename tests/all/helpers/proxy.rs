//! The command `proxy` as a process, and clients of it.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use mysql_async::{Conn, OptsBuilder};
use rds_bridge_test_support::server::Server;

use super::command::{executable, send_signal};
use super::live::environment;

/// A running proxy. Dropping it kills it.
pub(crate) struct Proxy {
    process: Child,
    address: SocketAddr,
    log: Option<JoinHandle<String>>,
}

impl Proxy {
    /// Starts a proxy to a server, on a free port.
    pub(crate) fn start(server: &Server, arguments: &[&str]) -> Self {
        Self::start_with(server, &[], arguments)
    }

    /// As [`Self::start`], with changes to the environment.
    pub(crate) fn start_with(
        server: &Server,
        changes: &[(&str, &str)],
        arguments: &[&str],
    ) -> Self {
        let mut command = Command::new(executable());
        command
            .args(["proxy", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env_clear()
            .envs(environment(server))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(changes.iter().copied());
        Self::run(command)
    }

    /// As [`Self::start`], with the place to listen in the arguments.
    pub(crate) fn start_at(server: &Server, arguments: &[&str]) -> Self {
        let mut command = Command::new(executable());
        command
            .arg("proxy")
            .args(arguments)
            .env_clear()
            .envs(environment(server))
            .env("AWS_EC2_METADATA_DISABLED", "true");
        Self::run(command)
    }

    /// Starts a proxy with a configuration file.
    pub(crate) fn start_configured(server: &Server, file: &str) -> Self {
        let mut command = Command::new(executable());
        command
            .args(["proxy", "--config", file])
            .env_clear()
            .envs(environment(server))
            .env("AWS_EC2_METADATA_DISABLED", "true");
        Self::run(command)
    }

    /// Runs a command that starts a proxy, until it has printed its address.
    pub(crate) fn run(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let (address, first) = read_address(&mut stderr);
        let log = std::thread::spawn(move || {
            let mut log = first;
            // Bytes of a test's client may be no text.
            let mut rest = Vec::new();
            let _read = stderr.read_to_end(&mut rest);
            log.push_str(&String::from_utf8_lossy(&rest));
            log
        });
        Self {
            process,
            address,
            log: Some(log),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn process(&self) -> &Child {
        &self.process
    }

    /// The settings of a client without TLS and without a password.
    pub(crate) fn client(&self) -> OptsBuilder {
        OptsBuilder::default()
            .ip_or_hostname(self.address.ip().to_string())
            .tcp_port(self.address.port())
            .user(Some("anyone"))
            .db_name(Some("iamtest"))
            .prefer_socket(false)
    }

    pub(crate) async fn connect(&self) -> Conn {
        Conn::new(self.client()).await.unwrap()
    }

    /// Sends SIGTERM, and waits for the end. Returns the status, and what was printed.
    pub(crate) fn terminate(self) -> (ExitStatus, String) {
        send_signal(&self.process, "-TERM");
        self.wait()
    }

    /// Waits for the end. Returns the status, and what was printed.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let status = self.process.wait().unwrap();
        (status, self.log.take().unwrap().join().unwrap())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _killed = self.process.kill();
        let _waited = self.process.wait();
    }
}

/// Reads up to the line that says where the proxy listens.
fn read_address(stderr: &mut BufReader<ChildStderr>) -> (SocketAddr, String) {
    let mut read = String::new();
    loop {
        let before = read.len();
        let length = stderr.read_line(&mut read).unwrap();
        assert!(length > 0, "no proxy: {read}");
        let line = &read[before..];
        if let Some((_, after)) = line.split_once("listening on ") {
            let address = after.split(' ').next().unwrap();
            return (address.parse().unwrap(), read);
        }
    }
}
