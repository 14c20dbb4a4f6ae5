//! Builds the component from its source into `component/built`, and checks the files there.
//!
//! - `component-builder write` builds both files, records their sources, and copies the contract.
//! - `component-builder check FOLDER` fails if the files were built from other sources. With the recorded compiler it
//!   builds them again and compares the bytes. With another compiler it builds them into FOLDER, so that the vectors
//!   can be run on both.
//! - `component-builder guests FOLDER` builds the guests of the tests, and `bench-guest FOLDER` that of the benchmark.

mod built;
mod compile;
mod contract;
mod guests;
mod lock;
mod record;
mod sources;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use compile::{Build, Compiler};
use record::Record;

const USAGE: &str =
    "usage: component-builder write | check FOLDER | guests FOLDER | bench-guest FOLDER";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["write"] => write(),
        ["check", folder] => check(Path::new(folder)),
        ["guests", folder] => guests::build(Path::new(folder), guests::OF_TESTS),
        ["bench-guest", folder] => guests::build(Path::new(folder), guests::OF_BENCHMARK),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write() -> Result<String, Box<dyn Error>> {
    let workspace = workspace()?;
    contract::copy(&workspace)?;
    // The sources are hashed before the build, so that an edit during the build makes the record stale and not wrong.
    let sources = sources::read(&workspace)?;
    let compiler = Compiler::find()?;
    let mut files = Vec::new();
    for build in Build::BOTH {
        files.push((build, compiler.build(&workspace, build)?));
    }
    let folder = built::folder(&workspace);
    built::write(&folder, &files)?;
    let record = Record::new(&compiler, &files, sources, &workspace)?;
    record.write(&folder)?;
    let sizes = files.iter().map(|(build, bytes)| {
        let name = built::file_name(*build);
        format!("\n    {name}, {} bytes", bytes.len())
    });
    let sizes: String = sizes.collect();
    Ok(format!("wrote to {}:{sizes}", folder.display()))
}

fn check(output: &Path) -> Result<String, Box<dyn Error>> {
    let workspace = workspace()?;
    contract::check(&workspace)?;
    let record = Record::read(&built::folder(&workspace))?;
    record.check_sources(&sources::read(&workspace)?)?;
    record.check_files(&built::folder(&workspace))?;

    // The files of an earlier check must not be mistaken for those of this one.
    if output.exists() {
        fs::remove_dir_all(output)?;
    }
    let compiler = Compiler::find()?;
    let mut files = Vec::new();
    for build in Build::BOTH {
        files.push((build, compiler.build(&workspace, build)?));
    }
    if record.is_of(&compiler) {
        record.check_bytes(&files)?;
        return Ok("component/built matches its source".to_owned());
    }
    built::write(output, &files)?;
    Ok(format!(
        "component/built was built from this source, but by another compiler, so the bytes are not compared:\n    \
         built with {}\n    here       {}\n\
         This compiler's build is in {}",
        record.compiler(),
        compiler.identity().join("; "),
        output.display()
    ))
}

/// The workspace's path. This program is always run from its source.
fn workspace() -> Result<PathBuf, Box<dyn Error>> {
    let manifest_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = manifest_dir.ancestors().nth(2);
    Ok(workspace.ok_or("the builder is not in a workspace")?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without this test, the other tests would run old bytes after an edit of the source.
    #[test]
    fn the_built_component_is_of_this_source() {
        let workspace = workspace().unwrap();
        let record = Record::read(&built::folder(&workspace)).unwrap();
        let sources = sources::read(&workspace).unwrap();
        record
            .check_sources(&sources)
            .unwrap_or_else(|error| panic!("{error}"));
        record
            .check_files(&built::folder(&workspace))
            .unwrap_or_else(|error| panic!("{error}"));
    }

    #[test]
    fn the_crates_carry_the_contract() {
        contract::check(&workspace().unwrap()).unwrap_or_else(|error| panic!("{error}"));
    }
}
