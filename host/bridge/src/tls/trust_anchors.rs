//! The certificate authorities that a server's certificate must chain to.

use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use super::ca_file::{self, CaFileError, CaFileProblem};
use super::pem::{Flaw, PemError};
use super::roots;

/// The certificate authorities that a connection trusts: at least one.
///
/// Verification cannot be turned off. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct TrustAnchors {
    store: Arc<RootCertStore>,
}

/// Why the certificate authorities cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustAnchorsError {
    /// The bundled roots cannot be parsed, which is a bug of this library.
    #[error("the bundled roots cannot be parsed")]
    Bundled(#[source] PemError),
    /// The user's CA file cannot be used.
    #[error(transparent)]
    CaFile(#[from] CaFileError),
}

impl TrustAnchors {
    /// The roots of RDS and Amazon that are bundled with this crate ([`bundled`](super::bundled)). Decoding them takes
    /// about half a millisecond.
    ///
    /// # Errors
    ///
    /// [`TrustAnchorsError::Bundled`]: the bundled roots cannot be parsed, which is a bug of this library.
    pub fn bundled() -> Result<Self, TrustAnchorsError> {
        let bundled = roots::bundled().and_then(|roots| extend(RootCertStore::empty(), &roots));
        Ok(Self::from_store(
            bundled.map_err(TrustAnchorsError::Bundled)?,
        ))
    }

    /// The certificates of a PEM file only, as with `--ca-file` and `DB_CA_FILE`.
    ///
    /// # Errors
    ///
    /// [`TrustAnchorsError::CaFile`]: the file cannot be read, contains a private key, or its certificates are missing
    /// or broken.
    pub fn from_ca_file(path: &Path) -> Result<Self, TrustAnchorsError> {
        Self::from_store(RootCertStore::empty()).and_ca_file(path)
    }

    /// Adds the certificates of a PEM file, as with `--ca-file-extra`.
    ///
    /// # Errors
    ///
    /// As [`TrustAnchors::from_ca_file`].
    pub fn and_ca_file(self, path: &Path) -> Result<Self, TrustAnchorsError> {
        let certificates = ca_file::read(path)?;
        let store = Arc::unwrap_or_clone(self.store);
        let store = extend(store, &certificates).map_err(|error| CaFileError {
            path: path.to_owned(),
            problem: CaFileProblem::Pem(error),
        })?;
        Ok(Self::from_store(store))
    }

    /// The number of certificate authorities.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// The root store for a `rustls::ClientConfig`.
    #[must_use]
    pub fn store(&self) -> Arc<RootCertStore> {
        Arc::clone(&self.store)
    }

    fn from_store(store: RootCertStore) -> Self {
        Self {
            store: Arc::new(store),
        }
    }
}

fn extend(
    mut store: RootCertStore,
    certificates: &[CertificateDer<'_>],
) -> Result<RootCertStore, PemError> {
    store.roots.reserve(certificates.len());
    for (certificate, position) in certificates.iter().zip(1..) {
        let certificate = CertificateDer::from(certificate.as_ref());
        store.add(certificate).map_err(|_| PemError::Broken {
            position,
            flaw: Flaw::NotX509,
        })?;
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const OURS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tls/roots.pem");

    #[test]
    fn a_file_replaces_or_extends() {
        let number = roots::bundled().unwrap().len();
        let bundled = TrustAnchors::bundled().unwrap();
        assert_eq!(bundled.len(), number);
        assert_eq!(
            TrustAnchors::from_ca_file(Path::new(OURS)).unwrap().len(),
            number
        );
        let shared = bundled.store();
        let both = bundled.and_ca_file(Path::new(OURS)).unwrap();
        assert_eq!((both.len(), shared.len()), (2 * number, number));
    }

    #[test]
    fn says_which_certificate_is_none() {
        let mut certificates = roots::bundled().unwrap();
        certificates.truncate(2);
        certificates.push(CertificateDer::from(vec![0x30, 0x00]));
        assert_eq!(
            extend(RootCertStore::empty(), &certificates).unwrap_err(),
            PemError::Broken {
                position: 3,
                flaw: Flaw::NotX509
            }
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error() {
        let path = PathBuf::from("/nowhere/ca.pem");
        let error = TrustAnchors::from_ca_file(&path).unwrap_err();
        let problem = CaFileProblem::NotFound;
        assert_eq!(
            error,
            TrustAnchorsError::CaFile(CaFileError { path, problem })
        );
    }
}
