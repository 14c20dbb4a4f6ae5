//! Who may call over HTTP: the keys of the gateway's dialects, from the environment and from a secret.

use std::fmt::{self, Write as _};

use rds_bridge_gateway::Keys;
use secrecy::{ExposeSecret, SecretString};

use super::access::{Access, FILE};
use super::environment::Environment;
use super::failure::{Failure, Type};

const KEYS: &str = "API_KEYS";
const SECRET: &str = "API_KEYS_SECRET_ARN";

/// The limit for the AWS credentials, and again for the secret: functions have a timeout of a few seconds.
#[cfg(feature = "secrets-manager")]
const SECRET_LIMIT: std::time::Duration = std::time::Duration::from_secs(4);

/// The settings of callers' keys.
#[derive(Default)]
pub(super) struct Callers {
    /// A line for each hash, as in the gateway's file of keys.
    hashes: String,
    secret: Option<String>,
}

impl Callers {
    /// Reads `API_KEYS`, hashes that are separated by spaces, commas or line breaks, and `API_KEYS_SECRET_ARN`. Adds the
    /// hashes of `access`.
    pub(super) fn read<F: Fn(&str) -> Option<String>>(
        environment: &Environment<F>,
        access: Option<&Access>,
    ) -> Result<Self, Failure> {
        let mut hashes = String::new();
        if let Some(text) = environment.get(KEYS) {
            let is_between = |it: char| it.is_whitespace() || it == ',';
            for (number, entry) in
                (1_usize..).zip(text.split(is_between).filter(|it| !it.is_empty()))
            {
                // The console shows variables to many: it is no place for a key itself. It is not shown here either.
                if entry.split(':').nth(1) != Some("sha256") {
                    let problem = format!("{KEYS}: entry {number} is not NAME:sha256:HASH");
                    return Err(Failure::new(Type::Settings, problem).with_hint(HOW));
                }
                hashes.push_str(entry);
                hashes.push('\n');
            }
            keys_of(KEYS, &hashes)?;
        }
        add_those_of(access, &mut hashes)?;
        let secret = environment.get(SECRET);
        if let Some(arn) = &secret {
            check_secret(arn)?;
        }
        Ok(Self { hashes, secret })
    }

    /// Whether there is any.
    pub(super) fn are_configured(&self) -> bool {
        !self.hashes.is_empty() || self.secret.is_some()
    }

    /// All keys. Fetches the secret.
    pub(super) async fn keys(&self) -> Result<Keys, Failure> {
        let Some(arn) = &self.secret else {
            if self.hashes.is_empty() {
                let none = Keys::new();
                return none.map_err(|error| Failure::new(Type::Bug, error.to_string()));
            }
            return keys_of(KEYS, &self.hashes);
        };
        let text = read_secret(arn).await?;
        keys_of(SECRET, text.expose_secret())?;
        let all = SecretString::from(format!("{}\n{}", text.expose_secret(), self.hashes));
        let source = format!("{SECRET}, with the keys of {KEYS} and {FILE}");
        keys_of(&source, all.expose_secret())
    }
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A hash can be guessed from, and the text of a wrong ARN may be a key.
        let Self {
            hashes: _,
            secret: _,
        } = self;
        f.debug_struct("Callers").finish_non_exhaustive()
    }
}

const HOW: &str = "make a key with openssl rand -hex 32, and its hash with printf %s KEY | sha256sum; the secret that \
                   API_KEYS_SECRET_ARN names may contain the keys themselves";

fn add_those_of(access: Option<&Access>, hashes: &mut String) -> Result<(), Failure> {
    for (name, hash) in access.into_iter().flat_map(Access::api_keys) {
        let mut names = hashes.lines().filter_map(|line| line.split(':').next());
        if names.any(|it| it == name) {
            let problem = format!("callers.{name}.api_key_sha256: {KEYS} has a key of {name} too");
            let failure = Failure::new(Type::Settings, format!("{FILE}: {problem}"));
            return Err(failure.with_hint("remove one of the two keys"));
        }
        let _always = write!(hashes, "{name}:sha256:");
        for byte in hash.0 {
            let _always = write!(hashes, "{byte:02x}");
        }
        hashes.push('\n');
    }
    Ok(())
}

fn keys_of(variable: &str, lines: &str) -> Result<Keys, Failure> {
    Keys::read(lines).map_err(|error| {
        Failure::new(Type::Settings, format!("{variable}: {error}")).with_hint(HOW)
    })
}

#[cfg(feature = "secrets-manager")]
fn check_secret(arn: &str) -> Result<(), Failure> {
    rds_bridge::check_secret_arn(arn).map_err(|error| Failure::of_secret(error, SECRET))
}

#[cfg(not(feature = "secrets-manager"))]
fn check_secret(_: &str) -> Result<(), Failure> {
    Err(Failure::new(
        Type::Settings,
        format!(
            "{SECRET} is set, but this rds-bridge was built without the feature secrets-manager"
        ),
    ))
}

#[cfg(feature = "secrets-manager")]
async fn read_secret(arn: &str) -> Result<SecretString, Failure> {
    let read = rds_bridge::read_secret(arn, SECRET_LIMIT).await;
    read.map_err(|error| Failure::of_secret(error, SECRET))
}

#[cfg(not(feature = "secrets-manager"))]
async fn read_secret(_: &str) -> Result<SecretString, Failure> {
    check_secret("").map(|()| SecretString::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(keys: &str) -> Result<Callers, String> {
        let environment = Environment(|name: &str| (name == KEYS).then(|| keys.to_owned()));
        Callers::read(&environment, None).map_err(|failure| failure.message().to_owned())
    }

    #[test]
    fn hashes_are_separated_by_spaces_or_commas() {
        let hash = "ab".repeat(32);
        for text in [
            format!("app:sha256:{hash}"),
            format!("app:sha256:{hash},other:sha256:{hash}"),
            format!(" app:sha256:{hash}\n other:sha256:{hash}\n"),
        ] {
            assert!(read(&text).unwrap().are_configured(), "{text}");
        }
        assert!(!read("").unwrap().are_configured());
    }

    #[test]
    fn hashes_are_not_shown() {
        let hash = "ab".repeat(32);
        let callers = read(&format!("app:sha256:{hash}")).unwrap();
        assert!(!format!("{callers:?}").contains(&hash));
    }

    #[cfg(feature = "secrets-manager")]
    #[test]
    fn an_arn_that_cannot_be_one_is_refused_and_not_shown() {
        for arn in [
            "arn:hunter2",
            "hunter2",
            "arn:aws:ssm:eu-central-1:1:p:hunter2",
        ] {
            let environment = Environment(|name: &str| (name == SECRET).then(|| arn.to_owned()));
            let failure = Callers::read(&environment, None).unwrap_err();
            let problem = failure.message();
            assert!(problem.starts_with("API_KEYS_SECRET_ARN: "), "{problem}");
            assert!(!problem.contains("hunter2"), "{problem}");
            assert!(!problem.contains("DB_SECRET_ARN"), "{problem}");
        }
    }

    #[test]
    fn a_key_itself_is_refused_and_not_shown() {
        let hash = "ab".repeat(32);
        for entry in [
            "app:hunter2-hunter2-hunter2",
            "signer:sigv4:hunter2-hunter2-hunter2",
            "hunter2-hunter2-hunter2",
            "app:sha256:hunter2-hunter2-hunter2",
        ] {
            let problem = read(&format!("first:sha256:{hash} {entry}")).unwrap_err();
            assert!(problem.starts_with("API_KEYS: "), "{problem}");
            assert!(
                problem.contains('2') && !problem.contains("hunter2"),
                "{problem}"
            );
        }
    }
}
