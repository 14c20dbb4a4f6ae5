//! The folder with the plugins that a server loads: `AWSAuthenticationPlugin`, built here if need be, and
//! MariaDB's own for `client_ed25519`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use super::product::Product;

/// The path of our plugin, built already.
const PLUGIN_VARIABLE: &str = "RDS_BRIDGE_AUTH_PLUGIN";
const PACKAGE: &str = "rds-bridge-auth-plugin";

/// Fills `folder`, and gives the arguments that make the server load what is in it.
pub(super) fn put_into(folder: &Path, product: Product) -> Vec<String> {
    fs::create_dir(folder).unwrap();
    // The server wants this ending everywhere, on macOS too.
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

/// Where MariaDB keeps its own.
fn plugins_of_maria_db() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let output = Product::MariaDb
            .server()
            .args(["--verbose", "--help"])
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
