//! The full HTTP signer of the AWS SDK for Rust creates the same signature.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials as SdkCredentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use proptest::prelude::*;
use rds_bridge_component::presign::{ConnectRequest, Credentials, Lifetime, steps};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn signs_the_same(
        host in "[a-z][a-z0-9-]{0,30}[a-z0-9]\\.[a-z0-9]{12}\\.us-east-1\\.rds\\.amazonaws\\.com",
        port in 1_u16..,
        user in "[ -~äé漢🦀]{1,32}",
        id in "[A-Z0-9]{16,32}",
        secret in "[A-Za-z0-9/+]{1,64}",
        session_token in prop::option::of("[A-Za-z0-9/+=]{1,600}"),
        signed_at in 0_u64..253_402_300_800,
        expires_in in 1_u32..=900,
    ) {
        // The SDKs disagree about whether the port 443 is signed; see the vectors.
        prop_assume!(port != 443);
        let theirs = oracle(&host, port, &user, &id, &secret, session_token.clone(), signed_at, expires_in);

        let credentials = Credentials::new(id, secret, session_token, None).unwrap();
        let request = ConnectRequest::new(&host, port, "us-east-1".into(), user).unwrap();
        let lifetime = Lifetime::new(signed_at, expires_in).unwrap();
        let ours = steps(&credentials, &request, lifetime).unwrap();

        prop_assert_eq!(ours.signature.expose(), theirs);
    }
}

#[expect(clippy::too_many_arguments, reason = "a token has this many")]
fn oracle(
    host: &str,
    port: u16,
    user: &str,
    id: &str,
    secret: &str,
    session_token: Option<String>,
    signed_at: u64,
    expires_in: u32,
) -> String {
    let identity = SdkCredentials::new(id, secret, session_token, None, "test").into();
    let mut settings = SigningSettings::default();
    settings.expires_in = Some(Duration::from_secs(expires_in.into()));
    settings.signature_location = SignatureLocation::QueryParams;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("rds-db")
        .time(UNIX_EPOCH + Duration::from_secs(signed_at))
        .settings(settings)
        .build()
        .unwrap();

    let encoded: String = user
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let url = format!("https://{host}:{port}/?Action=connect&DBUser={encoded}");
    let request =
        SignableRequest::new("GET", url, std::iter::empty(), SignableBody::empty()).unwrap();
    sign(request, &parameters.into())
        .unwrap()
        .signature()
        .to_owned()
}
