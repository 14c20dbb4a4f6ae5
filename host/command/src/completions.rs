//! `rds-bridge completions`.

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
