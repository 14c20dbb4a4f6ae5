//! The command `rds-bridge emulate`, started as a user's test starts it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use rds_bridge_test_support::expectation::Expectation;

use crate::running_process::peak_kib;
use crate::settings::Settings;
use crate::whole_process::beside;

pub struct Emulate {
    child: Child,
    settings: Settings,
    log: JoinHandle<String>,
}

impl Emulate {
    /// Starts an emulator for the same endpoint as the server that it is compared with.
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
        // Reads on, so that the program never blocks on a full pipe.
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

    /// The program's peak memory so far.
    pub fn peak_megabytes(&self) -> f64 {
        peak_kib(self.child.id()) as f64 / 1024.0
    }

    /// Ends the program and returns how many logins it accepted. Panics if it refused one.
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

/// Parses the settings from the lines before the first empty one.
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
    let port = value("DB_PORT").parse().expect("a port");
    Settings::from_variables(port, value)
}
