//! AWS's test suite, and that no signed part can be changed.

use std::time::{Duration, SystemTime};

use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Request};
use proptest::prelude::*;
use ring::digest::{SHA256, digest};
use secrecy::SecretString;
use serde::Deserialize;

use super::amz_date::AmzDate;
use super::authorization::{ALGORITHM, Authorization};
use super::canonical_request::CanonicalRequest;
use super::credential_scope::CredentialScope;
use super::signed_headers::SignedHeaders;
use super::signing_key::SigningKey;
use super::string_to_sign::StringToSign;
use super::{CLOCK_TOLERANCE, SignatureError, verify};

const ID: &str = "AKIDEXAMPLE";
/// Of AWS's test suite.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const DATE: &str = "20150830T123600Z";

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
    canonical_request: String,
    string_to_sign: String,
    signature: String,
}

impl Vector {
    fn request(&self) -> Parts {
        let mut parts = Request::builder()
            .method(&*self.method)
            .uri(&self.target)
            .body(())
            .unwrap()
            .into_parts()
            .0;
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name).unwrap();
            parts
                .headers
                .append(name, HeaderValue::try_from(value.trim()).unwrap());
        }
        parts
    }
}

fn vectors() -> Vec<Vector> {
    let text = include_str!("../../vectors/sigv4.json");
    serde_json::from_str::<Vectors>(text).unwrap().cases
}

fn secret() -> SecretString {
    SecretString::from(SECRET)
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_secs(1_440_938_160))
        .unwrap()
}

fn verified(request: &Parts, body: &[u8], service: &str) -> Result<String, SignatureError> {
    let secret = secret();
    let of = |id: &str| (id == ID).then_some(&secret);
    verify(request, body, service, of, now())
}

/// Each step of each case is that of AWS.
#[test]
fn the_test_suite_of_aws() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 27);
    for vector in &vectors {
        let request = vector.request();
        let authorization = Authorization::read(&request.headers).unwrap();
        let hash = super::payload_hash(&request, vector.body.as_bytes()).unwrap();
        let canonical =
            CanonicalRequest::new(&request, &authorization.signed_headers, &hash).unwrap();
        let text = String::from_utf8_lossy(canonical.text());
        assert_eq!(text, vector.canonical_request, "{}", vector.name);
        let date = AmzDate::read(&request.headers).unwrap();
        let string = StringToSign::new(&date, &authorization.scope, &canonical);
        assert_eq!(string.as_str(), vector.string_to_sign, "{}", vector.name);
        assert_eq!(hex::encode(authorization.signature), vector.signature);
        let key = SigningKey::derive(&secret(), &authorization.scope);
        assert!(
            key.verifies(&string, &authorization.signature),
            "{}",
            vector.name
        );

        let outcome = verified(&request, vector.body.as_bytes(), "service");
        let expected = if vector.name.contains("session-token") || vector.name.contains("sts") {
            Err(SignatureError::SecurityToken)
        } else {
            Ok(ID.to_owned())
        };
        assert_eq!(outcome, expected, "{}", vector.name);
    }
}

/// A request of an SDK to the Data API, with its signature.
fn signed(body: &[u8], headers: &[(&'static str, &str)]) -> Parts {
    let mut request = Request::post("/Execute").body(()).unwrap().into_parts().0;
    let fixed = [("host", "127.0.0.1:8080"), ("x-amz-date", DATE)];
    let mut names = Vec::new();
    for (name, value) in fixed.iter().chain(headers) {
        request
            .headers
            .append(*name, HeaderValue::try_from(*value).unwrap());
        names.push(*name);
    }
    names.sort_unstable();
    sign(&mut request, body, &names.join(";"));
    request
}

fn sign(request: &mut Parts, body: &[u8], names: &str) {
    let scope = "20150830/eu-central-1/rds-data/aws4_request";
    let signed_headers = SignedHeaders::parse(names).unwrap();
    let hash = hex::encode(digest(&SHA256, body));
    let canonical = CanonicalRequest::new(request, &signed_headers, &hash).unwrap();
    let parsed = CredentialScope::parse(scope).unwrap();
    let string = StringToSign::new(&AmzDate::parse(DATE).unwrap(), &parsed, &canonical);
    let signature = hex::encode(SigningKey::derive(&secret(), &parsed).sign(&string));
    let header = format!(
        "{ALGORITHM} Credential={ID}/{scope}, SignedHeaders={names}, Signature={signature}"
    );
    let header = HeaderValue::try_from(header).unwrap();
    request.headers.insert("authorization", header);
}

#[test]
fn every_region_is_accepted_and_another_service_is_not() {
    let request = signed(b"{}", &[]);
    assert_eq!(verified(&request, b"{}", "rds-data"), Ok(ID.to_owned()));
    let error = verified(&request, b"{}", "rds-db").unwrap_err();
    assert_eq!(error, SignatureError::WrongService("rds-data".to_owned()));
}

#[test]
fn a_request_is_valid_for_five_minutes_around_its_date() {
    let request = signed(b"", &[]);
    let secret = secret();
    let at = |time| verify(&request, b"", "rds-data", |_| Some(&secret), time);
    let second = Duration::from_secs(1);
    for inside in [now() + CLOCK_TOLERANCE, now() - CLOCK_TOLERANCE] {
        assert!(at(inside).is_ok());
    }
    for outside in [
        now() + CLOCK_TOLERANCE + second,
        now() - CLOCK_TOLERANCE - second,
        SystemTime::UNIX_EPOCH,
    ] {
        assert_eq!(at(outside), Err(SignatureError::ClockSkew));
    }
}

#[test]
fn the_scope_has_the_day_of_the_date() {
    let mut request = signed(b"", &[]);
    let header = request.headers["authorization"].to_str().unwrap();
    let other = HeaderValue::try_from(header.replace("20150830", "20150829")).unwrap();
    request.headers.insert("authorization", other);
    assert_eq!(
        verified(&request, b"", "rds-data"),
        Err(SignatureError::OtherDay)
    );
}

#[test]
fn an_unknown_key_and_a_wrong_secret_are_different_errors() {
    let request = signed(b"", &[]);
    let unknown = verify(&request, b"", "rds-data", |_| None, now());
    assert_eq!(unknown, Err(SignatureError::UnknownAccessKeyId));
    let wrong = SecretString::from("another");
    let wrong = verify(&request, b"", "rds-data", |_| Some(&wrong), now());
    assert_eq!(wrong, Err(SignatureError::Mismatch));
}

#[test]
fn the_signature_must_cover_what_decides() {
    let mut request = signed(b"", &[]);
    request
        .headers
        .insert("x-amz-target", HeaderValue::from_static("t"));
    let unsigned = |name: &str| Err(SignatureError::UnsignedHeader(name.to_owned()));
    assert_eq!(
        verified(&request, b"", "rds-data"),
        unsigned("x-amz-target")
    );
    for (names, missing) in [("x-amz-date", "host"), ("host", "x-amz-date")] {
        let mut request = signed(b"", &[]);
        sign(&mut request, b"", names);
        assert_eq!(verified(&request, b"", "rds-data"), unsigned(missing));
    }
    let mut request = signed(b"", &[("content-type", "application/json")]);
    request.headers.remove("content-type");
    let missing = SignatureError::MissingHeader("content-type".to_owned());
    assert_eq!(verified(&request, b"", "rds-data"), Err(missing));
}

#[test]
fn a_hash_of_the_body_must_be_right() {
    let hash = hex::encode(digest(&SHA256, b"{}"));
    let request = signed(b"{}", &[("x-amz-content-sha256", &hash)]);
    assert!(verified(&request, b"{}", "rds-data").is_ok());
    assert_eq!(
        verified(&request, b"{ }", "rds-data"),
        Err(SignatureError::PayloadHash)
    );
    for unsigned in ["UNSIGNED-PAYLOAD", "UNSIGNED-PAYLOAD-TRAILER"] {
        let request = signed(b"{}", &[("x-amz-content-sha256", unsigned)]);
        let error = verified(&request, b"{}", "rds-data");
        assert_eq!(error, Err(SignatureError::UnsignedPayload));
    }
}

#[test]
fn the_host_of_http_2_is_in_the_address() {
    let mut request = Request::post("https://gateway.test/Execute")
        .header("x-amz-date", DATE)
        .body(())
        .unwrap()
        .into_parts()
        .0;
    sign(&mut request, b"", "host;x-amz-date");
    assert!(verified(&request, b"", "rds-data").is_ok());
    request.uri = "https://other.test/Execute".parse().unwrap();
    assert_eq!(
        verified(&request, b"", "rds-data"),
        Err(SignatureError::Mismatch)
    );
}

#[test]
fn no_error_contains_the_secret() {
    let wrong = SecretString::from("another-secret");
    let error = verify(&signed(b"", &[]), b"", "rds-data", |_| Some(&wrong), now()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("another-secret"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// A change of the method, the path, the query, a signed header or the body is refused.
    #[test]
    fn a_changed_part_is_refused(
        part in 0..6_usize,
        body in prop::collection::vec(any::<u8>(), 1..64),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u32,
    ) {
        let mut request = signed(&body, &[("content-type", "application/json"), ("x-other", "abc")]);
        prop_assert_eq!(verified(&request, &body, "rds-data"), Ok(ID.to_owned()));
        let mut body = body;
        match part {
            0 => request.method = axum::http::Method::PUT,
            1 => request.uri = "/BatchExecute".parse().unwrap(),
            2 => request.uri = "/Execute?a=b".parse().unwrap(),
            3 => {
                request.headers.insert("x-other", HeaderValue::from_static("xyz"));
            }
            4 => {
                request.headers.append("x-other", HeaderValue::from_static("abc"));
            }
            _ => {
                let at = at.index(body.len());
                body[at] ^= 1 << bit;
            }
        }
        let outcome = verified(&request, &body, "rds-data");
        prop_assert_eq!(outcome, Err(SignatureError::Mismatch));
    }

    /// Every other signature is refused.
    #[test]
    fn a_changed_digit_is_refused(at in 0..64_usize, digit in 0..16_u32) {
        let mut request = signed(b"", &[]);
        let header = request.headers["authorization"].to_str().unwrap().to_owned();
        let start = header.rfind('=').unwrap().saturating_add(1).saturating_add(at);
        let digit = char::from_digit(digit, 16).unwrap().to_string();
        let mut changed = header.clone();
        changed.replace_range(start..=start, &digit);
        request.headers.insert("authorization", HeaderValue::try_from(&changed).unwrap());
        let outcome = verified(&request, b"", "rds-data");
        if changed == header {
            prop_assert!(outcome.is_ok());
        } else {
            prop_assert_eq!(outcome, Err(SignatureError::Mismatch));
        }
    }

    /// Whatever the headers contain gives a value or an error.
    #[test]
    fn no_header_panics(
        authorization in prop_oneof![
            any::<Vec<u8>>(),
            "AWS4-HMAC-SHA256 [ -~]{0,80}".prop_map(String::into_bytes),
            "AWS4-HMAC-SHA256 Credential=[a-z0-9/]{0,40}, SignedHeaders=[a-z;-]{0,20}, Signature=[0-9a-f]{60,66}"
                .prop_map(String::into_bytes),
        ],
        date in prop_oneof!["[ -~]{0,20}", "[0-9]{8}T[0-9]{6}Z"],
        target in "/[!-~&&[^#<>\"`{}|\\\\^]]{0,20}",
    ) {
        let mut request = Request::post(target).body(()).unwrap().into_parts().0;
        if let Ok(value) = HeaderValue::from_bytes(&authorization) {
            request.headers.insert("authorization", value);
        }
        request.headers.insert("x-amz-date", HeaderValue::try_from(date).unwrap());
        prop_assert!(verified(&request, b"", "rds-data").is_err());
    }
}
