//! The file with the certificate that clients are to trust.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cli::error::Error;

/// Removed when dropped, if the user has not named it.
pub(in crate::cli) struct CaFile {
    path: PathBuf,
    is_temporary: bool,
}

impl CaFile {
    /// Writes it where the user says, else among the temporary files.
    pub(in crate::cli) fn write(given: Option<&Path>, pem: &str, port: u16) -> Result<Self, Error> {
        if let Some(path) = given {
            let failed = |error| Error::File(path.to_owned(), error);
            fs::write(path, pem).map_err(failed)?;
            return Ok(Self {
                path: std::path::absolute(path).map_err(failed)?,
                is_temporary: false,
            });
        }
        let name = format!("rds-bridge-emulator-{}-{port}.pem", std::process::id());
        let path = std::env::temp_dir().join(name);
        // Never through what somebody else has put there.
        let created = OpenOptions::new().write(true).create_new(true).open(&path);
        created
            .and_then(|mut file| file.write_all(pem.as_bytes()))
            .map_err(|error| Error::File(path.clone(), error))?;
        Ok(Self {
            path,
            is_temporary: true,
        })
    }

    pub(in crate::cli) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for CaFile {
    fn drop(&mut self) {
        if self.is_temporary {
            let _gone_already = fs::remove_file(&self.path);
        }
    }
}
