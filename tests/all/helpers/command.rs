//! The command as a process: started, ended, and what it printed.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use rds_bridge_test_support::python;
use rds_bridge_test_support::server::Server;
use rds_bridge_test_support::tls_peer::TlsPeer;
use serde_json::Value as Json;

use super::live::{borrowed, environment, environment_of_peer};

pub(crate) const HOST: &str = "prod-instance.us-east-1.rds.amazonaws.com";

/// With nothing in its environment but `variables`, and `input` on its standard input. Unless they say
/// otherwise, the metadata service of the machine that tests is not asked for credentials.
pub(crate) fn run(arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Output {
    let mut command = Command::new(executable())
        .args(arguments)
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read leaves a closed pipe behind.
    let _closed = command.stdin.take().unwrap().write_all(input.as_bytes());
    command.wait_with_output().unwrap()
}

/// On a scripted peer, which takes any token.
pub(crate) fn run_on(peer: &TlsPeer, arguments: &[&str]) -> Output {
    run(arguments, &borrowed(&environment_of_peer(peer)), "")
}

/// The command.
pub(crate) fn executable() -> PathBuf {
    program("rds-bridge")
}

/// Beside the test's own: cargo puts both below the profile's folder.
pub(crate) fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    profile.join(name)
}

pub(crate) const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "akid"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
];

pub(crate) fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

/// Runs the command on a server, with changes to the environment.
pub(crate) fn with(
    server: &Server,
    changes: &[(&'static str, &str)],
    arguments: &[&str],
) -> Output {
    let mut variables = environment(server);
    for (name, value) in changes {
        variables.retain(|(own, _)| own != name);
        variables.push((name, (*value).to_owned()));
    }
    run(arguments, &borrowed(&variables), "")
}

/// Runs `query` on a server.
pub(crate) fn query(server: &Server, arguments: &[&str]) -> Output {
    with(server, &[], &[&["query"], arguments].concat())
}

pub(crate) fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}

/// A query on a server, to be started.
pub(crate) fn query_command(server: &Server, arguments: &[&str]) -> Command {
    let mut command = Command::new(executable());
    command
        .arg("query")
        .args(arguments)
        .env_clear()
        .envs(environment(server))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts a query, and leaves it running.
pub(crate) fn start(server: &Server, arguments: &[&str]) -> Child {
    query_command(server, arguments).spawn().unwrap()
}

/// Sends a process a signal, as `-INT`.
pub(crate) fn send_signal(process: &Child, signal: &str) {
    let sent = Command::new("kill")
        .args([signal, &process.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Sends it a signal, upon which it is to end.
pub(crate) fn end(child: Child, signal: &str) -> Output {
    send_signal(&child, signal);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    output
}

/// A query on a server with a terminal: for standard error, or for both outputs. What it was like there.
pub(crate) fn query_in_terminal(server: &Server, which: &str, arguments: &[&str]) -> Json {
    let output = Command::new(python::interpreter())
        .arg(python::script("in_terminal.py"))
        .arg(which)
        .arg(executable())
        .arg("query")
        .args(arguments)
        .env_clear()
        .envs(environment(server))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Three rows, twenty times over: 3,486,784,401 rows, so that whoever does not hear a signal writes for ever.
pub(crate) fn endless() -> String {
    let tables: Vec<String> = (0..20).map(|number| format!("items t{number}")).collect();
    // Without the hint MySQL joins by hashes, of which it makes millions before the first row.
    format!(
        "SELECT /*+ NO_BNL() */ t0.name, t1.price, t2.id FROM {}",
        tables.join(", ")
    )
}
