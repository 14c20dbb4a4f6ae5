//! A Python with botocore, boto3 and PyMySQL, the other implementations that the tests compare with.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of a Python with the packages of `tests/setup/requirements.txt`.
const PYTHON_VARIABLE: &str = "RDS_BRIDGE_PYTHON";

/// The Python in `RDS_BRIDGE_PYTHON`, or else the one that `./just` creates below cargo's target folder.
///
/// # Panics
///
/// If there is neither. A test that needs it fails; it is not skipped.
#[must_use]
pub fn interpreter() -> PathBuf {
    if let Some(path) = env::var_os(PYTHON_VARIABLE) {
        return path.into();
    }
    // Cargo puts the binary of a test at `<target>/<profile>/deps`.
    let test = env::current_exe().unwrap();
    let target = test.ancestors().nth(3).expect("it lies in three folders");
    let python = target.join("venv/bin/python");
    let hint = "`./just python` puts it in place";
    assert!(python.is_file(), "{} is not here: {hint}", python.display());
    python
}

/// Runs a script of `tests/python/scripts` and returns what it printed.
///
/// # Panics
///
/// If the script fails. The message contains its standard error.
#[must_use]
pub fn run(name: &str, arguments: &[&str]) -> String {
    let output = Command::new(interpreter())
        .arg(script(name))
        .args(arguments)
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{complaint}\n{printed}");
    printed
}

/// The path of a script in `tests/python/scripts`.
#[must_use]
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../python/scripts")
        .join(name)
}
