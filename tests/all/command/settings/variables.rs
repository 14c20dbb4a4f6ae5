//! The environment variables of `proxy` and `serve`, as `docs/configuration.md` lists them.

use std::collections::BTreeMap;

use crate::helpers::command::{run, stderr, stdout};

const PAGE: &str = include_str!("../../../../docs/configuration.md");

/// What a page or the help says of a variable: the option, and its default.
type Variables = BTreeMap<String, (String, String)>;

/// The rows of the command's table, each as its cells.
fn rows(command: &str) -> Vec<Vec<String>> {
    let heading = format!("### `rds-bridge {command}`\n");
    let (_, section) = PAGE.split_once(&heading).unwrap();
    let section = section.split_once("\n#").map_or(section, |(it, _)| it);
    let cells = |line: &str| {
        let cells = line.trim_matches('|').split('|');
        cells.map(|it| it.trim().replace('`', "")).collect()
    };
    let rows = section.lines().filter(|it| it.starts_with("| `--"));
    rows.map(cells).collect()
}

fn documented(command: &str) -> Variables {
    let rows = rows(command).into_iter();
    rows.map(|row| (row[1].clone(), (row[0].clone(), row[2].clone())))
        .collect()
}

/// The variables of a command that are its own: those that it shares with other commands have other names.
fn explained(command: &str) -> Variables {
    let help = run(&[command, "--help"], &[], "");
    let own = format!("[env: RDS_BRIDGE_{}_", command.to_uppercase());
    let mut variables = Variables::new();
    for option in stdout(&help).split("\n      --").skip(1) {
        let text = option.split_whitespace().collect::<Vec<_>>().join(" ");
        let Some((_, after)) = text.split_once(&own) else {
            continue;
        };
        let (name, _) = after.split_once("=]").unwrap();
        let (flag, after) = text.split_once(' ').unwrap();
        let default = match text.split_once("[default: ") {
            Some((_, after)) => after.split_once(']').unwrap().0,
            None if after.starts_with('<') => "none",
            None => "false",
        };
        let name = format!("{}{name}", own.trim_start_matches("[env: "));
        variables.insert(name, (format!("--{flag}"), default.to_owned()));
    }
    variables
}

#[test]
fn the_page_lists_every_variable_with_its_option_and_default() {
    for (command, least) in [("proxy", 15), ("serve", 16)] {
        let explained = explained(command);
        assert!(explained.len() >= least, "{explained:?}");
        assert_eq!(documented(command), explained);
    }
}

/// A refused variable is refused before the file is read, and any other only leads to the error that there is no file.
#[test]
fn the_page_says_which_variables_a_file_refuses() {
    for command in ["proxy", "serve"] {
        for row in rows(command) {
            let (option, variable, with_file) = (&row[0], &row[1], &row[3]);
            if option == "--config" {
                continue;
            }
            let value = match option.as_str() {
                "--listen" | "--admin" => "127.0.0.1:1",
                _ if row[2] == "false" => "true",
                _ => "1",
            };
            let output = run(
                &[command, "--config", "no-such-file.toml"],
                &[(variable, value)],
                "",
            );
            assert_eq!(output.status.code(), Some(2), "{variable}: {output:?}");
            let said = stderr(&output);
            let is_read = said.contains("cannot read no-such-file.toml");
            assert_eq!(is_read, with_file != "refused", "{variable}: {said}");
        }
    }
}
