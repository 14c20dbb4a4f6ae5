//! Which tokens the server accepts.

use std::path::Path;

use serde_json::json;

use crate::python::{interpreter, script};

/// The endpoint's name, for which tokens are signed. It resolves to no address: the server listens on 127.0.0.1, and
/// its valid certificate also contains this name.
pub const ENDPOINT: &str = "mydb.abc123.eu-central-1.rds.amazonaws.com";
/// The region in the endpoint's name.
pub const REGION: &str = "eu-central-1";

/// Which tokens the server accepts. The database user in the token must be the one that logs in.
///
/// The default is [`ENDPOINT`] at port 3306 in [`REGION`], with invented credentials without a session token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The access key id of the credentials that sign.
    pub access_key_id: String,
    /// The secret access key of the credentials that sign. It is invented, so printing it does no harm.
    pub secret_access_key: String,
    /// The session token of the credentials that sign, if they are temporary.
    pub session_token: Option<String>,
    /// The host name in the token.
    pub host: String,
    /// The port in the token. It differs from the port that the server listens at, as with a tunnel.
    pub port: u16,
    /// The region in the token.
    pub region: String,
    /// How many seconds the server's clock is ahead of this machine's; negative if it is late.
    pub clock_offset_seconds: i64,
    /// A command and its first arguments that decide instead of the component's `verify`. The command reads the token
    /// from standard input, and gets the path of the settings file and the user as further arguments. Exit code 0
    /// accepts the token.
    pub verifier: Option<Vec<String>>,
    /// How many logins the server accepts within a second. It refuses further ones with the error of a wrong token, as
    /// RDS does. `None` is no limit.
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
    /// The same expectation, but botocore decides: it signs again and compares.
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

    /// Writes the file atomically: a login that happens at the same time reads either the old or the new expectation.
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
