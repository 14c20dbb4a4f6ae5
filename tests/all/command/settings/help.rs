//! Help, the version, and what the command says of a mistyped name.

use std::io::Write;
use std::process::{Command, Stdio};

use rds_bridge::component::COMPONENT_SHA256;

use crate::helpers::command::{run, stderr, stdout};

#[test]
fn help_is_short_or_long() {
    for command in [&[][..], &["query"], &["setup"], &["emulate"], &["doctor"]] {
        let of = |flag| {
            let output = run(&[command, &[flag]].concat(), &[], "");
            assert!(output.status.success(), "{output:?}");
            stdout(&output).to_owned()
        };
        let (short, long) = (of("-h"), of("--help"));
        assert!(short.contains("Usage: rds-bridge"), "{short}");
        assert!(long.len() > short.len(), "{long}");
        let by_subcommand = run(&[&["help"], command].concat(), &[], "");
        assert_eq!(stdout(&by_subcommand), long);
    }
    let long = run(&["--help"], &[], "");
    assert!(stdout(&long).contains("130  interrupted"), "{long:?}");
}

/// A script whose command is empty must not succeed.
#[test]
fn without_a_command_the_help_is_an_error() {
    for (arguments, variables) in [
        (&[][..], &[][..]),
        (&["--log", "debug"], &[]),
        (&[], &[("RDS_BRIDGE_LOG", "debug")]),
    ] {
        let output = run(arguments, variables, "");
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert_eq!(stdout(&output), "");
        let said = stderr(&output);
        assert!(said.contains("Usage: rds-bridge"), "{said}");
        assert!(said.contains("  query "), "{said}");
    }
}

#[test]
fn the_version_names_the_build() {
    let long = run(&["--version"], &[], "");
    let said = stdout(&long);
    let version = format!("rds-bridge {}", env!("CARGO_PKG_VERSION"));
    let lines: Vec<&str> = said.lines().collect();
    let [first, features, component] = lines[..] else {
        panic!("{said}");
    };
    assert_eq!(first, version);
    assert_eq!(
        features,
        "features: arrow, client_ed25519, emulator, gateway, login, parquet, proxy, secrets-manager"
    );
    assert!(component.ends_with(COMPONENT_SHA256), "{component}");
    assert_eq!(stdout(&run(&["version"], &[], "")), said);
    assert_eq!(stdout(&run(&["-V"], &[], "")), format!("{version}\n"));
}

#[test]
fn a_mistyped_name_gets_a_suggestion_and_the_right_help() {
    for (arguments, words, help) in [
        (
            &["query", "--host", "x"][..],
            "did you mean '--hostname'?",
            "query --help",
        ),
        (
            &["token", "--user", "x"],
            "did you mean '--username'?",
            "token --help",
        ),
        (
            &["--log", "debug", "doctor", "--jsno"],
            "did you mean '--json'?",
            "doctor --help",
        ),
        (&["docter"], "did you mean 'doctor'?", "--help"),
        (
            &["query", "--format", "csvv", "x"],
            "did you mean 'csv'?",
            "query --help",
        ),
        (&["component"], "--output <FILE>", "component --help"),
    ] {
        let output = run(arguments, &[], "");
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = stderr(&output);
        assert!(said.contains(words), "{words}: {said}");
        let end = format!("(see rds-bridge {help})\n");
        assert!(said.ends_with(&end), "{end}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn bash_completes_the_options_of_a_subcommand() {
    let script = run(&["completions", "bash"], &[], "");
    let complete =
        "COMP_WORDS=(rds-bridge query --host); COMP_CWORD=2; COMP_LINE='rds-bridge query --host'
        complete=$(complete -p rds-bridge | sed 's/.* -F \\([^ ]*\\) .*/\\1/')
        \"$complete\" rds-bridge --host query
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash")
        .args(["--norc", "--noprofile", "-s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = bash.stdin.take().unwrap();
    write!(input, "{}\n{complete}\n", stdout(&script)).unwrap();
    drop(input);
    let output = bash.wait_with_output().unwrap();
    assert_eq!(stdout(&output), "--hostname\n", "{}", stderr(&output));
}
