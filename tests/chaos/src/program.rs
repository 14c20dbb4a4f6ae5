//! A program of rds-bridge as a process: the proxy or the gateway.

use std::env;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;

use crate::shell::send_signal;

/// A running program, whose log is kept in a file.
#[derive(Debug)]
pub(crate) struct Program {
    process: Child,
    address: SocketAddr,
}

impl Program {
    /// Starts `rds-bridge` with these arguments and environment variables. `announcement` is what it prints before its
    /// address.
    pub(crate) fn start(
        arguments: &[&str],
        variables: &[(&'static str, String)],
        announcement: &str,
        log: &Path,
    ) -> Self {
        let program = env::current_exe().unwrap().with_file_name("rds-bridge");
        let mut process = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(variables.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let mut log = File::create(log).unwrap();
        let address = read_address(&mut stderr, announcement, &mut log);
        thread::spawn(move || std::io::copy(&mut stderr, &mut log));
        Self { process, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.try_wait().unwrap().is_some()
    }

    /// Ends it in an orderly way.
    pub(crate) fn terminate(mut self) {
        send_signal("-TERM", self.process.id());
        self.process.wait().unwrap();
    }
}

fn read_address(
    stderr: &mut BufReader<ChildStderr>,
    announcement: &str,
    log: &mut File,
) -> SocketAddr {
    let mut found = None;
    loop {
        let mut line = String::new();
        let length = stderr.read_line(&mut line).unwrap();
        assert!(length > 0, "the program has ended");
        log.write_all(line.as_bytes()).unwrap();
        if let Some((_, after)) = line.split_once(announcement) {
            let address = after.split([' ', '\n']).next().unwrap();
            found = Some(address.parse().unwrap());
        }
        if let Some(address) = found
            && line.contains("press Ctrl-C to stop")
        {
            return address;
        }
    }
}
