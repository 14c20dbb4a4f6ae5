//! The names by which a client's certificate identifies it.

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

/// The names of a certificate: the DNS names, e-mail addresses and URIs of `subjectAltName`, or the common name of the
/// subject if the certificate does not have this extension (RFC 6125, section 6.4.4, makes it the last resort).
#[must_use]
pub fn identity_names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        return Vec::new();
    };
    let Ok(alternative) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    if let Some(alternative) = alternative {
        let names = alternative.value.general_names.iter();
        let names = names.filter_map(|name| match name {
            GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) => {
                Some((*name).to_owned())
            }
            _ => None,
        });
        return names.collect();
    }
    let mut common = certificate.subject().iter_common_name();
    // Two of them would leave open which one is meant.
    match (common.next().map(|name| name.as_str()), common.next()) {
        (Some(Ok(name)), None) if !name.is_empty() => vec![name.to_owned()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SanType};

    use super::*;

    fn certificate(common_names: &[&str], alternative: Vec<SanType>) -> CertificateDer<'static> {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        for name in common_names {
            params.distinguished_name.push(DnType::CommonName, *name);
        }
        params.subject_alt_names = alternative;
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().into()
    }

    #[test]
    fn the_alternative_names_take_the_place_of_the_common_name() {
        let names_of =
            |common: &[&str], alternative| identity_names(&certificate(common, alternative));
        assert_eq!(names_of(&["alice"], vec![]), ["alice"]);
        assert!(names_of(&[], vec![]).is_empty());
        let alternative = vec![
            SanType::DnsName("app.example.com".try_into().unwrap()),
            SanType::Rfc822Name("alice@example.com".try_into().unwrap()),
            SanType::URI("spiffe://example.com/app".try_into().unwrap()),
            SanType::IpAddress([10, 0, 0, 1].into()),
        ];
        let expected = [
            "app.example.com",
            "alice@example.com",
            "spiffe://example.com/app",
        ];
        assert_eq!(names_of(&["alice"], alternative), expected);
        // An issuer that names an address alone did not mean the common name as an identity.
        let address = vec![SanType::IpAddress([10, 0, 0, 1].into())];
        assert!(names_of(&["alice"], address).is_empty());
    }

    #[test]
    fn what_is_no_certificate_has_no_names() {
        let whole = certificate(&["alice"], vec![]);
        for end in 0..whole.len() {
            assert!(identity_names(&CertificateDer::from(&whole[..end])).is_empty());
        }
    }
}
