//! The command as a process: starting it, ending it, and its output.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use rds_bridge_test_support::python;
use rds_bridge_test_support::server::Server;
use rds_bridge_test_support::tls_peer::TlsPeer;
use serde_json::Value as Json;

use super::live::{borrowed, environment, environment_of_peer};

pub(crate) const HOST: &str = "prod-instance.us-east-1.rds.amazonaws.com";

/// Runs the command with only `variables` in its environment and `input` on its standard input. Unless `variables`
/// override it, the command does not ask the metadata service of the machine for credentials.
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
    // A command that exits without reading its input closes the pipe.
    let _closed = command.stdin.take().unwrap().write_all(input.as_bytes());
    command.wait_with_output().unwrap()
}

/// Runs the command on a scripted peer, which accepts any token.
pub(crate) fn run_on(peer: &TlsPeer, arguments: &[&str]) -> Output {
    run(arguments, &borrowed(&environment_of_peer(peer)), "")
}

/// The path of the command.
pub(crate) fn executable() -> PathBuf {
    program("rds-bridge")
}

/// The path of a program of the workspace. Cargo puts it into the profile's folder, and tests into a folder below.
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

/// Runs the command on a server, with changes to its environment.
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

/// A command that queries a server.
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

/// Starts a query without waiting for it.
pub(crate) fn start(server: &Server, arguments: &[&str]) -> Child {
    query_command(server, arguments).spawn().unwrap()
}

/// Sends a process a signal, for example `-INT`.
pub(crate) fn send_signal(process: &Child, signal: &str) {
    let sent = Command::new("kill")
        .args([signal, &process.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Sends a query a signal, and asserts that it ends with exit code 130.
pub(crate) fn end(child: Child, signal: &str) -> Output {
    send_signal(&child, signal);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    output
}

/// Runs a query in a terminal. `which` says whether only standard error or both outputs are the terminal. Returns the
/// report of `in_terminal.py`.
pub(crate) fn query_in_terminal(server: &Server, which: &str, arguments: &[&str]) -> Json {
    query_in_terminal_with(server, which, &[], arguments)
}

/// As [`query_in_terminal`], with more variables. `TEST_COLUMNS` is the terminal's width.
pub(crate) fn query_in_terminal_with(
    server: &Server,
    which: &str,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> Json {
    let output = Command::new(python::interpreter())
        .arg(python::script("in_terminal.py"))
        .arg(which)
        .arg(executable())
        .arg("query")
        .args(arguments)
        .env_clear()
        // For the pager.
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs(environment(server))
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A query with 3,486,784,401 rows (twenty times three rows): a command that ignores a signal does not end.
pub(crate) fn endless() -> String {
    let tables: Vec<String> = (0..20).map(|number| format!("items t{number}")).collect();
    // Without the hint MySQL uses a hash join, and builds hash tables of millions of rows before the first row.
    format!(
        "SELECT /*+ NO_BNL() */ t0.name, t1.price, t2.id FROM {}",
        tables.join(", ")
    )
}
