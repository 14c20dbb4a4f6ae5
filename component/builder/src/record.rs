//! `component/built/built.json`: the hashes of the built files, and of everything that they were built from.

use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::compile::{Build, Compiler};
use super::sources::Sources;
use super::{built, lock};

const FILE: &str = "built.json";
const TASK: &str = "./just component";

pub(crate) struct Record(Value);

impl Record {
    pub(crate) fn new(
        compiler: &Compiler,
        files: &[(Build, Vec<u8>)],
        sources: Sources,
        workspace: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        let hashes = files.iter().map(|(build, bytes)| {
            let name = built::file_name(*build).to_owned();
            (name, Value::from(sha256(bytes)))
        });
        let hashes: Map<String, Value> = hashes.collect();
        let lock: toml::Table = fs::read_to_string(workspace.join("Cargo.lock"))?.parse()?;
        Ok(Self(json!({
            "compiler": compiler.identity(),
            "files": hashes,
            "sources_sha256": sha256(listed(&sources).as_bytes()),
            "sources": sources,
            "wit_component": lock::version(&lock, "wit-component")?,
        })))
    }

    pub(crate) fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let path = folder.join(FILE);
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}. Run {TASK}", path.display()))?;
        let record = serde_json::from_str(&text)
            .map_err(|error| format!("{}: {error}. Run {TASK}", path.display()))?;
        Ok(Self(record))
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<(), Box<dyn Error>> {
        let text = serde_json::to_string_pretty(&self.0)?;
        Ok(fs::write(folder.join(FILE), text + "\n")?)
    }

    /// Checks that the files were built from these sources.
    ///
    /// # Errors
    ///
    /// The record lists other sources. The error names them.
    pub(crate) fn check_sources(&self, sources: &Sources) -> Result<(), String> {
        let recorded = |name: &str| self.text(&["sources", name]);
        let changed = sources
            .iter()
            .filter(|(name, hash)| recorded(name) != Some(hash));
        let changed = changed.map(|(name, _)| name.as_str());
        let listed_before = self.0.get("sources").and_then(Value::as_object);
        let names = listed_before
            .into_iter()
            .flat_map(Map::keys)
            .map(String::as_str);
        let gone = names.filter(|name| !sources.contains_key(*name));
        let differing: Vec<&str> = changed.chain(gone).collect();
        let total = sha256(listed(sources).as_bytes());
        if differing.is_empty() && self.text(&["sources_sha256"]) == Some(&total) {
            return Ok(());
        }
        Err(format!(
            "the component in component/built is stale. Run {TASK}, and commit what it writes. These sources have \
             changed since it was built:\n    {}",
            differing.join("\n    ")
        ))
    }

    /// Checks that the files in the folder are the recorded ones.
    ///
    /// # Errors
    ///
    /// A file has another hash, or cannot be read.
    pub(crate) fn check_files(&self, folder: &Path) -> Result<(), Box<dyn Error>> {
        for build in Build::BOTH {
            let path = folder.join(built::file_name(build));
            let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            self.check_hash(build, &bytes).map_err(|name| {
                format!("component/built/{name} does not match built.json. Run {TASK}")
            })?;
        }
        Ok(())
    }

    /// Checks that these bytes are the recorded ones.
    ///
    /// # Errors
    ///
    /// Bytes have another hash.
    pub(crate) fn check_bytes(&self, files: &[(Build, Vec<u8>)]) -> Result<(), String> {
        for (build, bytes) in files {
            self.check_hash(*build, bytes).map_err(|name| {
                format!("component/built/{name} differs from what the recorded compiler builds from its source. \
                         Run {TASK}")
            })?;
        }
        Ok(())
    }

    pub(crate) fn is_of(&self, compiler: &Compiler) -> bool {
        self.0.get("compiler") == Some(&json!(compiler.identity()))
    }

    pub(crate) fn compiler(&self) -> String {
        let lines = self.0.get("compiler").and_then(Value::as_array);
        let lines = lines.into_iter().flatten().filter_map(Value::as_str);
        lines.collect::<Vec<_>>().join("; ")
    }

    fn check_hash(&self, build: Build, bytes: &[u8]) -> Result<(), &'static str> {
        let name = built::file_name(build);
        if self.text(&["files", name]) == Some(&sha256(bytes)) {
            Ok(())
        } else {
            Err(name)
        }
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        let value = path.iter().try_fold(&self.0, |value, name| value.get(name));
        value?.as_str()
    }
}

/// Lists the sources in the format of `sha256sum`.
fn listed(sources: &Sources) -> String {
    let lines = sources
        .iter()
        .map(|(name, hash)| format!("{hash}  {name}\n"));
    lines.collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> Sources {
        let files = files
            .iter()
            .map(|(name, hash)| (String::from(*name), String::from(*hash)));
        files.collect()
    }

    fn record(files: &[(&str, &str)]) -> Record {
        let sources = sources(files);
        let total = sha256(listed(&sources).as_bytes());
        Record(json!({ "sources": sources, "sources_sha256": total, "files": {} }))
    }

    #[test]
    fn a_stale_source_is_named_with_the_task_to_run() {
        let record = record(&[("a.rs", "1"), ("b.rs", "2"), ("c.rs", "3")]);
        let unchanged = sources(&[("a.rs", "1"), ("b.rs", "2"), ("c.rs", "3")]);
        assert_eq!(record.check_sources(&unchanged), Ok(()));

        let now = sources(&[("a.rs", "1"), ("b.rs", "changed"), ("d.rs", "new")]);
        let error = record.check_sources(&now).unwrap_err();
        assert!(error.contains("Run ./just component"), "{error}");
        assert!(error.ends_with("\n    b.rs\n    d.rs\n    c.rs"), "{error}");
    }

    #[test]
    fn a_total_that_was_edited_is_stale() {
        let mut edited = record(&[("a.rs", "1")]);
        edited.0["sources_sha256"] = Value::from("0");
        assert!(edited.check_sources(&sources(&[("a.rs", "1")])).is_err());
    }

    #[test]
    fn other_bytes_than_the_recorded_are_an_error() {
        let bytes = b"\0asm".to_vec();
        let record = Record(json!({ "files": { "rds_bridge.wasm": sha256(&bytes) } }));
        assert_eq!(record.check_bytes(&[(Build::Whole, bytes)]), Ok(()));
        let error = record
            .check_bytes(&[(Build::Whole, Vec::new())])
            .unwrap_err();
        assert!(error.contains("component/built/rds_bridge.wasm"), "{error}");
    }
}
