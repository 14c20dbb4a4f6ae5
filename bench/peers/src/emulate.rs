//! The command `rds-bridge emulate`, as a test of somebody's starts it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::server::Product;

use crate::running_process::peak_kib;
use crate::settings::Settings;
use crate::whole_process::beside;

pub struct Emulate {
    child: Child,
    settings: Settings,
    log: JoinHandle<String>,
}

impl Emulate {
    /// Under the endpoint's name that the server beside it has too.
    pub fn start() -> Self {
        let endpoint = Expectation::default().host;
        let mut child = Command::new(beside("rds-bridge"))
            .args(["emulate", "--port=0", "--until-stdin-closes"])
            .arg(format!("--endpoint={endpoint}"))
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("rds-bridge");
        let mut stderr = child.stderr.take().expect("a pipe");
        // Read on, so that the program does not wait for us.
        let log = thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).expect("UTF-8");
            log
        });
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let settings = settings(stdout);
        Self {
            child,
            settings,
            log,
        }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The most memory that it has had so far.
    pub fn peak_megabytes(&self) -> f64 {
        peak_kib(self.child.id()) as f64 / 1024.0
    }

    /// Ends it, and gives how many logins it has let in. There must be no others.
    pub fn end(mut self) -> usize {
        drop(self.child.stdin.take());
        assert!(self.child.wait().expect("a child").success());
        let log = self.log.join().expect("a log");
        let connections = |line: &&str| line.starts_with("rds-bridge: connection ");
        let lines: Vec<&str> = log.lines().filter(connections).collect();
        for line in &lines {
            assert!(line.contains(": accepted, "), "{line}");
        }
        lines.len()
    }
}

/// From the lines up to an empty one.
fn settings(stdout: impl BufRead) -> Settings {
    let lines = stdout.lines().map(|line| line.expect("UTF-8"));
    let variables: HashMap<String, String> = lines
        .take_while(|line| !line.is_empty())
        .map(|line| {
            let variable = line.strip_prefix("export ").expect("a variable");
            let (name, value) = variable.split_once('=').expect("a value");
            (name.to_owned(), value.to_owned())
        })
        .collect();
    let value = |name: &str| variables[name].clone();
    Settings {
        endpoint: value("DB_HOST"),
        port: value("DB_PORT").parse().expect("a port"),
        region: value("AWS_REGION"),
        // That is what it greets as.
        product: Product::MySql,
        address: value("DB_CONNECT_TO").parse().expect("an address"),
        user: value("DB_USER"),
        database: value("DB_NAME"),
        ca_file: value("DB_CA_FILE").into(),
        access_key_id: value("AWS_ACCESS_KEY_ID"),
        secret_access_key: value("AWS_SECRET_ACCESS_KEY"),
    }
}
