//! Arbitrary bytes from a server.

use rds_bridge_component::auth_plugin::AuthPlugin;
use rds_bridge_component::handshake::{Auth, Config, Error};
use rds_bridge_component::secret_string::SecretString;

use super::driver::{Event, Transcript, drive};

/// The credentials of a handshake with a token.
pub const IAM_TOKEN: &str = "db.example.com:3306/?Action=connect&DBUser=reader&X-Amz-Signature=00";

/// The credentials of a handshake with a password.
pub const PASSWORD: &str = "correct horse battery staple";

/// The largest number of writes: the `SSLRequest`, the `HandshakeResponse`, and the token once.
const TOKEN_EVENTS: usize = 3;
/// As [`TOKEN_EVENTS`], with a password. The client answers the first plugin and eight requests for another one, each
/// with one or two packets.
const PASSWORD_EVENTS: usize = 2 + 1 + 2 * 8;

/// Runs a handshake. The first byte selects the credentials, the next two are the length of what the server sends
/// before TLS, and the rest is what the server sends.
///
/// # Panics
///
/// If a guarantee of the handshake does not hold.
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
        // Bytes before TLS that arrive in a part of their own arrive after the request for TLS.
        if whole.outcome != Some(Err(Error::BytesBeforeTls)) {
            assert_eq!(parted.events, whole.events, "in parts of {part}");
        }
    }
    check_secrets(iam, &whole);
}

/// A configuration that uses every field.
///
/// # Panics
///
/// Never: the configuration is valid.
#[must_use]
pub fn config() -> Config {
    let attributes = vec![
        ("_client_name".to_owned(), "rds-bridge".to_owned()),
        ("program_name".to_owned(), String::new()),
    ];
    let database = Some("iamtest".to_owned());
    Config::new("reader".to_owned(), database, attributes, 45).expect("a valid config")
}

/// The token or the password.
pub(crate) fn auth(iam: bool) -> Auth {
    if iam {
        Auth::IamToken(SecretString::new(IAM_TOKEN.to_owned()))
    } else {
        Auth::Password(SecretString::new(PASSWORD.to_owned()))
    }
}

/// Asserts that the secrets are only in the packets that may contain them.
fn check_secrets(iam: bool, transcript: &Transcript) {
    for (number, event) in transcript.events.iter().enumerate() {
        match event {
            Event::StartedTls(bytes) => {
                assert!(!contains(bytes, IAM_TOKEN) && !contains(bytes, PASSWORD));
            }
            Event::Wrote(bytes) if contains(bytes, IAM_TOKEN) => {
                // Only in the answer to an `AuthSwitchRequest`, after the `HandshakeResponse`.
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
