//! The command `proxy` as a process, and clients of it.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use mysql_async::{Conn, OptsBuilder};
use rds_bridge_test_support::server::Server;

use super::command::{executable, send_signal};
use super::live::environment;
use super::waiting::until;

/// What a proxy prints after it has read its files again on SIGHUP.
pub(crate) const RELOADED: &str = "rds-bridge: reloaded the configuration";
/// What it prints if a file is invalid. The error follows.
pub(crate) const UNCHANGED: &str =
    "rds-bridge: cannot reload the configuration, so the old one stays in use: ";

/// The settings of a client of a proxy.
pub(crate) fn client_of(address: SocketAddr) -> OptsBuilder {
    OptsBuilder::default()
        .ip_or_hostname(address.ip().to_string())
        .tcp_port(address.port())
        .user(Some("anyone"))
        .prefer_socket(false)
}

/// A running proxy. Dropping it kills it.
pub(crate) struct Proxy {
    process: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
    /// Ends when the process closes its standard error.
    reader: Option<JoinHandle<()>>,
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
        let arguments = [&["--listen", "127.0.0.1:0"], arguments].concat();
        Self::run_command(server, changes, &arguments)
    }

    /// As [`Self::start`], with the place to listen in the arguments.
    pub(crate) fn start_at(server: &Server, arguments: &[&str]) -> Self {
        Self::run_command(server, &[], arguments)
    }

    /// Starts a proxy with a configuration file.
    pub(crate) fn start_configured(server: &Server, file: &str) -> Self {
        Self::start_at(server, &["--config", file])
    }

    fn run_command(server: &Server, changes: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = Command::new(executable());
        command
            .arg("proxy")
            .args(arguments)
            .env_clear()
            .envs(environment(server))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(changes.iter().copied());
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
        let log = Arc::new(Mutex::new(first));
        let lines = Arc::clone(&log);
        let reader = std::thread::spawn(move || read_lines(&mut stderr, &lines));
        Self {
            process,
            address,
            log,
            reader: Some(reader),
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
        client_of(self.address).db_name(Some("iamtest"))
    }

    /// Connects without a client's library. A read that gets nothing for 30 s is an error.
    pub(crate) fn connect_tcp(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        let limit = Some(Duration::from_secs(30));
        stream.set_read_timeout(limit).unwrap();
        stream
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
        self.reader.take().unwrap().join().unwrap();
        let log = self.log.lock().unwrap().clone();
        (status, log)
    }

    /// Sends SIGHUP, and waits until the proxy has printed a line that begins with `answer`.
    pub(crate) fn hang_up(&self, answer: &str) {
        let before = self.log.lock().unwrap().len();
        send_signal(&self.process, "-HUP");
        until(|| {
            let log = self.log.lock().unwrap();
            let printed = &log[before..];
            if printed.lines().any(|line| line.starts_with(answer)) {
                Ok(())
            } else {
                Err(format!("the proxy has not printed {answer:?}: {printed}"))
            }
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _killed = self.process.kill();
        let _waited = self.process.wait();
    }
}

/// Reads lines to the end. Bytes of a test's client may be no text.
fn read_lines(stderr: &mut BufReader<ChildStderr>, log: &Mutex<String>) {
    let mut line = Vec::new();
    while stderr
        .read_until(b'\n', &mut line)
        .is_ok_and(|length| length > 0)
    {
        log.lock()
            .unwrap()
            .push_str(&String::from_utf8_lossy(&line));
        line.clear();
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
