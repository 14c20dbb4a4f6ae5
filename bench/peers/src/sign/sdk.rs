//! Signs with the SigV4 signer of the AWS SDK for Rust, as its users do.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;

use crate::settings::Settings;

/// A token that is signed now.
pub fn token(settings: &Settings) -> String {
    let (id, secret) = (&settings.access_key_id, &settings.secret_access_key);
    let identity = Credentials::new(id, secret, None, None, "bench").into();
    let mut signing = SigningSettings::default();
    signing.expires_in = Some(Duration::from_secs(900));
    signing.signature_location = SignatureLocation::QueryParams;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(&settings.region)
        .name("rds-db")
        .time(SystemTime::now())
        .settings(signing)
        .build()
        .expect("all are given");
    let Settings {
        endpoint,
        port,
        user,
        ..
    } = settings;
    let mut url = format!("https://{endpoint}:{port}/?Action=connect&DBUser={user}");
    let request = SignableRequest::new(
        "GET",
        url.as_str(),
        std::iter::empty(),
        SignableBody::empty(),
    );
    let signed = sign(request.expect("a URL"), &parameters.into()).expect("a signature");
    let (instructions, _) = signed.into_parts();
    for (name, value) in instructions.params() {
        url.push('&');
        url.push_str(name);
        url.push('=');
        // The slash is the only character in the values that has to be escaped.
        url.push_str(&value.replace('/', "%2F"));
    }
    url.split_off("https://".len())
}
