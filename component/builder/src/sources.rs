//! Hashes everything that determines the component's bytes.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use toml::{Table, Value};

use super::lock;

/// Hashes by the name of the source: the path of a file that is hashed as a whole or in part.
pub(crate) type Sources = BTreeMap<String, String>;

const COMPONENT: &str = "rds-bridge-component";
const FOLDERS: [&str; 4] = [
    "component/src",
    "component/wire/src",
    "component/wit",
    "component/builder/src/compile",
];
const MANIFEST: &str = "component/Cargo.toml";
const FILES: [&str; 3] = [
    MANIFEST,
    "component/wire/Cargo.toml",
    "component/builder/src/compile.rs",
];
/// Names of files that are compiled only for tests, or not for WebAssembly.
const NOT_BUILT: [&str; 2] = ["tests.rs", "built.rs"];

/// Reads and hashes the workspace's current sources.
pub(crate) fn read(workspace: &Path) -> Result<Sources, Box<dyn Error>> {
    let mut sources = Sources::new();
    for folder in FOLDERS {
        add_folder(workspace, folder, &mut sources)?;
    }
    for file in FILES {
        add_file(workspace, file, &mut sources)?;
    }

    let parse = |name: &str| -> Result<Table, Box<dyn Error>> {
        let text =
            fs::read_to_string(workspace.join(name)).map_err(|error| format!("{name}: {error}"))?;
        Ok(text
            .parse::<Table>()
            .map_err(|error| format!("{name}: {error}"))?)
    };
    let (manifest, root, lock) = (parse(MANIFEST)?, parse("Cargo.toml")?, parse("Cargo.lock")?);
    let dependencies = dependencies(&manifest);
    add_text("Cargo.toml", &inherited(&root, &dependencies), &mut sources);
    let locked = lock::closure(&lock, COMPONENT, &dependencies)?;
    add_text("Cargo.lock", &locked, &mut sources);
    let encoder = lock::closure(&lock, "rds-bridge-component-builder", &["wit-component"])?;
    add_text("Cargo.lock: wit-component", &encoder, &mut sources);
    Ok(sources)
}

/// The names of the component's dependencies for all targets, without its dev-dependencies.
fn dependencies(manifest: &Table) -> Vec<&str> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(Table::values);
    let tables = targets.filter_map(Value::as_table).chain([manifest]);
    let tables = tables.filter_map(|table| table.get("dependencies")?.as_table());
    tables.flat_map(Table::keys).map(String::as_str).collect()
}

/// The settings that the component inherits from the workspace's manifest.
fn inherited(root: &Table, dependencies: &[&str]) -> String {
    let workspace = root.get("workspace").and_then(Value::as_table);
    let package = workspace.and_then(|it| it.get("package")?.as_table());
    let versions = workspace.and_then(|it| it.get("dependencies")?.as_table());
    let profiles = root.get("profile").and_then(Value::as_table);

    let package = ["version", "edition"].map(|name| (name, package.and_then(|it| it.get(name))));
    let versions = dependencies
        .iter()
        .map(|name| (*name, versions.and_then(|it| it.get(*name))));
    // The component's profile inherits the release profile.
    let profiles =
        ["release", "component"].map(|name| (name, profiles.and_then(|it| it.get(name))));
    let parts = package.into_iter().chain(versions).chain(profiles);
    let lines = parts.filter_map(|(name, value)| Some(format!("{name} = {}\n", value?)));
    lines.collect()
}

fn add_folder(workspace: &Path, folder: &str, sources: &mut Sources) -> Result<(), Box<dyn Error>> {
    let entries =
        fs::read_dir(workspace.join(folder)).map_err(|error| format!("{folder}: {error}"))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{folder}/{name}");
        if entry.file_type()?.is_dir() {
            add_folder(workspace, &path, sources)?;
        } else if !NOT_BUILT.contains(&name.as_str()) {
            add_file(workspace, &path, sources)?;
        }
    }
    Ok(())
}

fn add_file(workspace: &Path, path: &str, sources: &mut Sources) -> Result<(), Box<dyn Error>> {
    let text =
        fs::read_to_string(workspace.join(path)).map_err(|error| format!("{path}: {error}"))?;
    add_text(path, &text, sources);
    Ok(())
}

/// Hashes a text without its carriage returns: a checkout on Windows may have other line endings, which do not change
/// the component.
fn add_text(name: &str, text: &str, sources: &mut Sources) {
    let hash = Sha256::digest(text.replace('\r', ""));
    sources.insert(name.to_owned(), hex::encode(hash));
}
