//! Benchmarks signing a token: natively, in the component, and with the signer of the AWS SDK for Rust.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a benchmark fails by panicking"
)]

use std::hint::black_box;
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials as SdkCredentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use criterion::Criterion;
use rds_bridge::aws;
use rds_bridge::component::{
    ConnectRequest as SandboxedRequest, Engine, Lifetime as SandboxedLifetime,
};
use rds_bridge_bench_component::{Contender, run};
use rds_bridge_component::presign::{AuthToken, ConnectRequest, Credentials, Lifetime, presign};

const HOST: &str = "prod-instance.us-east-1.rds.amazonaws.com";
const ID: &str = "AKIDEXAMPLEAKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SIGNED_AT: u64 = 1_724_709_600;

/// A text like the session token of a Lambda function's role: of the same length, and base64, so that every 32nd
/// character has to be percent-encoded.
fn session_token() -> String {
    let base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    base64.repeat(15) + "=="
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let promised = [("native", 0.5), ("live instance", 2.0)];
    let session_token = session_token();
    for (name, token) in [
        ("presign", None),
        ("presign, session token", Some(session_token.as_str())),
    ] {
        run(&mut criterion, name, &mut contenders(token), &promised);
    }
    criterion.final_summary();
    println!("promised of a fresh instance: ≤ 60 µs");
}

fn contenders(session_token: Option<&str>) -> Vec<Contender<'_>> {
    let engine = Engine::new().unwrap();
    let mut instance = engine.instantiate().unwrap();
    let mut credentials = aws::Credentials::new(ID, SECRET);
    if let Some(token) = session_token {
        credentials = credentials.with_session_token(token);
    }
    let same_credentials = credentials.clone();
    vec![
        (
            "aws-sigv4",
            Box::new(move || {
                black_box(sdk(black_box(session_token)));
            }),
        ),
        (
            "native",
            Box::new(move || {
                black_box(native(black_box(session_token)));
            }),
        ),
        (
            "live instance",
            Box::new(move || {
                black_box(instance.presign(&credentials, REQUEST, LIFETIME).unwrap());
            }),
        ),
        (
            "fresh instance",
            Box::new(move || {
                let mut instance = engine.instantiate().unwrap();
                black_box(
                    instance
                        .presign(&same_credentials, REQUEST, LIFETIME)
                        .unwrap(),
                );
            }),
        ),
    ]
}

const REQUEST: SandboxedRequest<'_> = SandboxedRequest {
    host: HOST,
    port: 3306,
    region: "us-east-1",
    db_user: "lambda-user",
};

const LIFETIME: SandboxedLifetime = SandboxedLifetime {
    signed_at: SIGNED_AT,
    expires_in_seconds: 900,
};

fn native(session_token: Option<&str>) -> AuthToken {
    let token = session_token.map(Into::into);
    let credentials = Credentials::new(ID.into(), SECRET.into(), token, None).unwrap();
    let request =
        ConnectRequest::new(HOST, 3306, "us-east-1".into(), "lambda-user".into()).unwrap();
    presign(
        &credentials,
        &request,
        Lifetime::new(SIGNED_AT, 900).unwrap(),
    )
    .unwrap()
}

/// Signs a whole URL, as users of the SDK do for a token.
fn sdk(session_token: Option<&str>) -> String {
    let token = session_token.map(Into::into);
    let identity = SdkCredentials::new(ID, SECRET, token, None, "bench").into();
    let mut settings = SigningSettings::default();
    settings.expires_in = Some(Duration::from_secs(900));
    settings.signature_location = SignatureLocation::QueryParams;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("rds-db")
        .time(UNIX_EPOCH + Duration::from_secs(SIGNED_AT))
        .settings(settings)
        .build()
        .unwrap();
    let mut url = format!("https://{HOST}:3306/?Action=connect&DBUser=lambda-user");
    let request = SignableRequest::new(
        "GET",
        url.as_str(),
        std::iter::empty(),
        SignableBody::empty(),
    );
    let (instructions, _) = sign(request.unwrap(), &parameters.into())
        .unwrap()
        .into_parts();
    for (name, value) in instructions.params() {
        url.push('&');
        url.push_str(name);
        url.push('=');
        url.push_str(value);
    }
    url
}
