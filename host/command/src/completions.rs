//! `rds-bridge completions` and `rds-bridge man`

use clap::{Args, Command};
use clap_complete::Shell;

use super::error::Error;
use super::output;

#[derive(Args, Debug)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Completions, command: &mut Command) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, command, "rds-bridge", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}

pub(super) fn man(command: &Command) -> Result<(), Error> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
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
