//! Any bytes from a server.

use rds_bridge_component::auth_plugin::AuthPlugin;
use rds_bridge_component::handshake::{Auth, Config, Error};
use rds_bridge_component::secret_string::SecretString;

use super::driver::{Event, Transcript, drive};

/// What it logs in with where it has a token.
pub const IAM_TOKEN: &str = "db.example.com:3306/?Action=connect&DBUser=reader&X-Amz-Signature=00";

/// What it logs in with where it has none.
pub const PASSWORD: &str = "correct horse battery staple";

/// What is written at most: the SSLRequest, the HandshakeResponse, and the token once.
const TOKEN_EVENTS: usize = 3;
/// As [`TOKEN_EVENTS`], but with a password, which answers the first method and eight requests for another, each with
/// an answer or two.
const PASSWORD_EVENTS: usize = 2 + 1 + 2 * 8;

/// The first byte says what to log in with, the next two how long the server's first packet is, and
/// the rest is what the server sends.
///
/// # Panics
///
/// If something does not hold that must.
pub fn handshake(data: &[u8]) {
    let Some((&[choice, low, high], stream)) = data.split_first_chunk() else {
        return;
    };
    let iam = choice & 1 == 0;
    let split = usize::from(u16::from_le_bytes([low, high])).min(stream.len());
    let (before_tls, inside_tls) = stream.split_at(split);
    let run = |part| drive(config(), &auth(iam), before_tls, inside_tls, part);

    let whole = run(usize::MAX);
    for part in [1, 2, 7] {
        let parted = run(part);
        assert_eq!(parted.outcome, whole.outcome, "in parts of {part}");
        // Bytes that come before TLS in a part of their own come after TLS was asked for.
        if whole.outcome != Some(Err(Error::BytesBeforeTls)) {
            assert_eq!(parted.events, whole.events, "in parts of {part}");
        }
    }
    check_secrets(iam, &whole);
}

/// A config that uses every field.
///
/// # Panics
///
/// Never: it is a valid one.
#[must_use]
pub fn config() -> Config {
    let attributes = vec![
        ("_client_name".to_owned(), "rds-bridge".to_owned()),
        ("program_name".to_owned(), String::new()),
    ];
    let database = Some("iamtest".to_owned());
    Config::new("reader".to_owned(), database, attributes, 45).expect("a valid config")
}

/// A token, or a password.
pub(crate) fn auth(iam: bool) -> Auth {
    if iam {
        Auth::IamToken(SecretString::new(IAM_TOKEN.to_owned()))
    } else {
        Auth::Password(SecretString::new(PASSWORD.to_owned()))
    }
}

/// Where a secret may be, and where not.
fn check_secrets(iam: bool, transcript: &Transcript) {
    for (number, event) in transcript.events.iter().enumerate() {
        match event {
            Event::StartedTls(bytes) => {
                assert!(!contains(bytes, IAM_TOKEN) && !contains(bytes, PASSWORD));
            }
            Event::Wrote(bytes) if contains(bytes, IAM_TOKEN) => {
                // Only as the answer to an AuthSwitchRequest, after the HandshakeResponse.
                assert!(
                    iam && number == 2,
                    "the token was sent as the event {number}"
                );
            }
            Event::Wrote(bytes) if contains(bytes, PASSWORD) => {
                assert!(
                    !iam && number >= 2,
                    "the password was sent as the event {number}"
                );
            }
            Event::Wrote(_) => {}
        }
    }
    let most = if iam { TOKEN_EVENTS } else { PASSWORD_EVENTS };
    assert!(transcript.events.len() <= most, "it answers without end");
    if let Some(Ok(session)) = &transcript.outcome {
        let clear = session.auth_plugin == AuthPlugin::MysqlClearPassword;
        assert_eq!(clear, iam, "authenticated by {:?}", session.auth_plugin);
    }
}

fn contains(bytes: &[u8], secret: &str) -> bool {
    let mut windows = bytes.windows(secret.len());
    windows.any(|window| window == secret.as_bytes())
}
