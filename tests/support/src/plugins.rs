//! Where MariaDB is, and the folder with the plugins that it loads: ours, built here if need be, and
//! its own for `client_ed25519`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The path of our plugin, built already.
const PLUGIN_VARIABLE: &str = "RDS_BRIDGE_AUTH_PLUGIN";
const PACKAGE: &str = "rds-bridge-auth-plugin";

/// A program of MariaDB. Servers' programs are not on an ordinary user's `PATH` everywhere.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"].map(PathBuf::from);
    env::split_paths(&path)
        .chain(more)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{name} is not here: tests/setup/mariadb installs it"))
}

/// Fills `folder`, and gives the arguments that make the server load what is in it.
pub(crate) fn put_into(folder: &Path) -> Vec<String> {
    fs::create_dir(folder).unwrap();
    // The server wants this ending everywhere, on macOS too.
    let copy = |from: &Path, name: &str| {
        let copied = fs::copy(from, folder.join(format!("{name}.so")));
        copied.unwrap_or_else(|error| panic!("{}: {error}", from.display()));
        format!("--plugin-load-add={name}")
    };
    vec![
        format!("--plugin-dir={}", folder.display()),
        copy(our_plugin(), "aws_authentication_plugin"),
        copy(&installed().join("auth_ed25519.so"), "auth_ed25519"),
    ]
}

fn our_plugin() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| env::var_os(PLUGIN_VARIABLE).map_or_else(build, PathBuf::from))
}

/// A test cannot depend on a shared library, so that cargo does not build it along.
fn build() -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--locked", "--package", PACKAGE])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{PACKAGE} does not build");
    // One JSON document a line, each about one artefact.
    let mut artefacts = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let name = Value::from(PACKAGE.replace('-', "_"));
    let ours = artefacts
        .find(|artefact| artefact.pointer("/target/name") == Some(&name))
        .expect("cargo names what it built");
    let file = ours.pointer("/filenames/0").and_then(Value::as_str);
    file.expect("a path").into()
}

/// Where the server keeps its own.
fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let output = Command::new(program("mariadbd"))
            .args(["--no-defaults", "--verbose", "--help"])
            .output()
            .expect("mariadbd");
        let text = String::from_utf8_lossy(&output.stdout);
        let mut lines = text.lines();
        let folder = lines.find_map(|line| line.strip_prefix("plugin-dir "));
        folder
            .expect("mariadbd says where its plugins are")
            .trim()
            .into()
    })
}
