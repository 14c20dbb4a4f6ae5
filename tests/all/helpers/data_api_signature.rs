//! Requests of the Data API, signed as an AWS SDK signs them.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use rds_bridge_test_support::expectation::REGION;

/// How a request is signed.
pub(crate) struct Signing<'a> {
    pub(crate) access_key_id: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) service: &'a str,
    pub(crate) at: SystemTime,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    pub(crate) checksum: PayloadChecksumKind,
}

impl<'a> Signing<'a> {
    pub(crate) fn new(access_key_id: &'a str, secret: &'a str) -> Self {
        Self {
            access_key_id,
            secret,
            service: "rds-data",
            at: SystemTime::now(),
            headers: vec![("content-type", "application/json")],
            checksum: PayloadChecksumKind::NoHeader,
        }
    }

    /// The headers of the signature of a request to `url`.
    pub(crate) fn sign(&self, url: &str, body: &str) -> Vec<(String, String)> {
        let identity = Credentials::new(self.access_key_id, self.secret, None, None, "test").into();
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = self.checksum;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name(self.service)
            .time(self.at)
            .settings(settings)
            .build()
            .unwrap();
        let body = SignableBody::Bytes(body.as_bytes());
        let headers = self.headers.iter().copied();
        let request = SignableRequest::new("POST", url, headers, body).unwrap();
        let (instructions, _) = sign(request, &parameters.into()).unwrap().into_parts();
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        instructions.headers().map(owned).collect()
    }
}

/// The headers in the form that the tests' clients accept.
pub(crate) fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    let headers = headers.iter();
    headers
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
