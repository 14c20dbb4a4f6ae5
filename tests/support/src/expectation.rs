//! What the server takes for a good token.

use std::path::Path;

use serde_json::json;

use crate::python::{interpreter, script};

/// The endpoint's own name, for which tokens are signed. It has no address: the server listens on
/// 127.0.0.1, and its good certificate has this name too.
pub const ENDPOINT: &str = "mydb.abc123.eu-central-1.rds.amazonaws.com";
/// The region that the endpoint's name says.
pub const REGION: &str = "eu-central-1";

/// What the server takes for a good token. The database user is the one that logs in.
///
/// The default is [`ENDPOINT`] at port 3306 in [`REGION`], and made-up credentials without a session
/// token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Of the credentials that sign.
    pub access_key_id: String,
    /// Of the credentials that sign. Made up: printing it does no harm.
    pub secret_access_key: String,
    /// Of the credentials that sign, if they are temporary.
    pub session_token: Option<String>,
    /// The name that is signed.
    pub host: String,
    /// The port that is signed. The server's own is another: think of a tunnel.
    pub port: u16,
    /// The region that is signed.
    pub region: String,
    /// How far the server's clock is ahead of this machine's, or behind it.
    pub clock_offset_seconds: i64,
    /// A command and its first arguments, to be asked instead of the component's `verify`. It gets the
    /// token on standard input, and the settings' file and the user as further arguments; its exit
    /// code 0 means that the token is good.
    pub verifier: Option<Vec<String>>,
    /// How many logins within a second it lets in; the others it refuses, as RDS does, with the words of a
    /// wrong token.
    pub connections_per_second: Option<u32>,
}

impl Default for Expectation {
    fn default() -> Self {
        Self {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
            host: ENDPOINT.to_owned(),
            port: 3306,
            region: REGION.to_owned(),
            clock_offset_seconds: 0,
            verifier: None,
            connections_per_second: None,
        }
    }
}

impl Expectation {
    /// The same, but judged by botocore, which signs again and compares.
    ///
    /// # Panics
    ///
    /// As [`interpreter`].
    #[must_use]
    pub fn verified_by_botocore(self) -> Self {
        let command = [interpreter(), script("verify_with_botocore.py")];
        let words = command.map(|path| path.into_os_string().into_string().expect("UTF-8"));
        Self {
            verifier: Some(words.to_vec()),
            ..self
        }
    }

    /// In one step, so that a login that happens meanwhile reads either the old or the new.
    pub(crate) fn write(&self, file: &Path) {
        let document = json!({
            "access_key_id": self.access_key_id,
            "secret_access_key": self.secret_access_key,
            "session_token": self.session_token,
            "host": self.host,
            "port": self.port,
            "region": self.region,
            "clock_offset_seconds": self.clock_offset_seconds,
            "verifier": self.verifier,
            "connections_per_second": self.connections_per_second,
        });
        let folder = file.parent().expect("a file in a folder");
        let mut new = tempfile::NamedTempFile::new_in(folder).unwrap();
        std::io::Write::write_all(&mut new, document.to_string().as_bytes()).unwrap();
        new.persist(file).unwrap();
    }
}
