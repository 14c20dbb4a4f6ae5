//! The description of a certificate in messages.

use std::fmt;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

/// The most DNS names that a message shows. A certificate may have thousands.
const NAMES_SHOWN: usize = 5;

/// Subject, issuer, dates and DNS names of an X.509 certificate.
///
/// It describes a certificate in messages. Do not base decisions on it: nothing in it is verified, and a peer may have
/// written all of it. Control characters are escaped, so that it can be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The subject, such as `C=US, O=Example, CN=db.example.com`.
    pub subject: String,
    /// The issuer, in the same form.
    pub issuer: String,
    /// The beginning of its validity.
    pub not_before: OffsetDateTime,
    /// The end of its validity.
    pub not_after: OffsetDateTime,
    /// The DNS names of `subjectAltName`, including names with a wildcard (`*`).
    pub dns_names: Vec<String>,
}

/// The bytes are not an X.509 certificate in DER.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an X.509 certificate")]
pub struct NotACertificate;

impl Certificate {
    /// Parses a certificate in DER. If its `subjectAltName` cannot be parsed, [`Self::dns_names`] is empty.
    ///
    /// # Errors
    ///
    /// [`NotACertificate`].
    pub fn from_der(der: &[u8]) -> Result<Self, NotACertificate> {
        let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| NotACertificate)?;
        if !rest.is_empty() {
            return Err(NotACertificate);
        }
        let validity = certificate.validity();
        Ok(Self {
            subject: printable(&certificate.subject().to_string()),
            issuer: printable(&certificate.issuer().to_string()),
            not_before: validity.not_before.to_datetime(),
            not_after: validity.not_after.to_datetime(),
            dns_names: dns_names(&certificate),
        })
    }
}

/// Displays `for db.example.com (CN=db.example.com), issued by CN=Root, valid from … to …`.
impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            subject,
            issuer,
            not_before,
            not_after,
            dns_names,
        } = self;
        match dns_names.as_slice() {
            [] => write!(f, "for {subject}")?,
            [first, more @ ..] => {
                write!(f, "for {first}")?;
                for name in more.iter().take(NAMES_SHOWN.saturating_sub(1)) {
                    write!(f, ", {name}")?;
                }
                if let more @ 1.. = dns_names.len().saturating_sub(NAMES_SHOWN) {
                    write!(f, " and {more} more names")?;
                }
                write!(f, " ({subject})")?;
            }
        }
        let [from, to] = [not_before, not_after].map(|at| at.format(&Rfc3339));
        let (from, to) = (from.map_err(|_| fmt::Error)?, to.map_err(|_| fmt::Error)?);
        write!(f, ", issued by {issuer}, valid from {from} to {to}")
    }
}

fn dns_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let names = names.value.general_names.iter();
    names
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(printable(name)),
            _ => None,
        })
        .collect()
}

/// Escapes the characters that could control a terminal. Letters of every script are kept.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\'' | '"' | '\\' => printable.push(character),
            _ => printable.extend(character.escape_debug()),
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    /// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 1`
    /// `-subj /C=US/O=Example/CN=db.example.com`
    /// `-addext subjectAltName=DNS:db.example.com,DNS:*.db.example.com,IP:127.0.0.1`,
    /// with OpenSSL 3.0. It has expired, which does not matter here.
    const PEM: &str = "\
-----BEGIN CERTIFICATE-----
MIIB+TCCAaCgAwIBAgIUYU9QoZNjLL3y/tNawObmS20KOXMwCgYIKoZIzj0EAwIw
ODELMAkGA1UEBhMCVVMxEDAOBgNVBAoMB0V4YW1wbGUxFzAVBgNVBAMMDmRiLmV4
YW1wbGUuY29tMB4XDTI2MTEyNDAwMTUwMVoXDTI2MTEyNTAwMTUwMVowODELMAkG
A1UEBhMCVVMxEDAOBgNVBAoMB0V4YW1wbGUxFzAVBgNVBAMMDmRiLmV4YW1wbGUu
Y29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHXHvNqedP00NSzUtWLYIJw31
IFKAiaJ1NK7uczYUqjX8QBDYVdfgT9v6YWxRbqOXCO5QCPj7Q9PD/+uaJmf3S6OB
hzCBhDAdBgNVHQ4EFgQUuUUHxS0KZxKkkLjW2FGDbckuNpowHwYDVR0jBBgwFoAU
uUUHxS0KZxKkkLjW2FGDbckuNpowDwYDVR0TAQH/BAUwAwEB/zAxBgNVHREEKjAo
gg5kYi5leGFtcGxlLmNvbYIQKi5kYi5leGFtcGxlLmNvbYcEfwAAATAKBggqhkjO
PQQDAgNHADBEAiA/L2Ams6iUyF5+iNpi+hOWKU58l6jzXtQZsXQw+82NSQIgDd0B
6U3wY8najPmD9nhOePWjg9f5hIQue0GAt22/JDI=
-----END CERTIFICATE-----
";

    fn der() -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(PEM.as_bytes()).unwrap()
    }

    fn at(text: &str) -> OffsetDateTime {
        OffsetDateTime::parse(text, &Rfc3339).unwrap()
    }

    #[test]
    fn reads_what_a_certificate_says() {
        let certificate = Certificate::from_der(&der()).unwrap();
        let name = "C=US, O=Example, CN=db.example.com".to_owned();
        assert_eq!(
            certificate,
            Certificate {
                subject: name.clone(),
                issuer: name,
                not_before: at("2026-11-24T00:15:01Z"),
                not_after: at("2026-11-25T00:15:01Z"),
                dns_names: vec!["db.example.com".to_owned(), "*.db.example.com".to_owned()],
            }
        );
        assert_eq!(
            certificate.to_string(),
            "for db.example.com, *.db.example.com (C=US, O=Example, CN=db.example.com), \
             issued by C=US, O=Example, CN=db.example.com, \
             valid from 2026-11-24T00:15:01Z to 2026-11-25T00:15:01Z"
        );
    }

    #[test]
    fn shows_a_few_names_of_many() {
        let mut certificate = Certificate::from_der(&der()).unwrap();
        certificate.dns_names = (0..1000).map(|n| format!("n{n}")).collect();
        let text = certificate.to_string();
        assert!(
            text.starts_with("for n0, n1, n2, n3, n4 and 995 more names (C=US"),
            "{text}"
        );
        certificate.dns_names.clear();
        let text = certificate.to_string();
        assert!(text.starts_with("for C=US, O=Example, CN=db"), "{text}");
    }

    #[test]
    fn any_bytes_give_a_value_or_an_error() {
        let der = der();
        for end in 0..der.len() {
            assert_eq!(Certificate::from_der(&der[..end]), Err(NotACertificate));
        }
        for at in 0..der.len() {
            let mut changed = der.to_vec();
            changed[at] ^= 0x81;
            let outcome = Certificate::from_der(&changed).map(|read| read.to_string());
            assert!(outcome.is_err() || !outcome.unwrap().contains(char::is_control));
        }
        let longer = [&der[..], b"x"].concat();
        assert_eq!(Certificate::from_der(&longer), Err(NotACertificate));
    }

    #[test]
    fn nothing_steers_a_terminal() {
        assert_eq!(
            printable("a\u{1b}[2J\r\n\u{202e}b"),
            r"a\u{1b}[2J\r\n\u{202e}b"
        );
        assert_eq!(
            printable(r#"Müller & "Söhne" \ 日本"#),
            r#"Müller & "Söhne" \ 日本"#
        );
    }
}
