//! `rds-bridge emulate` as a program that a test starts and ends.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use rds_bridge::aws::Credentials;
use rds_bridge::{Bridge, BridgeBuilder};

use crate::helpers::command::executable;
use crate::helpers::emulator::server::Environment;

/// The running program, and what it writes to standard error.
pub(crate) struct Program {
    child: Child,
    environment: Environment,
    said: std::thread::JoinHandle<String>,
}

impl Program {
    /// Starts the program on a free port, with these additional arguments.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(executable())
            .args(["emulate", "--port", "0", "--until-stdin-closes"])
            .args(arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut errors = child.stderr.take().unwrap();
        // Reads on, so that the program never blocks on a full pipe.
        let said = std::thread::spawn(move || {
            let mut said = String::new();
            errors.read_to_string(&mut said).unwrap();
            said
        });
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let environment = lines
            .map(Result::unwrap)
            .take_while(|line| !line.is_empty())
            .map(|line| {
                let (name, value) = line
                    .strip_prefix("export ")
                    .unwrap()
                    .split_once('=')
                    .unwrap();
                (name.to_owned(), value.to_owned())
            })
            .collect();
        Self {
            child,
            environment,
            said,
        }
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// A builder with the settings in the environment.
    pub(crate) fn bridge(&self) -> BridgeBuilder {
        let value = |name: &str| self.environment[name].as_str();
        let bridge = Bridge::builder()
            .endpoint(value("DB_HOST"))
            .port(value("DB_PORT").parse().unwrap())
            .user(value("DB_USER"))
            .database(value("DB_NAME"))
            .region(value("AWS_REGION"))
            .ca_file(value("DB_CA_FILE"))
            .credentials(Credentials::new(
                value("AWS_ACCESS_KEY_ID"),
                value("AWS_SECRET_ACCESS_KEY"),
            ));
        match self.environment.get("DB_CONNECT_TO") {
            Some(address) => bridge.connect_to(address),
            None => bridge,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends the program and returns its standard error.
    pub(crate) fn end(mut self) -> String {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
        self.said.join().unwrap()
    }
}
