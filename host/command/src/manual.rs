//! `rds-bridge man`: manual pages.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Command};

use super::error::Error;
use super::output;

#[derive(Args, Debug)]
pub(super) struct Manual {
    /// Command to print the page of, such as query or proxy wait [default: all commands, in one page]
    #[arg(value_name = "COMMAND", conflicts_with = "directory")]
    command: Vec<String>,

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
    match arguments.command.as_slice() {
        [] => output::print(&whole(&command)?),
        names => {
            let pages = pages(&command);
            let wanted = names.join(" ");
            let page = pages.iter().find(|page| page.words() == wanted);
            let page = page.ok_or_else(|| {
                let names: Vec<&str> = pages.iter().map(Page::words).collect();
                Error::Usage(format!(
                    "there is no command {wanted}: use one of {}",
                    names.join(", ")
                ))
            })?;
            output::print(&rendered(page.command.clone())?)
        }
    }
}

/// The page of all commands.
fn whole(command: &Command) -> Result<String, Error> {
    let mut whole = rendered(command.clone())?;
    for page in pages(command) {
        whole.push_str(&rendered(page.command)?);
    }
    Ok(whole)
}

fn write_all(directory: &Path, command: &Command) -> Result<(), Error> {
    let write = |name: &str, page: String| {
        let path = directory.join(format!("{name}.1"));
        fs::write(&path, page).map_err(|error| Error::File(path, error))
    };
    write("rds-bridge", whole(command)?)?;
    for page in pages(command) {
        write(&page.name.replace(' ', "-"), rendered(page.command)?)?;
    }
    Ok(())
}

/// The page of a subcommand, or of a subcommand of one.
struct Page {
    /// As it is typed: `rds-bridge proxy wait`.
    name: String,
    command: Command,
}

impl Page {
    /// The name without the program's.
    fn words(&self) -> &str {
        self.name.split_once(' ').map_or("", |(_, words)| words)
    }
}

/// A page for each subcommand, followed by those of its own subcommands.
fn pages(command: &Command) -> Vec<Page> {
    fn add(parent: &str, command: &Command, pages: &mut Vec<Page>) {
        for subcommand in command.get_subcommands().filter(|it| !it.is_hide_set()) {
            let name = format!("{parent} {}", subcommand.get_name());
            // The title has hyphens, as in the references to other pages.
            let titled = subcommand.clone().bin_name(name.clone());
            let titled = titled.display_name(name.replace(' ', "-"));
            pages.push(Page {
                name: name.clone(),
                command: titled,
            });
            add(&name, subcommand, pages);
        }
    }
    let mut pages = Vec::new();
    add("rds-bridge", command, &mut pages);
    pages
}

fn rendered(command: Command) -> Result<String, Error> {
    let mut page = Vec::new();
    let written: io::Result<()> = clap_mangen::Man::new(command).render(&mut page);
    written.map_err(Error::Write)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
