//! The packages: the zip of rds-bridge, from which its function is started, and the size of the original's.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use rds_bridge_test_support::original_function::OriginalFunction;
use rds_bridge_test_support::python;
use tempfile::TempDir;

use super::Function;

/// The environment variables of both functions.
pub type Environment = Vec<(&'static str, String)>;

/// The function of rds-bridge, unpacked as Lambda does at `/var/task`. The folder is removed with the function.
pub fn ours(zip: &Path, environment: Environment) -> Function {
    let folder = TempDir::new().expect("a folder");
    let mut unzip = Command::new(python::interpreter());
    unzip.args(["-m", "zipfile", "-e"]);
    let status = unzip.arg(zip).arg(folder.path()).status();
    assert!(status.expect("Python").success(), "{}", zip.display());
    let bootstrap = folder.path().join("bootstrap");
    // Python's zipfile does not restore permissions.
    fs::set_permissions(&bootstrap, Permissions::from_mode(0o755)).expect("our file");
    Function::new(move || {
        let mut command = Command::new(folder.path().join("bootstrap"));
        command.env_clear().envs(environment.iter().cloned());
        command
    })
}

pub fn original(environment: Environment) -> Function {
    let original = OriginalFunction::unpack();
    Function::new(move || original.command(&environment))
}

/// The sizes of the packages, in megabytes.
pub struct Sizes {
    pub ours: f64,
    /// The original's package with PyMySQL.
    pub original: f64,
    /// The installed libraries that Lambda's Python runtime already contains.
    pub brought_by_lambda: f64,
}

pub fn sizes(zip: &Path) -> Sizes {
    let script = python::script("original_sizes.py");
    let output = Command::new(python::interpreter()).arg(script).output();
    let output = output.expect("Python");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let bytes = printed
        .split_whitespace()
        .map(|it| it.parse().expect("a number"));
    let [original, brought_by_lambda] = bytes.collect::<Vec<u64>>()[..] else {
        panic!("expected two numbers, found: {printed}");
    };
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    Sizes {
        ours: megabytes(fs::metadata(zip).expect("our package").len()),
        original: megabytes(original),
        brought_by_lambda: megabytes(brought_by_lambda),
    }
}
