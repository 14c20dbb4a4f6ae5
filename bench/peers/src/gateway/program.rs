//! A server that runs until it is dropped.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rds_bridge_test_support::server::PASSWORD;

use crate::running_process;
use crate::settings::Settings;
use crate::whole_process::beside;

/// The connections of every server to the database.
pub const CONNECTIONS: usize = 32;

pub struct Program {
    child: Child,
    address: SocketAddr,
    /// What announced the address. It stays open, because the program may print more.
    _output: Box<dyn Read>,
}

impl Program {
    /// `rds-bridge serve`, which trusts this machine and is read-only.
    pub fn gateway(settings: &Settings) -> Self {
        let mut command = Command::new(beside("rds-bridge"));
        command
            .args(["serve", "--listen=127.0.0.1:0", "--trust-loopback"])
            .arg(format!("--max-connections={CONNECTIONS}"))
            .stderr(Stdio::piped());
        let mut child = start(&mut command, settings);
        let mut output = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut printed = String::new();
        while !printed.contains("press Ctrl-C to stop") {
            let length = output.read_line(&mut printed).expect("UTF-8");
            assert!(length > 0, "no gateway: {printed}");
        }
        let address = printed.split_once("http://").expect("an address").1;
        let address = address.split_whitespace().next().expect("an address");
        Self {
            child,
            address: address.parse().expect("an address"),
            _output: Box::new(output),
        }
    }

    /// A program that prints its address as the first line of its standard output. It logs in with a password.
    pub fn peer(command: &mut Command, settings: &Settings) -> Self {
        command
            .stdout(Stdio::piped())
            .env("BENCH_CONNECTIONS", CONNECTIONS.to_string());
        let mut child = start(command, settings);
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        output.read_line(&mut line).expect("UTF-8");
        Self {
            child,
            address: line.trim().parse().expect("an address"),
            _output: Box::new(output),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The CPU time of the process so far.
    pub fn cpu(&self) -> Duration {
        running_process::cpu(self.child.id())
    }

    /// The peak memory of the process so far.
    pub fn peak_megabytes(&self) -> f64 {
        running_process::peak_kib(self.child.id()) as f64 / 1024.0
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _waited = self.child.wait();
    }
}

fn start(command: &mut Command, settings: &Settings) -> Child {
    for (name, value) in settings.environment() {
        command.env(name, value);
    }
    command.env("BENCH_PASSWORD", PASSWORD);
    command.stdin(Stdio::null()).spawn().expect("a program")
}
