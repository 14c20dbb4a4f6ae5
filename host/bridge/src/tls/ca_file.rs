//! A user's own CA file.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use zeroize::Zeroizing;

use super::pem::{self, PemError};
use rds_bridge_text::{is_utf16, without_byte_order_mark};

/// The most that is read of a CA file. The whole bundle of RDS has 165 KB.
const LIMIT_BYTES: u64 = 4 << 20;

/// A CA file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot use the CA file {}", path.display())]
pub struct CaFileError {
    /// Its path, as it was given.
    pub path: PathBuf,
    /// Why not.
    #[source]
    pub problem: CaFileProblem,
}

/// What is wrong with a CA file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaFileProblem {
    /// There is no such file.
    #[error("there is no such file")]
    NotFound,
    /// It is there, and reading it failed.
    #[error("it cannot be read: {0}")]
    Unreadable(ErrorKind),
    /// It is larger than any bundle of certificates.
    #[error("it has more than {LIMIT_BYTES} bytes, so that it is no bundle of certificates")]
    TooLarge,
    /// A private key is in it. It would be given away with the certificates, so it is not used.
    #[error("it holds a private key: take it out, for a CA file is public")]
    PrivateKey,
    /// It is binary (DER).
    #[error("it is not PEM but DER: convert it with openssl x509 -inform der")]
    Der,
    /// It is UTF-16, as Windows editors may save a text.
    #[error("it is UTF-16: save it as UTF-8, or as ASCII")]
    Utf16,
    /// It is text, and its certificates are missing or broken.
    #[error(transparent)]
    Pem(#[from] PemError),
}

/// Every certificate of the file.
pub(super) fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, CaFileError> {
    content(path)
        .and_then(|content| certificates(&content))
        .map_err(|problem| CaFileError {
            path: path.to_owned(),
            problem,
        })
}

/// Wiped when dropped: somebody may have left a key in it.
fn content(path: &Path) -> Result<Zeroizing<Vec<u8>>, CaFileProblem> {
    let unreadable = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => CaFileProblem::NotFound,
        kind => CaFileProblem::Unreadable(kind),
    };
    let file = File::open(path).map_err(unreadable)?;
    // What a file will have, and the end: grown piece by piece it would leave copies behind.
    let length = file.metadata().map_err(unreadable)?.len();
    let length = usize::try_from(length.min(LIMIT_BYTES)).unwrap_or_default();
    let mut content = Zeroizing::new(Vec::with_capacity(length.saturating_add(1)));
    let length = file
        .take(LIMIT_BYTES.saturating_add(1))
        .read_to_end(&mut content)
        .map_err(unreadable)?;
    match u64::try_from(length) {
        Ok(length) if length <= LIMIT_BYTES => Ok(content),
        _ => Err(CaFileProblem::TooLarge),
    }
}

fn certificates(content: &[u8]) -> Result<Vec<CertificateDer<'static>>, CaFileProblem> {
    let content = without_byte_order_mark(content);
    // Before anything is decoded, and by its label's end: there are encrypted ones, and OpenSSH's.
    let is_key = |line: &[u8]| {
        line.starts_with(b"-----BEGIN ") && line.trim_ascii_end().ends_with(b"PRIVATE KEY-----")
    };
    if content
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .any(is_key)
    {
        return Err(CaFileProblem::PrivateKey);
    }
    // A sequence with a length of two bytes: how every certificate begins.
    if content.starts_with(&[0x30, 0x82]) {
        return Err(CaFileProblem::Der);
    }
    if is_utf16(content) {
        return Err(CaFileProblem::Utf16);
    }
    Ok(pem::certificates(content)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::pem::Flaw;
    use crate::tls::roots::{BUNDLED, bundled};

    fn problem_of(content: &[u8]) -> CaFileProblem {
        certificates(content).unwrap_err()
    }

    #[test]
    fn reads_a_file() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tls/roots.pem");
        assert_eq!(read(Path::new(path)).unwrap(), bundled().unwrap());
    }

    #[test]
    fn says_why_a_file_cannot_be_read() {
        let path = PathBuf::from("/nowhere/ca.pem");
        let error = read(&path).unwrap_err();
        let problem = CaFileProblem::NotFound;
        assert_eq!(error, CaFileError { path, problem });
        assert_eq!(error.to_string(), "cannot use the CA file /nowhere/ca.pem");
        let problem = read(Path::new("/")).unwrap_err().problem;
        let folder = CaFileProblem::Unreadable(ErrorKind::IsADirectory);
        assert_eq!(problem, folder);
        let problem = read(Path::new("/dev/zero")).unwrap_err().problem;
        assert_eq!(problem, CaFileProblem::TooLarge);
    }

    #[test]
    fn refuses_a_private_key_of_any_kind() {
        for label in ["", "RSA ", "EC ", "ENCRYPTED ", "OPENSSH "] {
            for end in ["\n", "\r\n", " \n"] {
                let key = format!("-----BEGIN {label}PRIVATE KEY-----{end}AAAA{end}");
                let content = [BUNDLED, key.as_bytes()].concat();
                assert_eq!(problem_of(&content), CaFileProblem::PrivateKey, "{label}");
            }
        }
        // Not one, though it looks like one.
        let words = [b"a PRIVATE KEY-----\n", BUNDLED].concat();
        assert_eq!(certificates(&words).unwrap(), bundled().unwrap());
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_it() {
        let marked = [b"\xEF\xBB\xBF", BUNDLED].concat();
        assert_eq!(certificates(&marked).unwrap(), bundled().unwrap());
        let key = b"\xEF\xBB\xBF-----BEGIN PRIVATE KEY-----\nAAAA\n";
        assert_eq!(problem_of(key), CaFileProblem::PrivateKey);
        let utf16 = [
            b"\xFF\xFE".to_vec(),
            BUNDLED.iter().flat_map(|byte| [*byte, 0]).collect(),
        ];
        assert_eq!(problem_of(&utf16.concat()), CaFileProblem::Utf16);
    }

    #[test]
    fn says_what_is_wrong_with_the_content() {
        let der = bundled().unwrap().swap_remove(0);
        assert_eq!(problem_of(&der), CaFileProblem::Der);
        let none = CaFileProblem::Pem(PemError::NoCertificate);
        assert_eq!(problem_of(b""), none);
        let position = bundled().unwrap().len();
        let flaw = Flaw::CutShort;
        assert_eq!(
            problem_of(&BUNDLED[..BUNDLED.len() - 30]),
            CaFileProblem::Pem(PemError::Broken { position, flaw })
        );
    }
}
