//! Secrets in every form in which they could leak, and the search for them.

use std::error::Error as _;
use std::time::{Duration, SystemTime};

use rds_bridge::Error;
use rds_bridge::aws::Credentials;
use rds_bridge::clock::Clock;
use rds_bridge::component::{ConnectRequest, Engine, Lifetime};
use rds_bridge_test_support::expectation::{ENDPOINT, Expectation, REGION};
use rds_bridge_test_support::server::PASSWORD;
use secrecy::ExposeSecret;

/// Invented. It contains characters that percent-encoding changes.
pub(crate) const SESSION_TOKEN: &str = "FwoGZXIvYXdzEXAMPLESESSIONTOKEN/1+2==";

/// A clock that stands still, so that the signature is known.
#[derive(Debug)]
pub(crate) struct Standing;

const SIGNED_AT: u64 = 1_724_709_600;

impl Clock for Standing {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(SIGNED_AT)
    }
}

/// The credentials of the tests' server, with a session token.
pub(crate) fn temporary() -> Credentials {
    let Expectation {
        access_key_id,
        secret_access_key,
        ..
    } = Expectation::default();
    Credentials::new(&access_key_id, &secret_access_key).with_session_token(SESSION_TOKEN)
}

/// Asserts that the text contains no secret in any form.
pub(crate) fn search(what: &str, text: &str) {
    let Expectation {
        secret_access_key, ..
    } = Expectation::default();
    // A string that only a token contains.
    assert!(
        !text.contains("X-Amz-Signature"),
        "{what} holds a token:\n{text}"
    );
    let signature = signature();
    for secret in [
        secret_access_key.as_str(),
        SESSION_TOKEN,
        PASSWORD,
        &signature,
    ] {
        for form in forms(secret) {
            assert!(!text.contains(&form), "{what} holds {form}:\n{text}");
        }
    }
}

/// The forms of a secret: plain; percent-encoded once, as in a token, and twice, as in a URL that contains a token;
/// each half, as when a line is truncated; and as a list of bytes.
pub(crate) fn forms(secret: &str) -> Vec<String> {
    let once = percent_encoded(secret);
    let half = secret.len() / 2;
    let bytes = format!("{:?}", secret.as_bytes());
    vec![
        secret.to_owned(),
        percent_encoded(&once),
        once,
        secret[..half].to_owned(),
        secret[half..].to_owned(),
        bytes.trim_matches(['[', ']']).to_owned(),
    ]
}

pub(crate) fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// The signature with [`temporary`] credentials at the time of [`Standing`].
pub(crate) fn signature() -> String {
    let mut instance = Engine::new().unwrap().instantiate().unwrap();
    let request = ConnectRequest {
        host: ENDPOINT,
        port: 3306,
        region: REGION,
        db_user: "lambda-user",
    };
    let lifetime = Lifetime {
        signed_at: SIGNED_AT,
        expires_in_seconds: 900,
    };
    let steps = instance.steps(&temporary(), request, lifetime).unwrap();
    steps.signature.expose_secret().to_owned()
}

/// Everything that an error prints, with all its causes.
pub(crate) fn shown(error: &Error) -> String {
    let mut shown = format!("{error}\n{error:?}\n{error:#?}\n{:?}\n", error.causes());
    let mut next = error.source();
    while let Some(cause) = next {
        shown.push_str(&format!("{cause}\n{cause:?}\n{cause:#?}\n"));
        next = cause.source();
    }
    shown
}
