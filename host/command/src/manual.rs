//! `rds-bridge man`: manual pages.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command};

use super::error::Error;
use super::output;

#[derive(Args, Debug)]
pub(super) struct Manual {
    /// Command whose page to print [default: all of them in one page]
    #[arg(value_name = "COMMAND", conflicts_with = "directory")]
    command: Option<String>,

    /// Write a page for each command to DIRECTORY: rds-bridge.1, rds-bridge-query.1 and so on
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
}

pub(super) fn run(arguments: &Manual, command: &Command) -> Result<(), Error> {
    // A manual page has one line for the version.
    let command = command.clone().long_version(None::<&str>);
    if let Some(directory) = &arguments.directory {
        return write_all(directory, &command);
    }
    match &arguments.command {
        Some(name) => {
            let page = subcommands(&command).find(|it| it.get_name() == name);
            let page = page.ok_or_else(|| {
                let names: Vec<&str> = subcommands(&command).map(Command::get_name).collect();
                Error::Usage(format!(
                    "there is no command {name}: use one of {}",
                    names.join(", ")
                ))
            })?;
            output::print(&rendered(page_of(page))?)
        }
        None => output::print(&whole(&command)?),
    }
}

/// The page of all commands.
fn whole(command: &Command) -> Result<String, Error> {
    let mut whole = rendered(command.clone())?;
    for subcommand in subcommands(command) {
        whole.push_str(&rendered(page_of(subcommand))?);
    }
    Ok(whole)
}

fn write_all(directory: &Path, command: &Command) -> Result<(), Error> {
    let write = |name: &str, page: String| {
        let path = directory.join(format!("{name}.1"));
        fs::write(&path, page).map_err(|error| Error::File(path, error))
    };
    write("rds-bridge", whole(command)?)?;
    for subcommand in subcommands(command) {
        let name = format!("rds-bridge-{}", subcommand.get_name());
        write(&name, rendered(page_of(subcommand))?)?;
    }
    Ok(())
}

fn subcommands(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|it| !it.is_hide_set())
}

/// The subcommand under its full name.
fn page_of(subcommand: &Command) -> Command {
    let name = format!("rds-bridge {}", subcommand.get_name());
    subcommand.clone().bin_name(name.clone()).display_name(name)
}

fn rendered(command: Command) -> Result<String, Error> {
    let mut page = Vec::new();
    let written: io::Result<()> = clap_mangen::Man::new(command).render(&mut page);
    written.map_err(Error::Write)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
