//! Node with the packages of `tests/setup/package.json`: mysql2 and AWS's signer.

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of the folder that npm installed the packages into.
const FOLDER_VARIABLE: &str = "RDS_BRIDGE_NODE";

/// A command that runs a script in Node.
///
/// # Panics
///
/// If the script or the packages are missing. A test that needs them fails; it is not skipped.
#[must_use]
pub fn command(script: &Path) -> Command {
    let script = File::open(script).unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    let mut command = Command::new("node");
    // The script is read from standard input: Node searches the packages of a file beside that file, and of standard
    // input in the current directory.
    command
        .args(["--input-type=module", "-"])
        .current_dir(folder())
        .stdin(script);
    command
}

/// The folder in `RDS_BRIDGE_NODE`, or else the one that `./just` creates below cargo's target folder.
fn folder() -> PathBuf {
    let folder = env::var_os(FOLDER_VARIABLE).map_or_else(
        || {
            // Cargo puts the binary of a test at `<target>/<profile>/deps`.
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
