//! Statements to execute at the start.

use std::borrow::Cow;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rds_bridge_text::{NotUtf8, is_utf16, without_byte_order_mark};

use crate::StartError;

#[derive(Clone)]
pub(super) enum Seed {
    Text(String),
    File(PathBuf),
}

impl Seed {
    /// Reads the statements. Returns them with the path of their file, if they come from one.
    pub(super) fn read(&self) -> Result<(Cow<'_, [u8]>, Option<&Path>), StartError> {
        match self {
            Self::Text(sql) => Ok((sql.as_bytes().into(), None)),
            Self::File(path) => {
                let read = fs::read(path).and_then(|bytes| {
                    if is_utf16(&bytes) {
                        return Err(io::Error::new(ErrorKind::InvalidData, NotUtf8::Utf16));
                    }
                    Ok(without_byte_order_mark(&bytes).to_vec())
                });
                let read = read.map_err(|source| StartError::SeedFile {
                    path: path.clone(),
                    source,
                });
                Ok((read?.into(), Some(path)))
            }
        }
    }
}
