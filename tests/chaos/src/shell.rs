//! The system's commands.

use std::process::Command;

/// Runs a command that must succeed.
#[track_caller]
pub(crate) fn run(words: &[&str]) {
    let (program, arguments) = words.split_first().unwrap();
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {complaint}");
}

/// Sends a signal, for example `-STOP`, to a process.
#[track_caller]
pub(crate) fn send_signal(signal: &str, process: u32) {
    run(&["kill", signal, &process.to_string()]);
}
