//! Node with what `tests/setup/package.json` lists: mysql2, and AWS's signer.

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of the folder in which npm has put it.
const FOLDER_VARIABLE: &str = "RDS_BRIDGE_NODE";

/// Node, about to run a script.
///
/// # Panics
///
/// If the packages are not there. A test that needs them does not pass without.
#[must_use]
pub fn command(script: &Path) -> Command {
    let script = File::open(script).unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    let mut command = Command::new("node");
    // From its standard input: a module that has a file's name looks for packages beside that file.
    command
        .args(["--input-type=module", "-"])
        .current_dir(folder())
        .stdin(script);
    command
}

/// What `RDS_BRIDGE_NODE` names, else what `./just` puts below cargo's target folder.
fn folder() -> PathBuf {
    let folder = env::var_os(FOLDER_VARIABLE).map_or_else(
        || {
            // Cargo puts a test at `<target>/<profile>/deps`.
            let test = env::current_exe().unwrap();
            let target = test.ancestors().nth(3).expect("it lies in three folders");
            target.join("node")
        },
        PathBuf::from,
    );
    let hint = "`./just node` puts them in place";
    let package = folder.join("node_modules/mysql2");
    assert!(
        package.is_dir(),
        "{} is not here: {hint}",
        package.display()
    );
    folder
}
