//! The settings of the check, read from the JSON file that a test writes.

use std::fs;
use std::path::{Path, PathBuf};

use rds_bridge_component::presign::Credentials;
use serde_json::Value;

/// The settings for checking tokens. The database user in a token must be the one that logs in.
pub(crate) struct Settings {
    /// The file that they were read from.
    pub(crate) path: PathBuf,
    pub(crate) credentials: Credentials,
    /// The host name in the token.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) region: String,
    /// Added to this machine's time.
    pub(crate) clock_offset_seconds: i64,
    /// A command and its first arguments that decide instead of the component's `verify`.
    pub(crate) verifier: Option<Vec<String>>,
    /// How many logins are accepted within a second. `None` is no limit.
    pub(crate) connections_per_second: Option<u64>,
}

impl Settings {
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let wrong = |what: &str| format!("{}: {what}", path.display());
        let text = fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))?;
        let document: Value =
            serde_json::from_str(&text).map_err(|error| wrong(&error.to_string()))?;
        let optional = |name: &str| document.get(name).filter(|value| !value.is_null());
        let text = |name: &str| {
            let value = optional(name).and_then(Value::as_str);
            value
                .map(str::to_owned)
                .ok_or_else(|| wrong(&format!("without the text {name}")))
        };

        let session_token = optional("session_token").map(|_| text("session_token"));
        let credentials = Credentials::new(
            text("access_key_id")?,
            text("secret_access_key")?,
            session_token.transpose()?,
            None,
        )
        .map_err(|error| wrong(&error.to_string()))?;
        let port = optional("port").and_then(Value::as_u64);
        let clock_offset_seconds = match optional("clock_offset_seconds") {
            None => Some(0),
            Some(seconds) => seconds.as_i64(),
        };
        let verifier = match optional("verifier") {
            None => Some(None),
            Some(words) => words_of(words).map(Some),
        };
        let connections_per_second = match optional("connections_per_second") {
            None => Some(None),
            Some(number) => number.as_u64().map(Some),
        };
        Ok(Self {
            path: path.to_owned(),
            credentials,
            host: text("host")?,
            port: port
                .and_then(|port| u16::try_from(port).ok())
                .ok_or_else(|| wrong("without a port"))?,
            region: text("region")?,
            clock_offset_seconds: clock_offset_seconds
                .ok_or_else(|| wrong("clock_offset_seconds is no whole number"))?,
            verifier: verifier.ok_or_else(|| wrong("verifier is no list of texts"))?,
            connections_per_second: connections_per_second
                .ok_or_else(|| wrong("connections_per_second is no number"))?,
        })
    }
}

fn words_of(list: &Value) -> Option<Vec<String>> {
    let words = list.as_array()?.iter();
    words.map(|word| word.as_str().map(str::to_owned)).collect()
}
