//! Builds the guests of the tests, and that of the benchmark. `tests/guests` says what each is.

use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::compile::Compiler;
use crate::workspace;

/// The features of `tests/guests`, one for each guest of the tests.
pub(crate) const OF_TESTS: &[&str] = &[
    "client",
    "client_async",
    "report",
    "signer",
    "spin",
    "spin_async",
    "spin_inline",
    "spin_store",
];
/// The guest of the benchmark, which the tests do not need.
pub(crate) const OF_BENCHMARK: &[&str] = &["bench"];
/// What determines the guests, beside the compiler.
const SOURCES: [&str; 8] = [
    "tests/guests",
    "wit/mysql",
    "wit/mysql-async",
    "wit/presign.wit",
    "Cargo.lock",
    "Cargo.toml",
    "component/builder/src/compile.rs",
    "component/builder/src/compile",
];
/// The file with the hash of what the guests were built from.
const RECORD: &str = "sources.sha256";

/// Builds guests into a folder of their own, unless those in it were built from the same sources: a build waits until cargo has
/// finished that of the component.
pub(crate) fn build(folder: &Path, guests: &[&str]) -> Result<String, Box<dyn Error>> {
    let workspace = workspace()?;
    let compiler = Compiler::find()?;
    let mut hash = Sha256::new();
    for line in compiler.identity() {
        hash.update(line);
    }
    for source in SOURCES {
        add(&workspace.join(source), &mut hash)?;
    }
    let record = hex::encode(hash.finalize());
    let recorded = fs::read_to_string(folder.join(RECORD)).unwrap_or_default();
    if recorded == record {
        return Ok(format!("the guests in {} are current", folder.display()));
    }
    fs::create_dir_all(folder)?;
    // A build that fails must not leave the record of other guests.
    fs::write(folder.join(RECORD), "")?;
    for guest in guests {
        let component = compiler.build_guest(&workspace, guest)?;
        fs::write(folder.join(format!("{guest}.wasm")), component)?;
    }
    fs::write(folder.join(RECORD), record)?;
    Ok(format!("wrote the guests to {}", folder.display()))
}

/// Adds the names and the contents of a folder's files, or those of a file.
fn add(path: &Path, hash: &mut Sha256) -> io::Result<()> {
    if path.is_dir() {
        let entries: io::Result<Vec<_>> = fs::read_dir(path)?.map(|it| Ok(it?.path())).collect();
        let mut entries = entries?;
        entries.sort();
        return entries.iter().try_for_each(|entry| add(entry, hash));
    }
    let bytes = fs::read(path)?;
    hash.update(path.to_string_lossy().as_bytes());
    hash.update(bytes.len().to_le_bytes());
    hash.update(bytes);
    Ok(())
}
