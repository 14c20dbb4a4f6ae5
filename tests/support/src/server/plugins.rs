//! The folder with the plugins that a server loads: `AWSAuthenticationPlugin`, built here unless a variable names it,
//! and MariaDB's own plugin for `client_ed25519`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use super::product::Product;

/// The path of the built `AWSAuthenticationPlugin`.
const PLUGIN_VARIABLE: &str = "RDS_BRIDGE_AUTH_PLUGIN";
const PACKAGE: &str = "rds-bridge-auth-plugin";

/// Copies the plugins into `folder`. Returns the arguments that make the server load them.
pub(super) fn put_into(folder: &Path, product: Product) -> Vec<String> {
    fs::create_dir(folder).unwrap();
    // The server expects this ending on every system, also on macOS.
    let copy = |from: &Path, name: &str| {
        let copied = fs::copy(from, folder.join(format!("{name}.so")));
        copied.unwrap_or_else(|error| panic!("{}: {error}", from.display()));
        format!("--plugin-load-add={name}.so")
    };
    let mut arguments = vec![
        format!("--plugin-dir={}", folder.display()),
        copy(our_plugin(), "aws_authentication_plugin"),
    ];
    if product == Product::MariaDb {
        let ed25519 = plugins_of_maria_db().join("auth_ed25519.so");
        arguments.push(copy(&ed25519, "auth_ed25519"));
    }
    arguments
}

/// Copies plugins of MySQL into `folder`. Returns the arguments that make the server load them.
pub(super) fn add_own(folder: &Path, names: &[&str]) -> Vec<String> {
    let load = |name: &&str| {
        let own = plugins_of_mysql().join(name);
        let copied = fs::copy(&own, folder.join(name));
        copied.unwrap_or_else(|error| panic!("{}: {error}", own.display()));
        format!("--plugin-load-add={name}")
    };
    names.iter().map(load).collect()
}

fn our_plugin() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| env::var_os(PLUGIN_VARIABLE).map_or_else(build, PathBuf::from))
}

/// Builds the plugin. Cargo does not build it with a test, because a test cannot depend on a `cdylib`.
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
    // Cargo prints a JSON document a line, one for each artefact.
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

/// The folder of MariaDB's own plugins.
fn plugins_of_maria_db() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| plugins_of(Product::MariaDb))
}

/// The folder of MySQL's own plugins.
fn plugins_of_mysql() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| plugins_of(Product::MySql))
}

fn plugins_of(product: Product) -> PathBuf {
    let output = product
        .server()
        .args(["--verbose", "--help"])
        .output()
        .expect("the server's program");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    let folder = lines.find_map(|line| line.strip_prefix("plugin-dir "));
    folder
        .expect("the server says where its plugins are")
        .trim()
        .into()
}
