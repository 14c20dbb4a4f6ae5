//! The command as a process: started, ended, and what it printed.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::server::Server;
use rds_bridge_test_support::tls_peer::TlsPeer;

use super::live::environment;

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
    let (address, ca_file) = (peer.address().to_string(), peer.ca_file());
    let variables = [
        ("DB_HOST", ENDPOINT),
        ("DB_CONNECT_TO", &address),
        ("DB_CA_FILE", ca_file.to_str().unwrap()),
        ("DB_USER", "lambda-user"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    run(arguments, &variables, "")
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
    let borrowed: Vec<(&str, &str)> = variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
    run(arguments, &borrowed, "")
}

/// Runs `query` on a server.
pub(crate) fn query(server: &Server, arguments: &[&str]) -> Output {
    with(server, &[], &[&["query"], arguments].concat())
}

pub(crate) fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}

/// Starts a query, and leaves it running.
pub(crate) fn start(server: &Server, arguments: &[&str]) -> Child {
    Command::new(executable())
        .arg("query")
        .args(arguments)
        .env_clear()
        .envs(environment(server))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Sends it a signal, upon which it is to end.
pub(crate) fn end(child: Child, signal: &str) -> Output {
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    output
}
