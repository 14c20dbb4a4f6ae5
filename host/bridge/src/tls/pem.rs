//! Parsing of certificates in PEM. Errors name the number of the broken certificate.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{PemObject, SectionKind};

/// Why certificates cannot be read from a PEM text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// The text has no `-----BEGIN CERTIFICATE-----`.
    #[error(
        "it contains no certificate: in PEM, each begins with the line -----BEGIN CERTIFICATE-----"
    )]
    NoCertificate,
    /// A certificate is broken.
    #[error("its certificate number {position} {flaw}")]
    Broken {
        /// The number of the certificate, counted from 1.
        position: usize,
        /// The flaw.
        flaw: Flaw,
    },
}

/// How a certificate is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The text ends before `-----END CERTIFICATE-----`, or its first line is malformed.
    #[error("is truncated")]
    CutShort,
    /// The text between the first and the last line is not base64.
    #[error("is not base64")]
    NotBase64,
    /// The decoded bytes are not an X.509 certificate.
    #[error("is not an X.509 certificate")]
    NotX509,
}

/// Parses all certificates, in the order of the text. Other sections and text between them are skipped.
pub(super) fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    use rustls::pki_types::pem::Error;

    let mut certificates = Vec::new();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
        match section {
            Ok((SectionKind::Certificate, der)) => certificates.push(der.into()),
            Ok(_) => {}
            Err(error) => {
                return Err(PemError::Broken {
                    position: certificates.len().saturating_add(1),
                    flaw: match error {
                        Error::Base64Decode(_) => Flaw::NotBase64,
                        _ => Flaw::CutShort,
                    },
                });
            }
        }
    }
    if certificates.is_empty() {
        return Err(PemError::NoCertificate);
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::roots::BUNDLED;

    /// The first bundled certificate.
    fn one() -> String {
        const END: &str = "-----END CERTIFICATE-----\n";
        let text = str::from_utf8(BUNDLED).unwrap();
        let (before, _) = text.split_once(END).unwrap();
        let begin = before.find("-----BEGIN").unwrap();
        [&before[begin..], END].concat()
    }

    fn flaw_of(text: &str) -> PemError {
        certificates(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn takes_certificates_and_passes_the_rest_over() {
        let one = one();
        let text = format!(
            "words\n{one}more\n-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n{}",
            one.replace('\n', "\r\n")
        );
        let both = certificates(text.as_bytes()).unwrap();
        assert_eq!(both.len(), 2);
        assert_eq!(both[0], both[1]);
    }

    #[test]
    fn says_which_one_is_broken_and_how() {
        let one = one();
        for (second, flaw) in [
            (&one[..200], Flaw::CutShort),
            ("-----BEGIN CERTIFICATE\n", Flaw::CutShort),
            (
                "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
                Flaw::NotBase64,
            ),
        ] {
            let error = flaw_of(&format!("{one}{second}"));
            assert_eq!(error, PemError::Broken { position: 2, flaw }, "{second}");
        }
        for none in ["", "hello", "\0\u{1}\n\n", "-----END CERTIFICATE-----"] {
            assert_eq!(flaw_of(none), PemError::NoCertificate, "{none:?}");
        }
    }

    #[test]
    fn every_prefix_gives_a_value_or_an_error() {
        let one = one();
        for end in 0..one.len() {
            let outcome = certificates(&one.as_bytes()[..end]);
            let whole = one[..end].ends_with("-----END CERTIFICATE-----");
            assert_eq!(outcome.is_ok(), whole, "{end}");
        }
    }
}
