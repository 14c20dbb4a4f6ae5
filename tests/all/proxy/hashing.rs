//! `rds-bridge proxy hash-password`.

use std::process::Command;

use rds_bridge_test_support::python;

use crate::helpers::command::{executable, run, stderr, stdout};

fn hashed(input: &str) -> String {
    stdout(&run(&["proxy", "hash-password"], &[], input)).to_owned()
}

#[test]
fn one_line_break_at_the_end_is_not_a_part_of_the_password() {
    let hash = hashed("secret");
    assert!(hash.contains("password_sha256_twice = "), "{hash}");
    assert_eq!(hashed("secret\n"), hash);
    assert_eq!(hashed("secret\r\n"), hash);
    assert_ne!(hashed("secret\n\n"), hash);
}

#[test]
fn what_is_too_long_for_a_password_is_refused() {
    let output = run(&["proxy", "hash-password"], &[], &"x".repeat(70_000));
    assert!(!output.status.success());
    let problem = "it is too long for a password";
    assert!(stderr(&output).contains(problem), "{}", stderr(&output));
    let output = run(&["proxy", "hash-password"], &[], "\n");
    let problem = "rds-bridge: the password is empty";
    assert!(stderr(&output).contains(problem), "{}", stderr(&output));
}

/// Types a password when it is asked for, and prints everything that the terminal shows.
const TYPE: &str = "\
import os, pty, sys
process, terminal = pty.fork()
if process == 0:
    os.execv(sys.argv[1], [sys.argv[1], 'proxy', 'hash-password'])
shown, typed = b'', False
while True:
    try:
        read = os.read(terminal, 4096)
    except OSError:
        break
    if not read:
        break
    shown += read
    if b'Password: ' in shown and not typed:
        typed = True
        os.write(terminal, b'seCret\\n')
os.waitpid(process, 0)
sys.stdout.buffer.write(shown)";

#[cfg(unix)]
#[test]
fn a_terminal_is_asked_and_shows_no_password() {
    let output = Command::new(python::interpreter())
        .args(["-c", TYPE])
        .arg(executable())
        .output()
        .unwrap();
    let shown = stdout(&output).replace('\r', "");
    assert!(!shown.contains("seCret"), "{shown}");
    let expected = hashed("seCret");
    assert!(shown.contains(&expected), "{shown}");
}
