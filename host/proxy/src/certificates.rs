//! Clients that authenticate with a certificate: which names it has, and whose they are.

use std::collections::HashMap;

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use crate::database_user::DatabaseUser;

/// Which clients a proxy accepts by their certificates. TLS has verified the certificate before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificates {
    /// Callers by the name in their certificate. `None` accepts every verified certificate.
    callers: Option<HashMap<String, String>>,
}

impl Certificates {
    /// Every verified certificate is accepted. With [`DatabaseUser::OfClient`] the user name of the client must be a
    /// name of its certificate.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// No caller: every client is refused.
    #[must_use]
    pub fn none() -> Self {
        Self {
            callers: Some(HashMap::new()),
        }
    }

    /// Accepts the certificate with this name as the caller. With [`DatabaseUser::OfClient`] the user name of the
    /// client must be the caller's.
    #[must_use]
    pub fn with(mut self, caller: impl Into<String>, name: impl Into<String>) -> Self {
        let callers = self.callers.get_or_insert_default();
        callers.insert(name.into(), caller.into());
        self
    }

    /// The name of the client whose certificate has `names`. `None` if it is not accepted.
    pub(crate) fn caller(
        &self,
        names: &[String],
        user: &str,
        database_user: DatabaseUser,
    ) -> Option<String> {
        let may_be = |name: &str| database_user == DatabaseUser::OfBridge || name == user;
        let known = names.iter().filter_map(|name| match &self.callers {
            Some(callers) => callers.get(name),
            None => Some(name),
        });
        let found = known.into_iter().find(|caller| may_be(caller)).cloned();
        match (&self.callers, database_user) {
            // Any verified certificate suffices. It need not contain a name.
            (None, DatabaseUser::OfBridge) => Some(found.unwrap_or_else(|| user.to_owned())),
            _ => found,
        }
    }
}

/// The names of a certificate: the DNS names, e-mail addresses and URIs of `subjectAltName`, or the common name of the
/// subject if the certificate does not have this extension (RFC 6125, section 6.4.4, makes it the last resort).
pub(crate) fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
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
        let names_of = |common: &[&str], alternative| names(&certificate(common, alternative));
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
            assert!(names(&CertificateDer::from(&whole[..end])).is_empty());
        }
    }

    #[test]
    fn a_caller_is_recognised_by_a_name_and_cannot_be_another() {
        use DatabaseUser::{OfBridge, OfClient};
        let names = ["alice@example.com".to_owned()];
        let callers = Certificates::none().with("alice", "alice@example.com");
        let caller = |user, database_user| callers.caller(&names, user, database_user);
        assert_eq!(caller("anyone", OfBridge).as_deref(), Some("alice"));
        assert_eq!(caller("alice", OfClient).as_deref(), Some("alice"));
        assert_eq!(caller("bob", OfClient), None);
        assert_eq!(callers.caller(&[], "alice", OfBridge), None);
        assert_eq!(Certificates::none().caller(&names, "alice", OfBridge), None);

        let any = Certificates::any();
        let anyone = any.caller(&names, "anyone", OfBridge);
        assert_eq!(anyone.as_deref(), Some("alice@example.com"));
        assert_eq!(any.caller(&[], "x", OfBridge).as_deref(), Some("x"));
        assert_eq!(any.caller(&names, "root", OfClient), None);
        let own = any.caller(&names, "alice@example.com", OfClient);
        assert_eq!(own.as_deref(), Some("alice@example.com"));
    }
}
