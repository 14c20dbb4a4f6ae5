//! The files of `component/built`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::compile::Build;

pub(crate) fn folder(workspace: &Path) -> PathBuf {
    workspace.join("component/built")
}

pub(crate) fn file_name(build: Build) -> &'static str {
    match build {
        Build::Whole => "rds_bridge.wasm",
        Build::Client => "rds_bridge_client.wasm",
    }
}

pub(crate) fn write(folder: &Path, files: &[(Build, Vec<u8>)]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (build, bytes) in files {
        fs::write(folder.join(file_name(*build)), bytes)?;
    }
    Ok(())
}
