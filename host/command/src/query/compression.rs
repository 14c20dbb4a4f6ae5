//! Compressed files: `rows.csv.gz` and `rows.csv.zst`.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstandard,
}

impl Compression {
    /// The compression of a file by its extension, and the path without this extension.
    pub(super) fn of_file(path: &Path) -> (Option<Self>, PathBuf) {
        let extension = path.extension().unwrap_or_default();
        let compression = if extension.eq_ignore_ascii_case("gz") {
            Self::Gzip
        } else if extension.eq_ignore_ascii_case("zst") {
            Self::Zstandard
        } else {
            return (None, path.to_owned());
        };
        (Some(compression), path.with_extension(""))
    }
}

/// Writes to a file, compressed or not.
pub(super) enum Compressor {
    None(File),
    Gzip(GzEncoder<File>),
    Zstandard(zstd::Encoder<'static, File>),
}

impl Compressor {
    pub(super) fn new(file: File, compression: Option<Compression>) -> io::Result<Self> {
        Ok(match compression {
            None => Self::None(file),
            Some(Compression::Gzip) => {
                Self::Gzip(GzEncoder::new(file, flate2::Compression::default()))
            }
            Some(Compression::Zstandard) => {
                let mut encoder = zstd::Encoder::new(file, zstd::DEFAULT_COMPRESSION_LEVEL)?;
                encoder.include_checksum(true)?;
                Self::Zstandard(encoder)
            }
        })
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::None(file) => file.write_all(bytes),
            Self::Gzip(encoder) => encoder.write_all(bytes),
            Self::Zstandard(encoder) => encoder.write_all(bytes),
        }
    }

    /// Writes the end of the compressed data.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::None(_) => Ok(()),
            Self::Gzip(encoder) => encoder.try_finish(),
            Self::Zstandard(encoder) => encoder.do_finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_determines_the_compression() {
        for (path, compression, rest) in [
            ("a/rows.csv.gz", Some(Compression::Gzip), "a/rows.csv"),
            ("rows.json.ZST", Some(Compression::Zstandard), "rows.json"),
            ("rows.csv", None, "rows.csv"),
            ("gz", None, "gz"),
        ] {
            let expected = (compression, PathBuf::from(rest));
            assert_eq!(Compression::of_file(Path::new(path)), expected);
        }
    }
}
