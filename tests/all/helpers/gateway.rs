//! The command `serve` as a process, and requests to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rds_bridge_test_support::server::{PASSWORD, Server};
use serde_json::{Value as Json, json};

use super::command::{executable, send_signal};
use super::live::environment;
use super::waiting::until;

/// A running gateway. Dropping it kills it.
pub(crate) struct Gateway {
    process: Child,
    scheme: &'static str,
    address: SocketAddr,
    admin: Option<SocketAddr>,
    log: Arc<Mutex<String>>,
    /// Ends when the process closes its standard error.
    reader: Option<JoinHandle<()>>,
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

impl Gateway {
    /// Starts a gateway to a server on a free port, as the user who may only read.
    pub(crate) fn start(server: &Server, arguments: &[&str]) -> Self {
        Self::run(command(server, arguments))
    }

    /// As [`Self::start`], at the address of the arguments.
    pub(crate) fn start_at(server: &Server, arguments: &[&str]) -> Self {
        Self::run(command_at(server, arguments))
    }

    /// Starts a gateway that trusts this machine, as the user with all privileges, with writes allowed.
    pub(crate) fn start_for_writes(server: &Server) -> Self {
        Self::start_as_admin(server, &["--trust-loopback", "--allow-writes"])
    }

    /// Starts a gateway as the user with all privileges.
    pub(crate) fn start_as_admin(server: &Server, arguments: &[&str]) -> Self {
        let mut command = command(server, arguments);
        command.env("DB_USER", "admin").env("DB_PASSWORD", PASSWORD);
        Self::run(command)
    }

    fn run(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let printed = read_announcement(&mut stderr);
        let [plain, encrypted] = ["http", "https"].map(|scheme| {
            Some((
                scheme,
                address_after(&printed, &format!("rds-bridge: {scheme}://"))?,
            ))
        });
        let (scheme, mut address) = plain.or(encrypted).unwrap();
        if address.ip().is_unspecified() {
            address.set_ip([127, 0, 0, 1].into());
        }
        let admin = address_after(&printed, "admin address http://");
        let log = Arc::new(Mutex::new(printed));
        let lines = Arc::clone(&log);
        let reader = std::thread::spawn(move || read_lines(&mut stderr, &lines));
        Self {
            process,
            scheme,
            address,
            admin,
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

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Sends SIGHUP, and waits until the gateway has printed this answer.
    pub(crate) fn hang_up(&self, answer: &str) {
        let before = self.log().len();
        send_signal(&self.process, "-HUP");
        until(|| {
            let log = self.log();
            let printed = &log[before..];
            if printed.lines().any(|line| line.starts_with(answer)) {
                Ok(())
            } else {
                Err(format!("the gateway has not printed {answer:?}: {printed}"))
            }
        });
    }

    /// What it has printed until now.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Sends a request of the PlanetScale dialect, without credentials.
    pub(crate) fn execute(&self, sql: &str, session: &Json) -> Json {
        let body = json!({"query": sql, "session": session});
        let answer = self.post(EXECUTE, &[], &body.to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Posts JSON with the headers of a client, which `headers` override.
    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        read_answer(&mut self.send(path, headers, body))
    }

    /// Sends a request, and leaves the answer to be read.
    pub(crate) fn send(&self, path: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        send(self.address, path, headers, body)
    }

    /// Sends a `GET` to the admin address.
    pub(crate) fn get_admin(&self, path: &str) -> Answer {
        self.get_admin_as(path, &self.admin.unwrap().to_string())
    }

    /// As [`Self::get_admin`], with another `Host`.
    pub(crate) fn get_admin_as(&self, path: &str, host: &str) -> Answer {
        let address = self.admin.unwrap();
        read_answer(&mut request(address, "GET", path, &[("Host", host)], ""))
    }

    /// Sends a `POST` without a body to the admin address.
    pub(crate) fn post_admin(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let address = self.admin.unwrap();
        let host = address.to_string();
        let mut all = vec![("Host", &*host)];
        all.retain(|(name, _)| headers.iter().all(|(other, _)| name != other));
        all.extend(headers);
        read_answer(&mut request(address, "POST", path, &all, ""))
    }

    /// The admin address.
    pub(crate) fn admin_address(&self) -> SocketAddr {
        self.admin.unwrap()
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
        let log = self.log();
        (status, log)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _killed = self.process.kill();
        let _waited = self.process.wait();
    }
}

/// Posts JSON to any gateway.
pub(crate) fn post(address: SocketAddr, path: &str, body: &str) -> Answer {
    post_with(address, path, &[], body)
}

/// As [`post`], with headers.
pub(crate) fn post_with(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    read_answer(&mut send(address, path, headers, body))
}

fn send(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
    let host = address.to_string();
    let mut all = vec![("Host", &*host), ("Content-Type", "application/json")];
    all.retain(|(name, _)| headers.iter().all(|(other, _)| name != other));
    all.extend(headers);
    request(address, "POST", path, &all, body)
}

/// The route of a statement in the PlanetScale dialect.
pub(crate) const EXECUTE: &str = "/psdb.v1alpha1.Database/Execute";

/// Waits until the server executes, or no longer executes, a statement with these words.
pub(crate) fn until_executes(server: &Server, words: &str, expected: bool) {
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.processlist \
         WHERE info LIKE '%{words}%' AND id <> CONNECTION_ID()"
    );
    until(|| {
        let count = server.execute_as_admin(&sql);
        match (count.trim() != "0") == expected {
            true => Ok(()),
            false => Err(format!("{count} statements with {words}")),
        }
    });
}

fn command(server: &Server, arguments: &[&str]) -> Command {
    command_at(server, &[&["--listen", "127.0.0.1:0"], arguments].concat())
}

fn command_at(server: &Server, arguments: &[&str]) -> Command {
    let mut command = Command::new(executable());
    command
        .arg("serve")
        .args(arguments)
        .env_clear()
        .envs(environment(server))
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    // A request that gets nothing for a minute is an error.
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

/// Reads an answer to the end of the connection.
pub(crate) fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Answer {
        status: head[9..12].parse().unwrap(),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}

/// Reads up to the last line of the announcement.
fn read_announcement(stderr: &mut BufReader<ChildStderr>) -> String {
    let mut read = String::new();
    while !read.contains("press Ctrl-C to stop") {
        let length = stderr.read_line(&mut read).unwrap();
        assert!(length > 0, "no gateway: {read}");
    }
    read
}

fn address_after(text: &str, before: &str) -> Option<SocketAddr> {
    let (_, after) = text.split_once(before)?;
    let address = after.split([' ', '\n']).next()?;
    Some(address.parse().unwrap())
}

fn read_lines(stderr: &mut BufReader<ChildStderr>, log: &Mutex<String>) {
    let mut line = String::new();
    while stderr.read_line(&mut line).is_ok_and(|length| length > 0) {
        log.lock().unwrap().push_str(&line);
        line.clear();
    }
}
