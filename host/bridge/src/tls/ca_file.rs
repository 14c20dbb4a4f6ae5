//! Reading of the user's CA file.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use zeroize::Zeroizing;

use super::pem::{self, PemError};
use rds_bridge_text::{is_utf16, without_byte_order_mark};

/// The largest CA file that is read. RDS's bundle of all regions has 165 KB.
const LIMIT_BYTES: u64 = 4 << 20;

/// A CA file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot use the CA file {}", path.display())]
pub struct CaFileError {
    /// The path, as the caller passed it.
    pub path: PathBuf,
    /// The reason.
    #[source]
    pub problem: CaFileProblem,
}

/// Why a CA file cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaFileProblem {
    /// The file does not exist.
    #[error("the file does not exist")]
    NotFound,
    /// The file exists, and reading it failed.
    #[error("it cannot be read: {0}")]
    Unreadable(ErrorKind),
    /// The file is larger than 4 MiB, and so not a bundle of certificates.
    #[error("it has more than {LIMIT_BYTES} bytes, too many for a bundle of certificates")]
    TooLarge,
    /// The file contains a private key. A CA file is public, so that the key would be disclosed with it.
    #[error("it contains a private key: remove the key from the file, because a CA file is public")]
    PrivateKey,
    /// The file is binary (DER).
    #[error("it is DER, not PEM: convert it with openssl x509 -inform der -in FILE -out FILE.pem")]
    Der,
    /// The file is UTF-16, as some Windows editors save texts.
    #[error("the file is UTF-16 (PowerShell and some Windows editors write it): save it as UTF-8")]
    Utf16,
    /// The file is text, and its certificates are missing or broken.
    #[error(transparent)]
    Pem(#[from] PemError),
}

/// Reads all certificates of the file.
pub(super) fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, CaFileError> {
    content(path)
        .and_then(|content| certificates(&content))
        .map_err(|problem| CaFileError {
            path: path.to_owned(),
            problem,
        })
}

/// The content of the file. It is wiped when it is dropped, since a file may contain a private key by mistake.
fn content(path: &Path) -> Result<Zeroizing<Vec<u8>>, CaFileProblem> {
    let unreadable = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => CaFileProblem::NotFound,
        kind => CaFileProblem::Unreadable(kind),
    };
    let file = File::open(path).map_err(unreadable)?;
    // Room for the whole file and one byte more, which detects its end: a buffer that grows would leave copies in
    // memory.
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
    // Checked before anything is decoded. By the end of the label, to match encrypted and OpenSSH keys too.
    let is_key = |line: &[u8]| {
        line.starts_with(b"-----BEGIN ") && line.trim_ascii_end().ends_with(b"PRIVATE KEY-----")
    };
    if content
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .any(is_key)
    {
        return Err(CaFileProblem::PrivateKey);
    }
    // DER: a sequence with a length of two bytes, as at the beginning of every certificate.
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
        // Text that resembles a private key's label, but is not one.
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
