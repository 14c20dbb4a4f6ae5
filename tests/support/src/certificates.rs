//! A certificate authority created at run time, and its certificates for servers, valid and invalid.

use std::time::SystemTime;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};

use crate::expectation::ENDPOINT;

/// The properties of a server's certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServerCertificate {
    /// Valid for [`ENDPOINT`], `localhost`, 127.0.0.1 and ::1.
    #[default]
    Good,
    /// Valid for these names and IP addresses.
    For(Vec<String>),
    /// As [`Self::Good`], but expired years ago.
    Expired,
    /// Valid for `elsewhere.example.com` only.
    WrongName,
    /// As [`Self::Good`], but issued by an authority that no client trusts.
    UnknownAuthority,
}

/// A certificate and its key, as PEM.
#[derive(Clone)]
pub struct Issued {
    /// The server's certificate without a chain: the authority has issued it directly.
    pub certificate: String,
    /// The private key, as PKCS #8.
    pub key: String,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            certificate,
            key: _,
        } = self;
        f.debug_struct("Issued")
            .field("certificate", certificate)
            .finish_non_exhaustive()
    }
}

/// A certificate authority.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// Creates an authority with a new key.
    #[must_use]
    pub fn new() -> Self {
        let mut params = params(vec![], "rds-bridge tests: authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    /// The authority's own certificate as PEM, which a client has to trust.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Issues a certificate for a client, with a new key. `names` are the DNS names and e-mail addresses of its
    /// `subjectAltName`.
    #[must_use]
    pub fn issue_for_client(&self, common_name: &str, names: &[&str], is_expired: bool) -> Issued {
        let mut params = client_params(common_name, names);
        if is_expired {
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        self.issue_with(&params)
    }

    /// Issues a certificate for a client that expires at a time, with a new key.
    #[must_use]
    pub fn issue_for_client_until(&self, common_name: &str, not_after: SystemTime) -> Issued {
        let mut params = client_params(common_name, &[]);
        params.not_after = not_after.into();
        self.issue_with(&params)
    }

    fn issue_with(&self, params: &CertificateParams) -> Issued {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Issued {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// Issues a certificate for a server, with a new key (ECDSA, P-256).
    #[must_use]
    pub fn issue(&self, kind: &ServerCertificate) -> Issued {
        let good = [ENDPOINT, "localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let names = match kind {
            ServerCertificate::For(names) => names.clone(),
            ServerCertificate::WrongName => vec!["elsewhere.example.com".to_owned()],
            ServerCertificate::Good
            | ServerCertificate::Expired
            | ServerCertificate::UnknownAuthority => good.to_vec(),
        };
        let mut params = params(names, "rds-bridge tests: server");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        if *kind == ServerCertificate::Expired {
            params.not_after = date_time_ymd(2021, 1, 1);
        }

        let stranger;
        let issuer = if *kind == ServerCertificate::UnknownAuthority {
            stranger = Self::new();
            &stranger.issuer
        } else {
            &self.issuer
        };
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, issuer).unwrap();
        Issued {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

fn client_params(common_name: &str, names: &[&str]) -> CertificateParams {
    let mut params = params(vec![], common_name);
    params.subject_alt_names = names
        .iter()
        .map(|name| {
            if name.contains('@') {
                SanType::Rfc822Name((*name).try_into().unwrap())
            } else {
                SanType::DnsName((*name).try_into().unwrap())
            }
        })
        .collect();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params
}

fn params(names: Vec<String>, common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(names).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2020, 1, 1);
    // The last year that a `UTCTime` can hold, so that every library can read it and no test fails because time has
    // passed.
    params.not_after = date_time_ymd(2049, 12, 31);
    params
}
