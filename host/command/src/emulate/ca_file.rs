//! The file with the certificate authority that clients must trust.

use std::fs;
use std::path::{Path, PathBuf};

use rds_bridge_emulator::{StartError, private_folder};
use tempfile::TempDir;

use crate::error::Error;

pub(super) struct CaFile {
    path: PathBuf,
    /// The temporary folder, unless the user named a file.
    _folder: Option<TempDir>,
}

impl CaFile {
    /// Writes it to the file given, or to a temporary folder that is removed on drop.
    pub(super) fn write(given: Option<&Path>, pem: &str) -> Result<Self, Error> {
        let (path, folder) = match given {
            Some(path) => (path.to_owned(), None),
            None => {
                let made = private_folder();
                let folder =
                    made.map_err(|error| Error::Emulator(StartError::TemporaryFolder(error)))?;
                (folder.path().join("ca.pem"), Some(folder))
            }
        };
        let failed = |error| Error::File(path.clone(), error);
        fs::write(&path, pem).map_err(failed)?;
        Ok(Self {
            path: std::path::absolute(&path).map_err(failed)?,
            _folder: folder,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}
