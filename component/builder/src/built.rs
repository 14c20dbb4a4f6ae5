//! The files of `component/built`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::compile::Methods;

pub(crate) fn folder(workspace: &Path) -> PathBuf {
    workspace.join("component/built")
}

pub(crate) fn file_name(methods: Methods) -> &'static str {
    match methods {
        Methods::All => "rds_bridge.wasm",
        Methods::WithoutClientEd25519 => "rds_bridge_without_ed25519.wasm",
    }
}

pub(crate) fn write(folder: &Path, files: &[(Methods, Vec<u8>)]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (methods, bytes) in files {
        fs::write(folder.join(file_name(*methods)), bytes)?;
    }
    Ok(())
}
