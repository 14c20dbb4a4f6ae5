//! `rds-bridge completions` and `rds-bridge man`.

use clap::{Args, Command};
use clap_complete::Shell;

use super::error::Error;
use super::output;

#[derive(Args, Debug)]
pub(super) struct Completions {
    /// Shell for which to print the script
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Completions, command: &mut Command) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, command, "rds-bridge", &mut script);
    let script = String::from_utf8_lossy(&script);
    if arguments.shell == Shell::Bash {
        output::print(&with_matching_labels(&script))
    } else {
        output::print(&script)
    }
}

/// Corrects the script for bash: clap_complete 4.6 replaces the hyphen of `rds-bridge` by one text where it sets the
/// state of a subcommand, and by another where it looks the state up, so that no subcommand's options would complete.
fn with_matching_labels(script: &str) -> String {
    script.replace("rds__subcmd__bridge__", "rds__bridge__")
}

pub(super) fn man(command: &Command) -> Result<(), Error> {
    let mut page = Vec::new();
    // A manual page has one line for the version.
    let short = command.clone().long_version(None::<&str>);
    clap_mangen::Man::new(short)
        .render(&mut page)
        .map_err(Error::Write)?;
    for subcommand in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        let name = format!("rds-bridge {}", subcommand.get_name());
        let named = subcommand.clone().bin_name(name.clone()).display_name(name);
        clap_mangen::Man::new(named)
            .render(&mut page)
            .map_err(Error::Write)?;
    }
    output::print(&String::from_utf8_lossy(&page))
}
